local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local leg = freeswitch.Session("loopback/m:^:answer^park/default/inline")
leg:setVariable("colour", "red")
leg:execute("set", "shape=round")
say(leg:ready(), leg:getVariable("colour"), leg:getVariable("shape"))
leg:streamFile("tone_stream://%(300,0,440)")
leg:hangup("NORMAL_CLEARING")
say(leg:ready(), session:ready())
