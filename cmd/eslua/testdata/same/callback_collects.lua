-- caller: playback:silence_stream://500^send_dtmf:135^playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local digits = {}
function on_input(s, kind, object)
  if kind == "dtmf" then digits[#digits + 1] = object["digit"] if #digits == 3 then return "break" end end
  return ""
end
session:setInputCallback("on_input")
session:streamFile("tone_stream://%(4000,0,440)")
session:sleep(100)
say(table.concat(digits, ","))
