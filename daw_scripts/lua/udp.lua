-- UDP to the engine, for scripts that have LuaSocket: replies come back to the socket that asked.

local import = ...
local osc, messages = import("osc"), import("messages")

local udp = {}

local MOST_PACKETS = 64 -- at once, so that a script's host is not held up

local Udp = {}
Udp.__index = Udp

-- `socket` is LuaSocket; nil and a sentence where no socket can be had. Nothing but this machine is spoken to.
function udp.new(socket, port)
  local made, problem = socket.udp()
  if not made then return nil, problem end
  made:settimeout(0)
  local bound
  bound, problem = made:setsockname("127.0.0.1", 0)
  if not bound then return nil, problem end
  return setmetatable({ socket = made, port = port }, Udp)
end

-- Send a packet; false where the system refuses it.
function Udp:send(packet)
  return self.socket:sendto(packet, "127.0.0.1", self.port) ~= nil
end

-- The replies since the last call.
function Udp:receive()
  local found = {}
  for _ = 1, MOST_PACKETS do
    local packet = self.socket:receivefrom()
    if not packet then break end
    for _, message in ipairs(osc.decode(packet) or {}) do found[#found + 1] = messages.reply(message) end
  end
  return found
end

-- What was sent is gone, and cannot be taken back.
function Udp.withdraw() end

-- Nothing is kept of what was answered.
function Udp.forget() end

function Udp:close()
  self.socket:close()
end

return udp
