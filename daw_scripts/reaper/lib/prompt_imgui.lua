-- The window that asks for words, in ReaImGui where that is installed: the system's own clipboard and input methods.

local R = reaper
local prompt = {}

local WIDTH, HEIGHT = 560, 300

local Prompt = {}
Prompt.__index = Prompt

function prompt.is_installed()
  return R.APIExists("ImGui_CreateContext")
end

-- Show a form; `submit` is called once with it, and may refuse, which leaves the window open.
function prompt.open(asked, submit)
  local context = R.ImGui_CreateContext("Cuewright")
  setmetatable({ form = asked, submit = submit, context = context }, Prompt):cycle()
end

function Prompt:send()
  local done, problem = pcall(self.submit, self.form)
  if done then return true end
  if type(problem) ~= "table" then error(problem, 0) end
  self.problem = problem.sentence
  return false
end

-- Whether Enter was pressed in a field.
function Prompt:draw_rows()
  local context, entered = self.context, false
  local on_enter = R.ImGui_InputTextFlags_EnterReturnsTrue()
  for place, row in ipairs(self.form.rows) do
    if place == 1 and R.ImGui_IsWindowAppearing(context) then R.ImGui_SetKeyboardFocusHere(context) end
    local pressed, text = R.ImGui_InputText(context, row.label, row.field:text(), on_enter)
    if text ~= row.field:text() then row.field:set(text) end
    entered = entered or pressed
  end
  for _, choice in ipairs(self.form.choices) do
    local titles = table.concat(choice.titles, "\0") .. "\0"
    local _, chosen = R.ImGui_Combo(context, choice.label, choice.chosen - 1, titles)
    choice.chosen = chosen + 1
  end
  return entered
end

function Prompt:cycle()
  local context, go, cancelled = self.context, false, false
  R.ImGui_SetNextWindowSize(context, WIDTH, HEIGHT, R.ImGui_Cond_FirstUseEver())
  local visible, open = R.ImGui_Begin(context, "Cuewright: " .. self.form.title, true)
  if visible then
    go = self:draw_rows()
    go = R.ImGui_Button(context, "Go") or go
    R.ImGui_SameLine(context)
    cancelled = R.ImGui_Button(context, "Cancel") or R.ImGui_IsKeyPressed(context, R.ImGui_Key_Escape())
    if self.problem then R.ImGui_TextWrapped(context, self.problem) end
    R.ImGui_End(context)
  end
  if cancelled or not open then return end
  if go and self:send() then return end
  R.defer(function() self:cycle() end)
end

return prompt
