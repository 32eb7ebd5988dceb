-- What a request about a region says of it: which file, from where, how fast, and where its take goes.

local import = ...
local project, region, heard, engine, refuse =
  import("project"), import("region"), import("heard"), import("engine"), import("refuse")

local R = reaper

-- The keys, those of `keys` among them, and what is kept with the job. A region that plays something else than its
-- file is written into a file of its own first, which yields.
return function(found, keys, folder)
  if not region.is_there(found) then refuse("%s was removed: select it again, then ask again.", found.name) end
  local made, play_rate = {}, found.play_rate
  for name, value in pairs(keys) do made[name] = value end
  if found.bent then
    R.RecursiveCreateDirectory(folder, 0) -- whether that went well is told by the file, which is opened in it
    made.audio, play_rate = ("%s/heard %s.wav"):format(folder, engine.new_id()), 1.0
    heard.write(found, made.audio)
  else
    made.audio, made.offset, made.duration = found.path, found.offset_seconds, found.length_seconds
    made.play_rate = play_rate
  end
  made.folder, made.position_samples = folder, project.to_samples(found.position_seconds)
  return made, {
    item = found.item, take = found.take, name = found.name, play_rate = play_rate,
    length_seconds = found.length_seconds,
  }
end
