-- Ends what any of the scripts has under way.

local import = ...
local work, refuse = import("work"), import("refuse")

local cancel = {}

function cancel.run()
  if not work.is_running() then refuse("Nothing is under way.") end
  work.cancel_all()
end

return cancel
