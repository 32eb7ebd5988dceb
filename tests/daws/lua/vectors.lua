-- Reads a packet in hexadecimal from each line and says what the core makes of it, as JSON, a line each.
dofile(arg[2])
local osc, messages, slip = import("osc"), import("messages"), import("slip")

for line in io.lines() do
  local packet = line:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)
  local framed, rest = slip.unframe(slip.frame(packet) .. "begun")
  assert(rest == "begun" and (framed[1] or "") == packet, "SLIP changed a packet")
  local found, problem = osc.decode(packet)
  local answer = { problem = problem, requests = { n = 0 }, replies = { n = 0 }, again = "" }
  for place, message in ipairs(found or {}) do
    local request, refused = messages.read(message)
    answer.requests.n, answer.requests[place] = place, request
    answer.problem = answer.problem or refused
    answer.replies.n, answer.replies[place] = place, messages.reply(message)
    local again = osc.encode(message.address, message.arguments)
    answer.again = answer.again .. again:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  end
  print(json(answer))
end
