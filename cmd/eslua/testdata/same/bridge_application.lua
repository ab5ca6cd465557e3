-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
session:setVariable("hangup_after_bridge", "false")
session:setVariable("continue_on_fail", "true")
session:execute("bridge", "loopback/hangup:USER_BUSY/default/inline")
say(session:getVariable("originate_disposition"), session:getVariable("last_bridge_hangup_cause"))
session:execute("bridge", "{leg_timeout=1}loopback/sleep:5000/default/inline|loopback/m:^:answer^sleep:400^hangup/default/inline")
say(session:getVariable("originate_disposition"), session:ready())
