-- Cues as marks on the ruler.
--
-- Ardour keeps a step to undo for every mark: its own function makes the step, and a step that is begun around it is
-- thrown away by it. Where there are more marks than it keeps steps, the user is asked first.

local import = ...
local api = import("api")

local marking = {}

-- Whether so many steps may be made, for older ones would go.
local function agreed(count)
  local kept = ARDOUR.config():get_history_depth() -- 0 is all
  if kept == 0 or count <= kept then return true end
  return LuaDialog.Message("Cuewright: many markers", ("Ardour undoes markers one by one and keeps %d steps: "
    .. "%d markers leave no other step to undo. Place them?"):format(kept, count),
    LuaDialog.MessageType.Question, LuaDialog.ButtonType.Yes_No):run() == LuaDialog.Response.Yes
end

-- Run with the user's wish to name each new mark in a dialog set aside; as `pcall` answers.
local function unasked(work)
  local config = ArdourUI.config()
  local asks = config:get_name_new_markers()
  config:set_name_new_markers(false)
  local done, problem = pcall(work)
  config:set_name_new_markers(asks)
  return done, problem
end

-- A mark for each cue, and none where one lies already. Returns how many, or nil where the user would not have them,
-- and what the marks are to be called: their names by their samples, with the names that Ardour gave them. Where it
-- raises, none is left.
function marking.cues(cues, position_samples)
  local names, count, open = {}, 0, {}
  for _, cue in ipairs(cues) do
    local at = Temporal.timepos_t(position_samples + cue.start_samples)
    if not api.mark_at(at) then open[#open + 1] = { at = at, name = cue.label ~= "" and cue.label or cue.kind } end
  end
  if not agreed(#open) then return nil, names end
  local done, problem = unasked(function()
    for _, mark in ipairs(open) do
      api.add_mark(mark.at)
      local made = api.mark_at(mark.at)
      count = count + 1
      names[made:start():samples()] = { was = made:name(), is = mark.name }
      made:set_name(mark.name)
    end
  end)
  if done then return count, names end
  if count > 0 then Editor:undo(count) end
  error(problem, 0)
end

-- Call marks by their names again: Ardour's redo brings back the last one with the name it had first.
function marking.name_again(names)
  if not next(names) then return end
  for mark in Session:locations():list():iter() do
    local name = mark:is_mark() and names[mark:start():samples()]
    if name and mark:name() == name.was then mark:set_name(name.is) end
  end
end

return marking
