-- args: main 2
-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
say(argv[1], argv[2], #argv, argv[3])
say(session:ready(), session:answered(), session:getVariable("caller_id_number"), session:getVariable("destination_number"))
session:answer()
session:sleep(200)
session:streamFile("tone_stream://%(300,0,440)")
session:hangup()
say(session:ready(), session:answered())
