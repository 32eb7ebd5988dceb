-- The video that an action is about: a selected one, or the one under the time selection or the cursor.

local import = ...
local region, project, refuse = import("region"), import("project"), import("refuse")

local R = reaper
local picture = {}

local function is_video(item)
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
    if is_video(item) then return item end
  end
  for index = 0, R.CountMediaItems(0) - 1 do
    local item = R.GetMediaItem(0, index)
    local start, finish = spans(item)
    if start <= to and finish > from and is_video(item) then return item end
  end
  return nil
end

-- The picture as keys of a request, and where it begins on the timeline: `{ keys, start, length }` in seconds; nil
-- where there is none. It is as long as the time selection and the item both go.
function picture.find()
  local span = project.time_selection() or { start = project.cursor(), length = 0.0 }
  local item = find(span.start, span.start + span.length)
  if not item then return nil end
  local found = region.of(item)
  if found.bent then
    refuse("The video %s %s, so its frames do not follow its file: undo that, or put the video in anew.", found.name,
      found.bent)
  end
  local start, finish = found.position_seconds, found.position_seconds + found.length_seconds
  if span.length > 0 then
    start, finish = math.max(start, span.start), math.min(finish, span.start + span.length)
    if start >= finish then
      refuse("The time selection lies beside the video %s: move it over the video.", found.name)
    end
  end
  return {
    start = start, length = finish - start,
    keys = {
      video = found.path, video_rate = found.play_rate,
      video_offset = found.offset_seconds + (start - found.position_seconds) * found.play_rate,
    },
  }
end

-- The picture, or a refusal.
function picture.needed()
  return picture.find() or refuse("There is no video under the time selection or the cursor: put a video item there, "
    .. "or select one.")
end

return picture
