-- caller: playback:silence_stream://600^send_dtmf:12#^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local d = session:playAndGetDigits(2, 4, 3, 2000, "#", "tone_stream://%(4000,0,440)", "tone_stream://%(300,0,440)", "\\d+")
say("[" .. d .. "]", session:getVariable("read_terminator_used"))
d = session:playAndGetDigits(1, 1, 1, 400, "", "tone_stream://%(300,0,440)", "", "[0-9]", "choice")
say("[" .. d .. "]", session:getVariable("choice"))
