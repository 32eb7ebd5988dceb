-- The selected items fitted to the picture that they lie under, each as a new take beside its original; or the reason
-- why the original is best as it is.

local import = ...
local work, project, region, picture, asked, heard, takes, refuse = import("work"), import("project"),
  import("region"), import("picture"), import("asked"), import("heard"), import("takes"), import("refuse")

local align = {}

function align.run()
  local items = {}
  for _, item in ipairs(region.selected_items()) do
    if not picture.is_video(item) then items[#items + 1] = item end
  end
  if #items == 0 then refuse("No sound is selected: select the audio items to fit to the picture above them.") end
  local regions, videos = {}, {}
  for place, item in ipairs(items) do
    region.must_be_unlocked(item)
    regions[place] = region.of(item)
    videos[place] = picture.above(regions[place])
  end
  local folder = project.media_folder()
  if not folder then return end
  work.run({
    title = "Align to picture",
    prepare = function()
      local asks = {}
      for place, found in ipairs(regions) do
        local keys = { report = true }
        for name, value in pairs(videos[place]) do keys[name] = value end
        local made, kept = asked(found, keys, folder)
        asks[place] = { verb = "align", keys = made, about = kept }
      end
      return asks
    end,
    cleanup = heard.stop,
    finish = takes.place_edits,
  })
end

return align
