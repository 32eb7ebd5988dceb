-- The video that an action is about: a selected one, or the one under the time selection or the cursor.

local import = ...
local region, project, refuse = import("region"), import("project"), import("refuse")

local R = reaper
local picture = {}

local NEAR_SECONDS = 0.0005

function picture.is_video(item)
  local take = R.GetActiveTake(item)
  local root = take and region.root(take)
  return root ~= nil and root.type == "VIDEO"
end

local function spans(item)
  local start = R.GetMediaItemInfo_Value(item, "D_POSITION")
  return start, start + R.GetMediaItemInfo_Value(item, "D_LENGTH")
end

local function find(from, to)
  for _, item in ipairs(region.selected_items()) do
    if picture.is_video(item) then return item end
  end
  for index = 0, R.CountMediaItems(0) - 1 do
    local item = R.GetMediaItem(0, index)
    local start, finish = spans(item)
    if start <= to and finish > from and picture.is_video(item) then return item end
  end
  return nil
end

-- A video's region; a refusal where its frames do not follow its file.
local function unbent(item)
  local found = region.of(item)
  if found.bent then
    refuse("The video %s %s, so its frames do not follow its file: undo that, or put the video in anew.", found.name,
      found.bent)
  end
  return found
end

-- What a request says of a video from a place of the timeline on.
local function keys_from(found, start)
  return {
    video = found.path, video_rate = found.play_rate,
    video_offset = found.offset_seconds + (start - found.position_seconds) * found.play_rate,
  }
end

-- The keys of the picture that lies where a region lies; a refusal where there is none.
function picture.above(sound)
  local item = find(sound.position_seconds, sound.position_seconds + sound.length_seconds)
  local found = item and unbent(item)
  local before = found and sound.position_seconds - found.position_seconds
  if not found or before >= found.length_seconds or -before >= sound.length_seconds then
    refuse("There is no video where %s lies: put one on any track, at the same place.", sound.name)
  end
  if before < -NEAR_SECONDS then
    refuse("%s begins before the video: split it where the video begins.", sound.name)
  end
  return keys_from(found, math.max(sound.position_seconds, found.position_seconds))
end

-- The picture as keys of a request, and where it begins on the timeline: `{ keys, start, length }` in seconds; nil
-- where there is none. It is as long as the time selection and the item both go.
function picture.find()
  local span = project.time_selection() or { start = project.cursor(), length = 0.0 }
  local item = find(span.start, span.start + span.length)
  if not item then return nil end
  local found = unbent(item)
  local start, finish = found.position_seconds, found.position_seconds + found.length_seconds
  if span.length > 0 then
    start, finish = math.max(start, span.start), math.min(finish, span.start + span.length)
    if start >= finish then
      refuse("The time selection lies beside the video %s: move it over the video.", found.name)
    end
  end
  return { start = start, length = finish - start, keys = keys_from(found, start) }
end

-- The picture, or a refusal.
function picture.needed()
  return picture.find() or refuse("There is no video under the time selection or the cursor: put a video item there, "
    .. "or select one.")
end

return picture
