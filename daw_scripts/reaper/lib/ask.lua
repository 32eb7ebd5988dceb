-- Shows a form in the window that this REAPER has: ReaImGui's where it is installed, else its own.

local import = ...
local form, prompt, prompt_imgui, project = import("form"), import("prompt"), import("prompt_imgui"), import("project")

-- `submit` takes the form, in the project where the window was opened: what is selected was read there.
return function(about, submit)
  local window, asked_in = prompt_imgui.is_installed() and prompt_imgui or prompt, project.current()
  window.open(form.new(about), function(filled)
    project.must_be_in_front(asked_in)
    return submit(filled)
  end)
end
