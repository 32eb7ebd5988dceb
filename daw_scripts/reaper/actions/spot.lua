-- The moments of a picture where something should sound, as markers.

local import = ...
local work, project, picture, markers = import("work"), import("project"), import("picture"), import("markers")

local spot = {}

function spot.run()
  local video = picture.needed()
  local keys = video.keys
  keys.position_samples, keys.duration = project.to_samples(video.start), video.length
  work.run({
    title = "Spot picture",
    asks = { { verb = "spot", keys = keys } },
    finish = function(jobs) return markers.place(jobs[1]) end,
  })
end

return spot
