-- caller: playback:silence_stream://600^send_dtmf:#^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
session:setVariable("playback_terminators", "#")
session:execute("playback", "tone_stream://%(4000,0,440)")
say(session:getVariable("playback_terminator_used"))
session:setVariable("playback_terminators", "none")
session:streamFile("tone_stream://%(300,0,440)")
say(session:getVariable("playback_terminator_used"))
