-- Ends an action with a sentence that says what happened and what to do; nothing has been changed until then.

local function refuse(sentence, ...)
  error({ sentence = select("#", ...) > 0 and sentence:format(...) or sentence }, 0)
end

return refuse
