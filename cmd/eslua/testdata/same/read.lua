-- caller: playback:silence_stream://500^send_dtmf:4#^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
say("[" .. session:read(1, 3, "tone_stream://%(4000,0,440)", 2000, "#") .. "]", session:getVariable("read_result"))
say("[" .. session:read(1, 1, "", 300, "#") .. "]", session:getVariable("read_result"))
