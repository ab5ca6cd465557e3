-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local file = "/tmp/porting-" .. session:get_uuid() .. ".wav"
session:setVariable("RECORD_STEREO", "true")
session:execute("record_session", file)
session:sleep(500)
session:execute("stop_record_session", file)
freeswitch.API():execute("system", "rm -f " .. file)
