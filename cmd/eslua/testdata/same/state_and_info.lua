-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
say(session:getState(), session.uuid == session:get_uuid(), session:bridged())
session:answer()
say(session:getState(), session:mediaReady(), session:hangupCause())
say(session:getVariable("direction"), session:getVariable("uuid") == session:get_uuid(), session:getVariable("channel_name") ~= nil)
