-- @description Cuewright: sounds from words and picture, on the timeline
-- @version 0.1.0
-- @author Cuewright
-- @about
--   Select, describe, hear, keep: stems from words and picture as items with takes, from an engine on this machine.
-- @metapackage
-- @provides
--   [main] Cuewright_*.lua
--   [nomain] lib/*.lua
--   [nomain] actions/*.lua
--   [nomain] ../lua/*.lua > lua/

-- Run once after an installation without ReaPack: puts every action beside this file into the action list.

local R = reaper
local MAIN_SECTION = 0
local here = debug.getinfo(1, "S").source:match("^@?(.*)[/\\]")

R.defer(function() end) -- no undo step

local names, index = {}, 0
while true do
  local name = R.EnumerateFiles(here, index)
  if not name then break end
  if name:find("^Cuewright_.*%.lua$") then names[#names + 1] = name end
  index = index + 1
end

local refused = {}
for place, name in ipairs(names) do
  local is_last = place == #names
  if R.AddRemoveReaScript(true, MAIN_SECTION, here .. "/" .. name, is_last) == 0 then refused[#refused + 1] = name end
end

local said = ("%d actions are in the action list: type \"Cuewright\" there to find them."):format(#names - #refused)
if #refused > 0 then
  said = ("%s\n\nREAPER did not take these; load them in the action list with New action > Load ReaScript:\n%s"):format(
    said, table.concat(refused, "\n"))
end
R.ShowMessageBox(said, "Cuewright", 0)
