-- From the actions to the hook: each runs in a Lua of its own, so what was asked travels as a line in a file.
--
-- The file lies in the engine's spool folder, one for each session. A line is a Lua table of texts, numbers and
-- booleans.

local import = ...
local settings, timeline = import("settings"), import("timeline")

local orders = {}

local function path()
  return ("%s/%s.orders"):format(settings.spool, timeline.session().id)
end

-- A table of texts, numbers and booleans as Lua, on one line.
function orders.written(value)
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, inner in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(orders.written(key), orders.written(inner))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Leave an order for the hook; false where the folder cannot be written.
function orders.leave(order)
  local file = io.open(path(), "ab")
  if not file then return false end
  file:write(orders.written(order), "\n")
  return file:close()
end

-- What such a line says; nil where it is none.
function orders.read(line)
  local done, value = pcall(load("return " .. line, "=order", "t", {}) or error)
  return done and type(value) == "table" and value or nil
end

-- The orders since the last call.
function orders.take()
  local here, taken = path(), {}
  local mine = here .. ".taken"
  if not os.rename(here, mine) then return taken end
  for line in io.lines(mine) do
    taken[#taken + 1] = orders.read(line)
  end
  os.remove(mine)
  return taken
end

-- An id that no other job has.
function orders.new_id()
  return ("ardour-%x-%x"):format(os.time(), math.random(0, 0xffffff))
end

return orders
