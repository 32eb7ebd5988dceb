-- The project as the engine is told of it: rates, timecode, folder; what is selected in time. It changes nothing.

local import = ...
local refuse = import("refuse")

local R = reaper
local project = {}

local NAMED_RATES = { 24, 30, 48, 60, 120 }
local NTSC = 1001 / 1000
local NEAR = 0.002
local DEFAULT_RATE_HZ = 48000
local OK_CANCEL, OK = 1, 1
local TIMECODE_MODE = 5

-- Frames per second as the engine reads them: "25", "24000/1001", "30000/1001df".
function project.frame_rate()
  local rate, drop = R.TimeMap_curFrameRate(0)
  local ending = drop and "df" or ""
  for _, nominal in ipairs(NAMED_RATES) do
    if math.abs(rate * NTSC - nominal) < NEAR then return ("%d000/1001%s"):format(nominal, ending) end
  end
  if math.abs(rate - math.floor(rate + 0.5)) < NEAR then return ("%d%s"):format(math.floor(rate + 0.5), ending) end
  return ("%.6f"):format(rate)
end

-- Samples a second: the project's own where it has one, else the device's.
function project.sample_rate_hz()
  if R.GetSetProjectInfo(0, "PROJECT_SRATE_USE", 0, false) == 1 then
    return math.floor(R.GetSetProjectInfo(0, "PROJECT_SRATE", 0, false) + 0.5)
  end
  local open, rate = R.GetAudioDeviceInfo("SRATE")
  return open and math.tointeger(tonumber(rate)) or DEFAULT_RATE_HZ
end

-- Timecode at position 0, "01:00:00:00".
function project.start_timecode()
  local shown = R.format_timestr_pos(0, "", TIMECODE_MODE)
  local hours, minutes, seconds, frames = shown:match("^(%d+):(%d+):(%d+)[:;.](%d+)")
  if not hours then
    refuse("The project begins at %s, before midnight, which has no timecode: set a later start in Project Settings.",
      shown)
  end
  return ("%02d:%02d:%02d:%02d"):format(hours, minutes, seconds, frames)
end

local function file()
  local _, path = R.EnumProjects(-1)
  return path
end

-- Keys of `/cuewright/session`.
function project.session_keys()
  local name = file():match("([^/\\]*)$"):gsub("%.[^.]*$", "")
  return {
    sample_rate = project.sample_rate_hz(), frame_rate = project.frame_rate(),
    start_timecode = project.start_timecode(), project = utf8.len(name) and name:sub(1, utf8.offset(name, 120)) or "",
  }
end

-- The project itself, to be known again.
function project.current()
  return (R.EnumProjects(-1))
end

function project.is_open(one)
  return R.ValidatePtr2(0, one, "ReaProject*")
end

-- A refusal where another project is in front, whose items are none of this action's.
function project.must_be_in_front(one)
  if not project.is_open(one) then
    refuse("The project where this window was opened is closed: close this window, and ask again.")
  end
  if project.current() ~= one then
    refuse("Another project is in front: go back to the one where this window was opened, and press Go again.")
  end
end

-- Where sounds go, in the project's own media folder; nil where the user would rather save an unsaved project first.
function project.media_folder()
  local folder = R.GetProjectPathEx(0):gsub("[/\\]+$", "") .. "/Cuewright"
  if file() == "" then
    local answer = R.ShowMessageBox(
      ("This project is not saved yet, so it has no folder of its own. The sounds would go to\n%s\n\n"
        .. "OK: use that folder. Cancel: save the project first, then ask again."):format(folder),
      "Cuewright", OK_CANCEL
    )
    if answer ~= OK then return nil end
  end
  return folder
end

function project.to_samples(seconds)
  return math.floor(seconds * project.sample_rate_hz() + 0.5)
end

-- The time selection in seconds, `{ start, length }`; nil where there is none.
function project.time_selection()
  local from, to = R.GetSet_LoopTimeRange2(0, false, false, 0, 0, false)
  return to > from and { start = from, length = to - from } or nil
end

function project.cursor()
  return R.GetCursorPositionEx(0)
end

-- Name of the selected track; empty where none is selected or it has none.
function project.selected_track_name()
  local track = R.GetSelectedTrack(0, 0)
  if not track then return "" end
  local _, name = R.GetSetMediaTrackInfo_String(track, "P_NAME", "", false)
  return name
end

return project
