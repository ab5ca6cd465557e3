-- differs: PICKED_OFF|variable originate_signal_bond
-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:400^hangup/default/inline", session)
say(leg:ready(), leg:answered(), leg:hangupCause())
freeswitch.bridge(session, leg)
say(session:ready(), leg:ready())
