-- What can be set: by the installer in `settings.lua` beside the scripts, and over it by the user, kept by REAPER.

local import, here = ...
local refuse, protocol = import("refuse"), import("protocol")

local R = reaper
local options = {}

options.SECTION = "Cuewright"

local YES_OR_NO = { yes = true, no = true }

-- In the order in which the dialog shows them.
options.ROWS = {
  { name = "transport", default = "spool", caption = "Transport (spool, udp)", choices = { spool = true, udp = true } },
  { name = "spool_folder", default = "", caption = "Spool folder" },
  { name = "port", default = protocol.port, caption = "UDP port", least = 1, most = 65535 },
  { name = "engine_command", default = "", caption = "Command that starts the engine" },
  { name = "token", default = "", caption = "*Token (empty: none)" }, -- the asterisk: not shown while it is typed
  { name = "takes", default = 4, caption = "Takes", least = 1, most = 16 },
  { name = "stem_folders", default = "yes", caption = "Folders by stem (yes, no)", choices = YES_OR_NO },
}

-- Where the engine keeps its data when nobody said otherwise.
local function usual_spool_folder()
  local home = os.getenv("HOME") or ""
  local system = R.GetOS()
  if system:find("^Win") then return os.getenv("LOCALAPPDATA") .. [[\cuewright\cuewright\spool]] end
  local is_mac = system:find("^OSX") or system:find("^mac")
  if is_mac then return home .. "/Library/Application Support/cuewright/spool" end
  return (os.getenv("XDG_DATA_HOME") or home .. "/.local/share") .. "/cuewright/spool"
end

-- A command line of its parts, as a shell splits it again.
local function command_of(parts)
  local quoted = {}
  for place, part in ipairs(parts) do quoted[place] = part:find("[%s&()]") and ('"%s"'):format(part) or part end
  return table.concat(quoted, " ")
end

-- What the installer wrote of this machine, `{ spool, port, engine, token }`, under the names of the rows.
local function installed()
  local path = here .. "settings.lua"
  if not R.file_exists(path) then return {} end
  local chunk, problem = loadfile(path, "t", {})
  local done, found = pcall(chunk or error, problem)
  if not done or type(found) ~= "table" then
    refuse("%s cannot be read: %s. Run `cuewright install reaper` again.", path, tostring(found))
  end
  return {
    spool_folder = found.spool, port = found.port, engine_command = found.engine and command_of(found.engine),
    token = found.token,
  }
end

-- A value of a row as it is used; nil where it is none.
function options.taken(row, value)
  if math.type(row.default) == "integer" then
    local number = math.tointeger(tonumber(value))
    return number and number >= row.least and number <= row.most and number or nil
  end
  value = tostring(value)
  if row.choices and not row.choices[value] then return nil end
  return value
end

-- All by name.
function options.read()
  local from_installer, read = installed(), {}
  for _, row in ipairs(options.ROWS) do
    local kept = R.HasExtState(options.SECTION, row.name) and R.GetExtState(options.SECTION, row.name) or nil
    local value = kept and options.taken(row, kept)
    if value == nil and from_installer[row.name] ~= nil then value = options.taken(row, from_installer[row.name]) end
    read[row.name] = value == nil and row.default or value
  end
  if read.spool_folder == "" then read.spool_folder = usual_spool_folder() end
  return read
end

function options.keep(name, value)
  R.SetExtState(options.SECTION, name, tostring(value), true)
end

return options
