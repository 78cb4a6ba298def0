-- @noindex
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "front.lua").run("sync")
