-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:preAnswer()
say(session:answered(), session:mediaReady())
session:streamFile("tone_stream://%(300,0,440)")
session:answer()
say(session:answered())
