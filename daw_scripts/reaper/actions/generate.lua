-- Sounds from words, at the cursor or in the time selection.

local import = ...
local ask, work, project, layout, options =
  import("ask"), import("work"), import("project"), import("layout"), import("options")

local generate = {}

function generate.run()
  local folder = project.media_folder()
  if not folder then return end
  local span = project.time_selection()
  local title = "Generate " .. (span and "in time selection" or "at cursor")
  local position = project.to_samples(span and span.start or project.cursor())
  local about = { title = title, presets = true, takes = options.read().takes, track = project.selected_track_name() }
  ask(about, function(form)
    local keys = form:keys()
    keys.folder, keys.position_samples, keys.mix = folder, position, false
    if span then keys.duration = span.length end
    work.run({
      title = title,
      asks = { { verb = "generate", keys = keys } },
      finish = function(jobs) return layout.place(jobs[1]) end,
    })
  end)
end

return generate
