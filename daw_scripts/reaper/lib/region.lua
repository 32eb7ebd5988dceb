-- What a selected item plays of its file, and whether the file alone tells: it changes nothing.

local import = ...
local refuse = import("refuse")

local R = reaper
local region = {}

local NEAR_SECONDS = 0.0005

function region.name_of(item)
  local take = R.GetActiveTake(item)
  if not take then return "The item" end
  local _, name = R.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false)
  return name ~= "" and ("%q"):format(name) or "The item"
end

-- The file at the root of a take's source: `{ path, type, offset_seconds, reversed, source }`, through its sections.
function region.root(take)
  local source = R.GetMediaItemTake_Source(take)
  if not source then return nil end
  local offset, reversed = 0.0, false
  while true do
    local is_section, from, _, backwards = R.PCM_Source_GetSectionInfo(source)
    if is_section then offset, reversed = offset + from, reversed or backwards end
    local parent = R.GetMediaSourceParent(source)
    if not parent then break end
    source = parent
  end
  return {
    path = R.GetMediaSourceFileName(source), type = R.GetMediaSourceType(source), offset_seconds = offset,
    reversed = reversed, source = source,
  }
end

-- Why the file is not what is heard; nil where it is.
local function bent(item, take, root, offset, needed, length)
  if R.GetTakeNumStretchMarkers(take) > 0 then return "has stretch markers" end
  if root.reversed then return "is reversed" end
  if offset < -NEAR_SECONDS then return "begins before its file" end
  if needed > length + NEAR_SECONDS and R.GetMediaItemInfo_Value(item, "B_LOOPSRC") == 1 then return "is looped" end
  return nil
end

-- What the active take of an item plays:
--   path, offset_seconds   the file, and where in it the item begins
--   length_seconds         on the timeline
--   play_rate, position_seconds, item, take, root, project
--   bent                   why its file is not what is heard, or nil
function region.of(item)
  local take = R.GetActiveTake(item)
  local root = take and region.root(take)
  if not root then refuse("The selected item is empty: select an item that has sound.") end
  local name = region.name_of(item)
  if R.TakeIsMIDI(take) then refuse("%s is MIDI and has no sound of its own: select an audio item.", name) end
  if root.path == "" or not R.file_exists(root.path) then
    refuse("The file of %s is offline or missing (%s): bring it back, then ask again.", name, root.path)
  end
  local rate = R.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE")
  local offset = R.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")
  local length = R.GetMediaItemInfo_Value(item, "D_LENGTH")
  local held = R.GetMediaSourceLength(R.GetMediaItemTake_Source(take))
  local why = bent(item, take, root, offset, offset + length * rate, held)
  if not why and offset >= held then refuse("%s lies beyond the end of its file, so it is silent.", name) end
  return {
    item = item, take = take, root = root, path = root.path, bent = why, play_rate = rate, name = name,
    offset_seconds = offset + root.offset_seconds,
    length_seconds = why and length or math.min(length, (held - offset) / rate),
    position_seconds = R.GetMediaItemInfo_Value(item, "D_POSITION"), project = (R.EnumProjects(-1)),
  }
end

-- Whether the item and the take of a region are in its project; where none is told, in the one that is in front.
function region.is_there(found)
  local project = found.project or 0
  return R.ValidatePtr2(project, found.item, "MediaItem*") and R.ValidatePtr2(project, found.take, "MediaItem_Take*")
end

-- A refusal where an item is locked: a take more in it would change what the user guards.
function region.must_be_unlocked(item)
  if math.floor(R.GetMediaItemInfo_Value(item, "C_LOCK")) & 1 == 1 then
    refuse("%s is locked: unlock it (Item properties), then ask again.", region.name_of(item))
  end
end

-- The selected items.
function region.selected_items()
  local found = {}
  for index = 0, R.CountSelectedMediaItems(0) - 1 do found[#found + 1] = R.GetSelectedMediaItem(0, index) end
  return found
end

-- The part of a region under a time selection, in seconds from its start; nil where it is all of it or none is made.
function region.part_within(found, span)
  if not span then return nil end
  local from = math.max(span.start, found.position_seconds) - found.position_seconds
  local to = math.min(span.start + span.length, found.position_seconds + found.length_seconds) - found.position_seconds
  if to - from < NEAR_SECONDS then
    refuse("The time selection lies beside %s: move it over the part to edit, or remove it to edit all of it.",
      found.name)
  end
  if from < NEAR_SECONDS and to > found.length_seconds - NEAR_SECONDS then return nil end
  return { start = from, length = to - from }
end

return region
