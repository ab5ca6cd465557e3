-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
function gone(s, status, arg) say("hook", status, arg) end
session:setHangupHook("gone", "x")
session:answer()
session:hangup("NORMAL_TEMPORARY_FAILURE")
say("after")
