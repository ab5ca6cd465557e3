-- caller: playback:silence_stream://500^send_dtmf:123^playback:silence_stream://1500^send_dtmf:78*^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
say("[" .. session:getDigits(3, "#", 2500) .. "]")
say("[" .. session:getDigits(1, "", 300) .. "]")
session:flushDigits()
say("[" .. session:getDigits(5, "*", 2500, 700) .. "]")
