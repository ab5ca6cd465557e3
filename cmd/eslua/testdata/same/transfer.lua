-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
session:transfer("set:moved=yes,sleep:300,hangup:NO_ROUTE_DESTINATION", "inline", "default")
say("after", session:ready())
