-- Shows a form in the window that this REAPER has: ReaImGui's where it is installed, else its own.

local import = ...
local form, prompt, prompt_imgui = import("form"), import("prompt"), import("prompt_imgui")

return function(about, submit)
  local window = prompt_imgui.is_installed() and prompt_imgui or prompt
  window.open(form.new(about), submit)
end
