-- caller: sleep:700^send_dtmf:5^playback:silence_stream://8000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local function int(x) return x and string.format("%d", x) end
session:answer()
function pressed(s, kind, d) say("digit", d.digit) s:transfer("set:moved=yes,sleep:300,hangup:NO_ROUTE_DESTINATION", "inline", "default") return "break" end
session:setInputCallback("pressed", "")
say(int(session:streamFile("tone_stream://%(3000,0,440)")))
say(int(session:streamFile("tone_stream://%(300,0,440)")), session:ready())
