-- Sounds on the moments of a picture or of the project's markers, each onset on its cue.

local import = ...
local ask, work, project, layout, options, picture, markers, refuse = import("ask"), import("work"), import("project"),
  import("layout"), import("options"), import("picture"), import("markers"), import("refuse")

local compose = {}

local FROM_PICTURE, FROM_MARKERS, FROM_BOTH = "Picture", "Markers", "Markers and picture"
local SPOT = { [FROM_PICTURE] = "picture", [FROM_MARKERS] = "off", [FROM_BOTH] = "picture" }

function compose.run()
  local folder = project.media_folder()
  if not folder then return end
  local video = picture.find()
  local span = project.time_selection() or video
  if not span then
    refuse("There is nothing to compose to: make a time selection over a video item or over markers, or put the cursor "
      .. "on a video.")
  end
  local list, wordless = markers.within(span)
  local cues = list and (video and { FROM_MARKERS, FROM_PICTURE, FROM_BOTH } or { FROM_MARKERS }) or { FROM_PICTURE }
  if not list and not video then picture.needed() end
  local about = {
    title = "Compose to picture", presets = true, takes = options.read().takes, track = "", cues = cues,
    words_may_lack = list ~= nil and wordless == 0,
  }
  ask(about, function(form)
    local chosen, keys = form:chosen("cues"), form:keys()
    local begin = chosen == FROM_PICTURE and video or span
    keys.folder, keys.mix, keys.report, keys.spot = folder, false, video ~= nil, SPOT[chosen]
    keys.position_samples, keys.duration = project.to_samples(begin.start), begin.length
    if chosen ~= FROM_PICTURE then keys.markers = list end
    if video and (chosen == FROM_PICTURE or video.start == begin.start) then
      for name, value in pairs(video.keys) do keys[name] = value end
    elseif video then
      keys.report = false
      if chosen == FROM_BOTH then
        refuse("The time selection begins before the video: let it begin inside, or choose one of the two.")
      end
    end
    work.run({
      title = about.title,
      asks = { { verb = "compose", keys = keys } },
      finish = function(jobs) return layout.place(jobs[1]) end,
    })
  end)
end

return compose
