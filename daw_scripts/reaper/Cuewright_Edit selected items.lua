-- @description Cuewright: Edit selected items
-- @version 0.1.0
-- @author Cuewright
-- @about A new take beside the original, changed as words say.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "edit")
