-- @description Cuewright: Audition
-- @version 0.1.0
-- @author Cuewright
-- @about Play the selected item's active take; again stops it.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "audition")
