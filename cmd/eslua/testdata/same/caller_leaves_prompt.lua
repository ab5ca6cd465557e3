-- caller: playback:silence_stream://800^hangup
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
local n = 0
while session:ready() and n < 50 do
  n = n + 1
  session:streamFile("tone_stream://%(4000,0,440)")
end
say(n < 10, session:ready(), session:hangupCause())
