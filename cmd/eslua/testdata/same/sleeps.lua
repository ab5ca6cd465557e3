-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local from = freeswitch.API():getTime()
session:sleep("300")
session:execute("sleep", "200")
freeswitch.msleep(100)
local took = freeswitch.API():getTime() - from
say(took >= 580, took < 1500)
