-- The selected items changed as words say, each as a new take beside its original.

local import = ...
local ask, work, project, region, asked, heard, takes, refuse = import("ask"), import("work"), import("project"),
  import("region"), import("asked"), import("heard"), import("takes"), import("refuse")

local edit = {}

function edit.run()
  local items, regions, parts = region.selected_items(), {}, {}
  if #items == 0 then
    refuse("No item is selected: select the items to edit, and a time selection for a part of them.")
  end
  for place, item in ipairs(items) do
    region.must_be_unlocked(item)
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
        for place, found in ipairs(regions) do
          local made, kept = asked(found, keys, folder)
          local part = parts[place]
          if part then made.selection_start, made.selection_length = part.start, part.length end
          asks[place] = { verb = "edit", keys = made, about = kept }
        end
        return asks
      end,
      cleanup = heard.stop,
      finish = takes.place_edits,
    })
  end)
end

return edit
