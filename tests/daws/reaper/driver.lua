-- A REAPER that a test talks to: reads Lua a line at a time, runs it, and answers in JSON, a line each.
--
-- In the lines: `fake` (the REAPER), `screen` (its window), `imgui` (ReaImGui's), `act(name)` starts an action,
-- `step(n)` runs its cycles.

local here, scripts = arg[2], arg[3]
dofile(here .. "/../lua/core.lua") -- gives `json`, and reads `arg[1]`
local socket = require("socket")
local api = dofile(here .. "/reaper_api.lua")
local wave = dofile(here .. "/wave.lua")

fake = assert(loadfile(here .. "/fake_reaper.lua"))(api, socket, wave, dofile(here .. "/strict.lua"))
screen = dofile(here .. "/fake_gfx.lua")
imgui = assert(loadfile(here .. "/fake_imgui.lua"))(fake, fake.work, api)
reaper, gfx = fake.reaper, screen.gfx
fake.api = api

local real_require = require
function require(name)
  if fake.no_sockets then error("module '" .. name .. "' not found") end
  return real_require(name)
end

-- Start an action as REAPER does from its list.
function act(name)
  if fake.ends_when_run_again and fake.acted == name and #fake.deferred > 0 then
    local exits = fake.exits
    fake.deferred, fake.exits = {}, {}
    for _, work in ipairs(exits) do work() end
    return nil
  end
  fake.acted, fake.ends_when_run_again = name, false
  for file in io.popen(("ls '%s'"):format(scripts)):lines() do
    if file:find("^Cuewright_" .. name) then return dofile(scripts .. "/" .. file) end
  end
  error("there is no action " .. name)
end

-- Run the cycles that are due, as often as said.
function step(count)
  for _ = 1, count or 1 do
    local due = fake.deferred
    fake.deferred = {}
    for _, work in ipairs(due) do work() end
  end
  return #fake.deferred
end

-- An empty track of the user's.
function add_track(name)
  local track = fake.object("MediaTrack", { items = {}, s = { P_NAME = name } })
  table.insert(fake.project.tracks, track)
  return track
end

-- A file in an item, as the user has it; `given` are fields of item, take and source.
function put(track_name, path, given)
  given = given or {}
  local track
  for _, one in ipairs(fake.project.tracks) do
    if one.s.P_NAME == track_name then track = one end
  end
  track = track or add_track(track_name)
  fake.depth = 1
  local source = assert(reaper.PCM_Source_CreateFromFile(path))
  local item = fake.object("MediaItem", { track = track, takes = {}, v = given.item or {} })
  item.v.D_POSITION, item.v.D_LENGTH = item.v.D_POSITION or 0.0, item.v.D_LENGTH or source.seconds
  if given.section then
    source = fake.object("PCM_source", { type = "SECTION", parent = source, seconds = given.section[2],
      offset = given.section[1], reversed = given.section[3] or false })
  end
  local take = fake.object("MediaItem_Take", { item = item, source = source, v = given.take or {},
    stretch = given.stretch, s = { P_NAME = "Mine" } })
  item.takes[1] = take
  table.insert(track.items, item)
  fake.depth = 0
  return item
end

local function shown_take(take)
  local source = take.source
  local root = source and (source.parent or source)
  return { values = take.v, texts = take.s, path = root and root.path or "" }
end

-- All that the project holds.
function shown()
  local tracks = { n = #fake.project.tracks }
  for place, track in ipairs(fake.project.tracks) do
    local items = { n = #track.items }
    for at, item in ipairs(track.items) do
      local takes = { n = #item.takes }
      for number, take in ipairs(item.takes) do
        takes[number] = shown_take(take)
        if (item.active or item.takes[1]) == take then takes[number].active = true end
      end
      items[at] = { values = item.v, texts = item.s, takes = takes }
    end
    tracks[place] = { name = track.s.P_NAME or "", values = track.v, texts = track.s, items = items }
  end
  local markers = { n = #fake.project.markers }
  for place, marker in ipairs(fake.project.markers) do markers[place] = marker end
  return { tracks = tracks, markers = markers }
end

function list(values)
  local copy = { n = #values }
  for place, value in ipairs(values) do copy[place] = value end
  return copy
end

for line in io.lines() do
  local chunk, problem = load(line:gsub("\1", "\n"), "=test")
  local done, result = false, problem
  if chunk then done, result = xpcall(chunk, debug.traceback) end
  io.write(json({ done = done, result = result }), "\n")
  io.flush()
end
