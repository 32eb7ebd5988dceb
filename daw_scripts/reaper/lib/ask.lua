-- Shows a form in the window that this REAPER has: ReaImGui's where it is installed, else its own.

local import = ...
local prompt, form = import("prompt"), import("form")

return function(about, submit)
  prompt.open(form.new(about), submit)
end
