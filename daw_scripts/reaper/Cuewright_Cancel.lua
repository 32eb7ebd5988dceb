-- @description Cuewright: Cancel
-- @version 0.1.0
-- @author Cuewright
-- @about End what is under way.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "cancel")
