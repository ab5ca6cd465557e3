-- caller: playback:silence_stream://700^send_dtmf:5^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local heard = ""
function on_input(s, kind, object, arg)
  if kind == "dtmf" then heard = heard .. object.digit say(kind, object.digit, arg) return "break" end
end
session:setInputCallback("on_input", "menu")
say(string.format("%d", session:streamFile("tone_stream://%(4000,0,440)")))
session:unsetInputCallback()
say("heard", heard)
