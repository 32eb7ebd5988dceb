-- The selected items changed as words say, each as a new take beside its original.

local import = ...
local ask, work, project, region, heard, takes, engine, refuse = import("ask"), import("work"), import("project"),
  import("region"), import("heard"), import("takes"), import("engine"), import("refuse")

local R = reaper
local edit = {}

-- The request for one region. One that plays something else than its file is written into a file of its own first.
local function ask_for(found, part, keys, folder)
  local made = {}
  for name, value in pairs(keys) do made[name] = value end
  local play_rate = found.play_rate
  if found.bent then
    if R.RecursiveCreateDirectory(folder, 0) == 0 and not R.file_exists(folder) then
      refuse("The folder %s cannot be made: see whether the project's folder may be written.", folder)
    end
    made.audio, play_rate = ("%s/heard %s.wav"):format(folder, engine.new_id()), 1.0
    heard.write(found, made.audio)
  else
    made.audio, made.offset, made.duration = found.path, found.offset_seconds, found.length_seconds
    made.play_rate = play_rate
  end
  if part then made.selection_start, made.selection_length = part.start, part.length end
  made.folder, made.position_samples = folder, project.to_samples(found.position_seconds)
  local about = { item = found.item, take = found.take, play_rate = play_rate, length_seconds = found.length_seconds }
  return { verb = "edit", keys = made, about = about }
end

function edit.run()
  local items, regions, parts = region.selected_items(), {}, {}
  if #items == 0 then
    refuse("No item is selected: select the items to edit, and a time selection for a part of them.")
  end
  for place, item in ipairs(items) do
    regions[place] = region.of(item)
    parts[place] = region.part_within(regions[place], project.time_selection()) or false
  end
  local folder = project.media_folder()
  if not folder then return end
  local about = { title = "Edit selected items", words = "What to do", takes = 1 }
  ask(about, function(form)
    local keys = form:keys()
    keys.prompt, keys["do"] = nil, keys.prompt
    work.run({
      title = about.title,
      prepare = function()
        local asks = {}
        for place, found in ipairs(regions) do asks[place] = ask_for(found, parts[place], keys, folder) end
        return asks
      end,
      cleanup = heard.stop,
      finish = takes.place_edits,
    })
  end)
end

return edit
