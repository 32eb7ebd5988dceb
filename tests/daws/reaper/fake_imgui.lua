-- ReaImGui with no screen: what a frame shows is kept, and what a test types or presses is taken in the next frame.

local fake, work, api = ...

local imgui = { typed = {}, pressed = {}, shown = {}, frames = 0, open = true, enter = false }

function work.ImGui_CreateContext() return fake.object("ImGui_Context", {}) end
function work.ImGui_SetNextWindowSize() end
function work.ImGui_Cond_FirstUseEver() return 4 end
function work.ImGui_InputTextFlags_EnterReturnsTrue() return 32 end
function work.ImGui_SetKeyboardFocusHere() end
function work.ImGui_IsWindowAppearing() return imgui.frames == 1 end
function work.ImGui_SameLine() end
function work.ImGui_Key_Escape() return 526 end
function work.ImGui_IsKeyPressed() return imgui.pressed.Escape ~= nil end

function work.ImGui_Begin(_, title)
  if imgui.begun then error("ImGui_End is missing", 0) end
  imgui.frames, imgui.title, imgui.shown, imgui.begun = imgui.frames + 1, title, {}, true
  return true, imgui.open
end

function work.ImGui_End()
  imgui.begun, imgui.pressed, imgui.enter = false, {}, false
end

function work.ImGui_InputText(_, label, text)
  local typed = imgui.typed[label]
  imgui.typed[label] = nil
  imgui.shown[#imgui.shown + 1] = label
  return imgui.enter and typed ~= nil, typed or text
end

function work.ImGui_Combo(_, label, chosen, titles)
  if titles:sub(-1) ~= "\0" then error("the last item has no end", 0) end
  imgui.shown[#imgui.shown + 1] = label
  return imgui.pressed[label] ~= nil, imgui.pressed[label] or chosen
end

function work.ImGui_Button(_, label) return imgui.pressed[label] ~= nil end
function work.ImGui_TextWrapped(_, text) imgui.shown[#imgui.shown + 1] = text end

function imgui.install()
  for name, kinds in pairs(api.imgui) do fake.extensions[name] = kinds end
end

return imgui
