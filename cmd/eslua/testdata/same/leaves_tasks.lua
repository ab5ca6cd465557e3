-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
freeswitch.API():execute("sched_api", "+60 porting none")
session:execute("sched_transfer", "+1 set:moved=later,hangup:NORMAL_UNSPECIFIED inline")
session:setAutoHangup(false)
session:sleep(1500)
say("after", session:ready())
freeswitch.API():execute("sched_del", "porting")
