-- More takes of what the selected items were made from: the same request with a new seed.

local import = ...
local work, region, origin, takes, options, form, project, refuse = import("work"), import("region"),
  import("origin"), import("takes"), import("options"), import("form"), import("project"), import("refuse")

local R = reaper
local more = {}

local function ask_for(item, folder)
  local take = R.GetActiveTake(item)
  local made = take and origin.of_take(take)
  if not made then
    refuse("%s was not made by Cuewright: select an item that was, with one of its takes in front.",
      region.name_of(item))
  end
  if made.verb == "align" then
    refuse("%s was aligned, and what you have is the best that was found: there are no more takes of it.",
      region.name_of(item))
  end
  region.must_be_unlocked(item)
  local keys = made.keys
  keys.seed, keys.takes, keys.folder, keys.report = form.new_seed(), options.read().takes, folder, nil
  return {
    verb = made.verb, keys = keys,
    about = { item = item, take = take, event = made.event, onset_seconds = made.onset_seconds },
  }
end

function more.run()
  local items = region.selected_items()
  if #items == 0 then refuse("No item is selected: select one that Cuewright made.") end
  local folder = project.media_folder()
  if not folder then return end
  local asks = {}
  for place, item in ipairs(items) do asks[place] = ask_for(item, folder) end
  work.run({ title = "More takes", asks = asks, finish = takes.place_more })
end

return more
