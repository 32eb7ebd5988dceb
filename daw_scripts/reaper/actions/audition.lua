-- Plays the selected item's active take. With the SWS extension the take alone, else the timeline under the item; a
-- second time stops it. Nothing of the project is changed, and the cursor goes back to where it was.

local import = ...
local region, project, refuse = import("region"), import("project"), import("refuse")

local R = reaper
local audition = {}

local PLAYING, RECORDING = 1, 4
local END_WHEN_RUN_AGAIN = 1

-- Call `finish` when `is_over` says so, or when the script is ended; once.
local function until_over(is_over, finish)
  local ended = false
  local function stop()
    if not ended then finish() end
    ended = true
  end
  local function follow()
    if ended then return end
    if is_over() then return stop() end
    R.defer(follow)
  end
  if R.set_action_options then R.set_action_options(END_WHEN_RUN_AGAIN) end -- of REAPER 7.03 and later
  R.atexit(stop)
  follow()
end

local function alone(found)
  local preview = R.CF_CreatePreview(R.GetMediaItemTake_Source(found.take))
  R.CF_Preview_SetValue(preview, "D_POSITION", R.GetMediaItemTakeInfo_Value(found.take, "D_STARTOFFS"))
  R.CF_Preview_SetValue(preview, "D_PLAYRATE", found.play_rate)
  R.CF_Preview_Play(preview)
  local finish = R.time_precise() + found.length_seconds
  -- The item may go while it is heard, and its sound with it.
  until_over(function() return R.time_precise() >= finish or not region.is_there(found) end, R.CF_Preview_StopAll)
end

local function in_place(found)
  local cursor, finish = R.GetCursorPositionEx(0), found.position_seconds + found.length_seconds
  R.SetEditCurPos2(0, found.position_seconds, false, false)
  R.OnPlayButtonEx(0)
  R.SetEditCurPos2(0, cursor, false, false)
  local function is_playing()
    return project.is_open(found.project) and R.GetPlayStateEx(found.project) & PLAYING ~= 0
  end
  until_over(function() return not is_playing() or R.GetPlayPositionEx(found.project) >= finish end, function()
    if is_playing() then R.OnStopButtonEx(found.project) end
  end)
end

function audition.run()
  if R.GetPlayStateEx(0) & RECORDING ~= 0 then refuse("REAPER is recording: stop the recording first.") end
  if R.GetPlayStateEx(0) & PLAYING ~= 0 then return R.OnStopButtonEx(0) end
  local item = region.selected_items()[1]
  if not item then refuse("No item is selected: select the one to hear.") end
  local found = region.of(item)
  if R.APIExists("CF_CreatePreview") then alone(found) else in_place(found) end
end

return audition
