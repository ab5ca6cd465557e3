-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer() session:setAutoHangup(true) say("the call ends with the script")
