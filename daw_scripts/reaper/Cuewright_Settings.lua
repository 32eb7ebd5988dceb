-- @description Cuewright: Settings
-- @version 0.1.0
-- @author Cuewright
-- @about Transport, engine, takes.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "settings")
