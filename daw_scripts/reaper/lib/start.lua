-- Runs one action: loads the modules it needs, and turns what goes wrong into a sentence for the user.
--
-- A module is a file in `lib`, `actions` or the shared core (`lua`, here or beside this folder), called with `import`
-- and the folder of the scripts.

local R = reaper

return function(here, action)
  local folders, loaded = { here .. "lib/", here .. "actions/", here .. "lua/", here .. "../lua/" }, {}

  local function import(name)
    if loaded[name] == nil then
      for _, folder in ipairs(folders) do
        local path = folder .. name .. ".lua"
        if R.file_exists(path) then
          loaded[name] = assert(loadfile(path))(import, here)
          return loaded[name]
        end
      end
      error({ sentence = ("The file %s.lua is missing: install Cuewright's scripts again."):format(name) }, 0)
    end
    return loaded[name]
  end

  -- A script that defers leaves no undo step of its own behind.
  R.defer(function() end)
  local done, problem = xpcall(function() import(action).run() end, function(raised)
    return type(raised) == "table" and raised or { sentence = debug.traceback(tostring(raised)), defect = true }
  end)
  if not done then
    if problem.defect then
      R.ShowConsoleMsg("Cuewright: " .. problem.sentence .. "\n")
      problem.sentence = "A defect of the script; please report what the console shows."
    end
    R.ShowMessageBox(problem.sentence, "Cuewright", 0)
  end
end
