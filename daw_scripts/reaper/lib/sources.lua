-- Files opened before anything is changed, so that one that is missing costs no undo step.

local import = ...
local refuse = import("refuse")

local R = reaper
local sources = {}

-- Media sources by path; all of them, or a refusal that names the first that cannot be opened.
function sources.open(paths)
  local opened = {}
  for _, path in ipairs(paths) do
    if not opened[path] then
      local source = R.file_exists(path) and R.PCM_Source_CreateFromFile(path)
      if not source then
        for _, one in pairs(opened) do R.PCM_Source_Destroy(one) end
        refuse("%s is gone or cannot be read, so nothing was placed. Ask again for new sounds.", path)
      end
      opened[path] = source
    end
  end
  return opened
end

return sources
