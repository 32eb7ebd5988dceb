-- What Ardour's versions name or count differently, from 7 to 9. What there is decides, never a version's number.

local api = {}

-- Why these scripts can do nothing here, as a sentence; nil where they can. From 8 on Ardour may give them no files.
function api.refusal()
  if io and os and os.rename and os.execute then return nil end
  return "This Ardour keeps scripts from files and programs. Close it, set sandbox-all-lua-scripts to 0 in the file "
    .. "ui_config of its settings, and start it again."
end

-- No group of tracks: 9 wants an object that holds none, which 7 and 8 cannot make.
local function no_group()
  local made, group = pcall(function() return ARDOUR.RouteGroup() end)
  if made then return group end
  return nil
end

-- A new audio track at the end with two outputs, or nil where Ardour makes none.
function api.make_track(name, channels)
  local made = Session:new_audio_track(channels, 2, no_group(), 1, name, ARDOUR.PresentationInfo.max_order,
    ARDOUR.TrackMode.Normal, true)
  if made:empty() then return nil end
  return made:front()
end

-- Take a track away again; false where scripts cannot, as in 7.
function api.remove_track(track)
  if not Session.remove_route then return false end
  Session:remove_route(track)
  return true
end

-- The mark that lies there, or nil. From 8.10 on its flags are asked for; 0 is any.
function api.mark_at(position)
  return Session:locations():mark_at(position, Temporal.timecnt_t(1), 0)
end

-- A mark with a name of Ardour's own: `mouse_add_new_marker` is called another way from 8 on.
function api.add_mark(position)
  local add = Editor.add_location_mark or Editor.mouse_add_new_marker
  add(Editor, position, ARDOUR.LocationFlags.IsMark, 0)
end

return api
