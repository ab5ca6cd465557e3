-- caller: playback:tone_stream://%(800,0,400)^send_dtmf:#^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local file = "/tmp/porting-" .. session:get_uuid() .. ".wav"
function on_input(s, kind, object) if kind == "dtmf" then return "break" end end
session:setInputCallback("on_input")
say(session:recordFile(file, 10, 0, 0) == 1)
say(tonumber(session:getVariable("record_ms")) > 400, tonumber(session:getVariable("record_ms")) < 1500)
session:streamFile(file)
freeswitch.API():execute("system", "rm -f " .. file)
