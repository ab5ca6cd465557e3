-- caller: playback:silence_stream://600^hangup
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
function gone(s, status, arg)
  say("hook", status, arg, s:hangupCause(), s:getVariable("who"))
  local e = freeswitch.Event("CUSTOM", "porting::gone")
  e:addHeader("Who", s:getVariable("who"))
  e:fire()
end
session:setHangupHook("gone", "argument")
session:setVariable("who", "me")
session:answer()
while session:ready() do session:sleep(100) end
say("after", session:ready())
