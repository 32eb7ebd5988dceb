-- What the session says of itself: rates, timecode, where it lies, what is selected. Nothing is changed here.

local timeline = {}

local RATES = { -- frames a second, by the timecode formats of Ardour; a rate of a thousandth less is told exactly
  [23.976] = "24000/1001", [24] = "24", [24.975] = "25000/1001", [24.976] = "25000/1001", [25] = "25",
  [29.97] = "30000/1001", [30] = "30", [59.94] = "60000/1001", [60] = "60",
}

local function frame_rate()
  local frames = Session:timecode_frames_per_second()
  for rate, name in pairs(RATES) do
    if math.abs(frames - rate) < 0.002 then
      return Session:timecode_drop_frames() and name == "30000/1001" and "29.97df" or name
    end
  end
  return ("%g"):format(frames)
end

-- Timecode at sample 0, which the session's offset makes; one below 0 is not known to the engine.
local function start_timecode()
  local config = Session:cfg()
  local offset = config:get_timecode_offset_negative() and 0 or config:get_timecode_offset()
  local hours, minutes, seconds, frames =
    ARDOUR.LuaAPI.sample_to_timecode(config:get_timecode_format(), Session:nominal_sample_rate(), offset)
  return ("%02d:%02d:%02d:%02d"):format(hours, minutes, seconds, frames)
end

-- The session as the engine is told of it: `{ id, keys }`.
function timeline.session()
  local sum = 7
  for _, byte in ipairs({ Session:path():byte(1, -1) }) do sum = (sum * 31 + byte) % 0x7fffffff end
  local keys = {
    sample_rate = math.tointeger(Session:nominal_sample_rate()) or 48000,
    frame_rate = frame_rate(),
    start_timecode = start_timecode(),
    project = Session:name():sub(1, 120),
  }
  return { id = ("ardour-%08x"):format(sum), keys = keys }
end

-- Where files of ours go: a folder inside the session's own.
function timeline.folder()
  return (Session:path():gsub("/+$", "")) .. "/cuewright"
end

-- The selected span, or from the playhead with no end: `{ position_samples, length_samples or nil }`.
function timeline.span()
  local time = Editor:get_selection().time
  local first, last = time:start_sample(), time:end_sample()
  if last > first then return { position_samples = first, length_samples = last - first } end
  return { position_samples = Session:transport_sample() }
end

-- The audio regions that are selected: `{ region, track, path, position_samples, offset_samples, length_samples }`.
function timeline.regions()
  local found = {}
  for region in Editor:get_selection().regions:regionlist():iter() do
    local audio = region:to_audioregion()
    local file = not audio:isnil() and region:source(0):to_filesource()
    if file and not file:isnil() then
      found[#found + 1] = {
        name = region:name(), id = region:to_stateful():id():to_s(), path = file:path(),
        position_samples = region:position():samples(), offset_samples = region:start():samples(),
        length_samples = region:length():samples(), channels = audio:n_channels(),
      }
    end
  end
  return found
end

return timeline
