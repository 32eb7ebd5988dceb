-- The project's markers as cues, and cues as markers.
--
-- A marker that was found begins with `CW` and what is seen there; words after it, or of the user's own markers, say
-- what should sound.

local import = ...
local undo = import("undo")

local R = reaper
local markers = {}

local COLOUR = { 0x4a, 0xa5, 0xa5 }
local COLOUR_IS_SET = 0x1000000
local NEAR_SECONDS = 1e-6

local function words_of(name)
  local own = name:match("^CW %S+%s*(.*)$") or name
  return (own:gsub("[;%c]+", ","))
end

local function each()
  local index = -1
  return function()
    index = index + 1
    local more, is_region, position, _, name = R.EnumProjectMarkers3(0, index)
    if more == 0 then return nil end
    return position, name, is_region
  end
end

-- Markers of a span in seconds from its start, "1.25; 2.5 door slam", and how many have no words; nil where none is.
function markers.within(span)
  local found, wordless = {}, 0
  for position, name, is_region in each() do
    if not is_region and position >= span.start - NEAR_SECONDS and position < span.start + span.length then
      local words = words_of(name)
      if words == "" then wordless = wordless + 1 end
      found[#found + 1] = ("%.9f %s"):format(math.max(0.0, position - span.start), words):match("^(.-)%s*$")
    end
  end
  if #found == 0 then return nil, 0 end
  return table.concat(found, "; "), wordless
end

-- The places of markers by their names, read once: a project may have thousands.
local function by_name()
  local found = {}
  for position, name in each() do
    found[name] = found[name] or {}
    table.insert(found[name], position)
  end
  return found
end

local function is_near(places, wanted)
  for _, position in ipairs(places or {}) do
    if math.abs(position - wanted) < NEAR_SECONDS then return true end
  end
  return false
end

-- The cues of a spotting as markers, in one undo step; one that is there already is not made twice.
function markers.place(job)
  if #job.cues == 0 then
    return { "No moment was found in this picture. Set markers of your own, then run \"Compose to picture\"." }
  end
  local start, there, wanted = job.about.keys.position_samples, by_name(), {}
  for _, cue in ipairs(job.cues) do
    local position = (start + cue.start_samples) / cue.sample_rate_hz
    local name = ("CW %s %s"):format(cue.kind, cue.label):match("^(.-)%s*$")
    if not is_near(there[name], position) then wanted[#wanted + 1] = { position = position, name = name } end
  end
  if #wanted == 0 then return { "The markers of this picture are there already; none was made." } end
  local colour = R.ColorToNative(COLOUR[1], COLOUR[2], COLOUR[3]) | COLOUR_IS_SET
  undo.block("Cuewright: " .. job.about.title, function()
    for _, one in ipairs(wanted) do R.AddProjectMarker2(0, false, one.position, 0, one.name, -1, colour) end
  end)
  R.UpdateTimeline()
  return { ("%d markers were made. Move, remove or name them, then run \"Compose to picture\"."):format(#wanted) }
end

return markers
