-- The engine's spool folder: packets as files, for scripts that have no sockets. See `daw_scripts/OSC.md`.
--
-- A request is written under another name and renamed; its replies are read from `<name>.reply`, from where the last
-- read ended. Only `io` and `os.rename` are needed.

local import = ...
local osc, slip, messages = import("osc"), import("slip"), import("messages")

local spool = {}

local READ_BYTES = 262144 -- at once, so that a script's host is not held up

local Spool = {}
Spool.__index = Spool

-- `folder` is the engine's spool folder; `name` is this script's own, of letters and digits, and as good as never used
-- twice.
function spool.new(folder, name)
  return setmetatable({ folder = folder, name = name, replies = {} }, Spool)
end

local function exists(path)
  local file = io.open(path, "rb")
  return file ~= nil and file:close()
end

-- Put a packet before the engine; false where the folder cannot be written. Replies to one label come in one file, and
-- what still lies there unread is not written again.
function Spool:send(packet, label)
  local path = ("%s/%s-%s"):format(self.folder, self.name, label)
  if not exists(path .. ".osc") then
    local file = io.open(path .. ".part", "wb")
    if not file then return false end
    local written = file:write(packet)
    written = file:close() and written
    if not written or not os.rename(path .. ".part", path .. ".osc") then
      os.remove(path .. ".part")
      return false
    end
  end
  if not self.replies[label] then
    self.replies[label] = { path = path .. ".reply", offset = 0, rest = "" }
    self.replies[#self.replies + 1] = self.replies[label]
  end
  return true
end

local function read_more(reply)
  local file = io.open(reply.path, "rb")
  if not file then return "" end
  file:seek("set", reply.offset)
  local bytes = file:read(READ_BYTES) or ""
  file:close()
  reply.offset = reply.offset + #bytes
  return bytes
end

-- The replies since the last call, in the order in which they were written to each file.
function Spool:receive()
  local found = {}
  for _, reply in ipairs(self.replies) do
    local packets
    packets, reply.rest = slip.unframe(reply.rest .. read_more(reply))
    for _, packet in ipairs(packets) do
      for _, message in ipairs(osc.decode(packet) or {}) do found[#found + 1] = messages.reply(message) end
    end
  end
  return found
end

-- Take back what was sent with this label, where no engine has read it yet.
function Spool:withdraw(label)
  os.remove(("%s/%s-%s.osc"):format(self.folder, self.name, label))
end

-- No more replies are wanted to what was sent with this label.
function Spool:forget(label)
  local reply = self.replies[label]
  if not reply then return end
  os.remove(reply.path)
  self.replies[label] = nil
  for place, kept in ipairs(self.replies) do
    if kept == reply then table.remove(self.replies, place) end
  end
end

-- No more replies are wanted at all.
function Spool:close()
  local labels = {}
  for label in pairs(self.replies) do
    if type(label) == "string" then labels[#labels + 1] = label end
  end
  for _, label in ipairs(labels) do self:forget(label) end
end

return spool
