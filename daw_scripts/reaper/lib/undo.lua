-- One named undo step around all that an action changes; a step that fails is taken back whole.

local R = reaper
local undo = {}

local UNFINISHED = " (unfinished)" -- another name than that of a step that went well, which must stay

function undo.block(name, work)
  R.Undo_BeginBlock2(0)
  R.PreventUIRefresh(1)
  local done, result = xpcall(work, function(raised)
    return type(raised) == "table" and raised or debug.traceback(tostring(raised))
  end)
  R.PreventUIRefresh(-1)
  R.Undo_EndBlock2(0, done and name or name .. UNFINISHED, -1)
  if not done and R.Undo_CanUndo2(0) == name .. UNFINISHED then R.Undo_DoUndo2(0) end
  R.UpdateArrange()
  if not done then error(result, 0) end
  return result
end

return undo
