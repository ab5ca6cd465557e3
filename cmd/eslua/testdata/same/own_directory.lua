local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local dir = debug.getinfo(1).source:match("^@?(.*/)") or "./"
package.path = dir .. "?.lua;" .. dir .. "?/init.lua;" .. package.path
local greet = require "resources.greet"
say(greet.hello("you"), greet == require "resources.greet", package.loaded["resources.greet"] == greet)
dofile(dir .. "resources/settings.lua")
say(company, dir:sub(-1), argv[0] ~= nil)
local chunk = assert(loadfile(dir .. "resources/settings.lua"))
company = nil
chunk()
say(company, pcall(require, "resources.missing") == false)
