-- Plays the selected item's active take. With the SWS extension the take alone, else the timeline under the item; a
-- second time stops it. Nothing of the project is changed, and the cursor goes back to where it was.

local import = ...
local region, options, refuse = import("region"), import("options"), import("refuse")

local R = reaper
local audition = {}

local PLAYING, RECORDING = 1, 4
local UNTIL = "audition_until"

local function alone(found)
  if (tonumber(R.GetExtState(options.SECTION, UNTIL)) or 0.0) > R.time_precise() then
    R.CF_Preview_StopAll()
    R.DeleteExtState(options.SECTION, UNTIL, false)
    return
  end
  local preview = R.CF_CreatePreview(R.GetMediaItemTake_Source(found.take))
  R.CF_Preview_SetValue(preview, "D_POSITION", R.GetMediaItemTakeInfo_Value(found.take, "D_STARTOFFS"))
  R.CF_Preview_SetValue(preview, "D_PLAYRATE", found.play_rate)
  R.CF_Preview_Play(preview)
  R.SetExtState(options.SECTION, UNTIL, ("%.3f"):format(R.time_precise() + found.length_seconds), false)
end

local function in_place(found)
  local cursor, finish = R.GetCursorPositionEx(0), found.position_seconds + found.length_seconds
  R.SetEditCurPos2(0, found.position_seconds, false, false)
  R.OnPlayButtonEx(0)
  R.SetEditCurPos2(0, cursor, false, false)
  local function follow()
    if R.GetPlayStateEx(0) & PLAYING == 0 then return end
    if R.GetPlayPositionEx(0) >= finish then return R.OnStopButtonEx(0) end
    R.defer(follow)
  end
  follow()
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
