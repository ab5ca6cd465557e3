local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:execute("respond", "486 Busy") session:execute("hangup", "USER_BUSY") say(session:ready())
