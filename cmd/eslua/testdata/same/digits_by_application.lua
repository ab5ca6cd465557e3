-- caller: playback:silence_stream://600^send_dtmf:42^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
session:execute("play_and_get_digits", "1 2 1 1500 # tone_stream://%(300,0,440) silence_stream://100 typed \\d+")
say(session:getVariable("typed"))
session:execute("read", "1 1 silence_stream://100 more 400 #")
say(session:getVariable("more"), session:getVariable("read_result"))
