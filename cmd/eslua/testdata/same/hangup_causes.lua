-- differs: variable late
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:hangup("CALL_REJECTED")
session:hangup("USER_BUSY")
say(session:ready(), session:hangupCause())
session:answer()
session:execute("playback", "tone_stream://%(300,0,440)")
session:setVariable("late", "1")
