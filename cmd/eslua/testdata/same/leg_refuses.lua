-- differs: variable originate_signal_bond
-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local leg = freeswitch.Session("loopback/hangup:USER_BUSY/default/inline", session)
say(leg:ready(), leg:hangupCause())
leg = freeswitch.Session("{originate_timeout=1}loopback/sleep:5000/default/inline")
say(leg:ready(), leg:hangupCause())
leg = freeswitch.Session("no_such_endpoint/1")
say(leg:ready(), leg:hangupCause())
