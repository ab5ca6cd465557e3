-- differs: variable lua_hangup_hook_return_val|line error
-- caller: playback:silence_stream://600^hangup
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
function gone(s, status) say("hook", status) return "exit" end
session:setHangupHook("gone")
session:answer()
while true do session:sleep(50) end
say("not reached")
