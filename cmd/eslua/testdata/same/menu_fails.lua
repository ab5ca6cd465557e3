-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local d = session:playAndGetDigits(1, 1, 1, 300, "#", "tone_stream://%(300,0,440)", "", "[12]", "picked", 300, "elsewhere inline")
say("[" .. d .. "]", session:ready())
