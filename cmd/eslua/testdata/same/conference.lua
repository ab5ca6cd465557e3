-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
freeswitch.API():execute("sched_api", "+1 none conference porting kick all")
session:execute("conference", "porting@default")
say("out", session:ready())
