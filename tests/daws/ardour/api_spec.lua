-- What differs between Ardour 7, 8 and 9 is found by what there is. Each is stood in for by what its bindings take.
local function import() error("api knows no other module") end
local api = assert(loadfile(arg[1]))(import)

local function equal(one, other, what)
  if one ~= other then error(("%s: %s, not %s"):format(what, tostring(one), tostring(other)), 2) end
end

-- An Ardour, and the calls that its functions took.
local function ardour(version)
  local took = {}
  local no_group = {}
  local group = setmetatable({}, version == 9 and { __call = function() return no_group end } or nil)
  _G.ARDOUR = {
    RouteGroup = group, PresentationInfo = { max_order = -1 }, TrackMode = { Normal = "normal" },
    LocationFlags = { IsMark = 1 },
  }
  _G.Temporal = { timecnt_t = function(samples) return samples end }
  local made = { empty = function() return false end, front = function() return "the track" end }
  local locations, session, editor = {}, {}, {}
  function session.locations() return locations end
  function session.new_audio_track(_, _, _, given)
    equal(given, version == 9 and no_group or nil, "the group")
    return made
  end
  function locations.mark_at(_, _, slop, flags)
    equal(math.type(slop), "integer", "the slop")
    if version > 7 then equal(math.type(flags), "integer", "the flags") end
    return "the mark"
  end
  if version > 7 then
    function session.remove_route(_, track) took.removed = track end
  end
  local function add(_, at, flags, cue)
    equal(math.type(cue), "integer", "the cue")
    took.added = { at, flags }
  end
  if version < 9 then editor.mouse_add_new_marker = add end
  if version > 7 then editor.add_location_mark = add end
  _G.Session, _G.Editor = session, editor
  return took, made
end

for version = 7, 9 do
  local took, made = ardour(version)
  equal(api.make_track("a", 2), "the track", "a track")
  made.empty = function() return true end
  equal(api.make_track("a", 2), nil, "no track")
  equal(api.mark_at(480), "the mark", "a mark")
  api.add_mark(480)
  equal(took.added[1], 480, "where the mark is")
  equal(took.added[2], 1, "its flags")
  equal(api.remove_track("the track"), version > 7, "taken away")
  equal(took.removed, version > 7 and "the track" or nil, "what is taken away")
end

equal(api.refusal(), nil, "a refusal")
local kept = { os = os, io = io }
for _, name in ipairs({ "os", "io" }) do
  _G[name] = nil
  equal(api.refusal():match("sandbox") ~= nil, true, "a refusal without " .. name)
  _G[name] = kept[name]
end
local execute = os.execute
os.execute = nil -- luacheck: ignore 122
equal(api.refusal() ~= nil, true, "a refusal without programs")
os.execute = execute -- luacheck: ignore 122
print("all held")
