-- Opens the page that plays the picture with the stems: of the selected item, else the last that was made.

local import = ...
local region, origin, options, refuse = import("region"), import("origin"), import("options"), import("refuse")

local R = reaper
local report = {}

local function open(path)
  if R.APIExists("CF_ShellExecute") then return R.CF_ShellExecute(path) end
  local system = R.GetOS()
  if system:find("^Win") then return R.ExecProcess(('cmd.exe /c start "" "%s"'):format(path), -2) end
  local program = (system:find("OSX") or system:find("macOS")) and "/usr/bin/open" or "/usr/bin/xdg-open"
  return R.ExecProcess(('%s "%s"'):format(program, path), -1)
end

function report.run()
  local item = region.selected_items()[1]
  local path = item and origin.of_item(item, "report") or ""
  if path == "" then path = R.GetExtState(options.SECTION, "report") end
  if path == "" then refuse("There is no report yet: \"Compose to picture\" writes one.") end
  if not R.file_exists(path) then refuse("The report %s is gone.", path) end
  if not open(path) then refuse("Nothing could open %s: open it in a browser.", path) end
end

return report
