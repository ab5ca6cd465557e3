-- caller: playback:silence_stream://500^send_dtmf:9^playback:silence_stream://1200^send_dtmf:2^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local d = session:playAndGetDigits("1", "1", "2", "1500", "#", "tone_stream://%(4000,0,440)", "tone_stream://%(200,0,300)", "[12]", "picked", "1000")
say("[" .. d .. "]", session:getVariable("picked"), session:getVariable("picked_invalid"))
