-- What goes where: the stems of a job as tracks, items and takes, for a DAW to lay out.
--
-- Pure: everything is counted in samples of the stems' rate from the start of the timeline; a DAW turns them into what
-- it counts in. No DAW is known here.

local placement = {}

local COLOURS = {
  { 0xd9, 0x7a, 0x5b }, { 0xd9, 0xa4, 0x41 }, { 0x9f, 0xb5, 0x4a }, { 0x56, 0xa8, 0x6c },
  { 0x4a, 0xa5, 0xa5 }, { 0x5b, 0x8f, 0xd9 }, { 0x8a, 0x7a, 0xd9 }, { 0xc0, 0x6f, 0xb5 },
}

-- Red, green and blue of a track, 0 to 255; the same name has the same colour in every session.
function placement.colour(name)
  local sum = 7
  for _, byte in ipairs({ name:byte(1, -1) }) do sum = (sum * 31 + byte) % 0x7fffffff end
  return COLOURS[sum % #COLOURS + 1]
end

-- Takes lead in by different lengths; the item begins with the latest, so that every offset is inside its file.
local function laid(takes)
  local begin, finish = math.mininteger, math.mininteger
  for _, stem in ipairs(takes) do
    begin = math.max(begin, stem.position_samples)
    finish = math.max(finish, stem.position_samples + stem.length_samples)
  end
  local item = {
    position_samples = begin, length_samples = finish - begin, sample_rate_hz = takes[1].sample_rate_hz,
    label = takes[1].label, takes = {},
  }
  for place, stem in ipairs(takes) do
    item.takes[place] = {
      path = stem.path,
      name = #takes == 1 and stem.label or ("%s %d"):format(stem.label, stem.take),
      offset_samples = begin - stem.position_samples,
      length_samples = stem.length_samples,
      channels = stem.channels,
      pan = stem.pan or 0.0,
      sha256 = stem.sha256,
    }
  end
  return item
end

-- Tracks in the order of their first stem, `{ name, colour, items }`; items in time, `{ position_samples,
-- length_samples, sample_rate_hz, label, takes }`; takes in their order, `{ path, name, offset_samples, length_samples,
-- channels, pan, sha256 }`, where an offset is how far into the file the item begins. Mixes are left out.
function placement.tracks(stems)
  local tracks, by_name = {}, {}
  for _, stem in ipairs(stems) do
    if stem.kind ~= "mix" then
      local track = by_name[stem.track]
      if not track then
        track = { name = stem.track, colour = placement.colour(stem.track), items = {}, by_event = {}, order = {} }
        by_name[stem.track], tracks[#tracks + 1] = track, track
      end
      local takes = track.by_event[stem.event]
      if not takes then
        takes = {}
        track.by_event[stem.event], track.order[#track.order + 1] = takes, takes
      end
      takes[#takes + 1] = stem
    end
  end
  for _, track in ipairs(tracks) do
    for place, takes in ipairs(track.order) do
      table.sort(takes, function(one, other) return one.take < other.take end)
      track.items[place] = laid(takes)
    end
    table.sort(track.items, function(one, other)
      if one.position_samples ~= other.position_samples then return one.position_samples < other.position_samples end
      return one.takes[1].path < other.takes[1].path
    end)
    track.by_event, track.order = nil, nil
  end
  return tracks
end

-- How many items there are.
function placement.count(tracks)
  local items = 0
  for _, track in ipairs(tracks) do items = items + #track.items end
  return items
end

return placement
