-- What can be set, in REAPER's own dialog.

local import = ...
local options, refuse = import("options"), import("refuse")

local R = reaper
local settings = {}

local BETWEEN = "|"

local function split(text)
  local parts = {}
  for part in (text .. BETWEEN):gmatch("(.-)|") do parts[#parts + 1] = part end
  return parts
end

function settings.run()
  local read, captions, values = options.read(), {}, {}
  for place, row in ipairs(options.ROWS) do
    captions[place], values[place] = row.caption:gsub(",", " /"), tostring(read[row.name])
  end
  captions[#captions + 1] = "extrawidth=260"
  captions[#captions + 1] = "separator=" .. BETWEEN
  local confirmed, answer = R.GetUserInputs("Cuewright: Settings", #options.ROWS, table.concat(captions, ","),
    table.concat(values, BETWEEN))
  if not confirmed then return end
  local given, taken = split(answer), {}
  for place, row in ipairs(options.ROWS) do
    taken[place] = options.taken(row, (given[place] or ""):match("^%s*(.-)%s*$"))
    if taken[place] == nil then
      refuse("%s: %q is not right, so nothing was changed.%s", row.caption, given[place] or "",
        row.least and (" It is a whole number from %d to %d."):format(row.least, row.most) or "")
    end
  end
  for place, row in ipairs(options.ROWS) do
    if taken[place] ~= read[row.name] then options.keep(row.name, taken[place]) end
  end
end

return settings
