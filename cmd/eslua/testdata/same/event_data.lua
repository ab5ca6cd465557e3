local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:setVariable("colour", "red")
local e = freeswitch.Event("CUSTOM", "porting::data")
session:setEventData(e)
say(e:getHeader("variable_colour"), e:getHeader("Caller-Caller-ID-Number"), e:getHeader("Unique-ID") == session:get_uuid(), e:getHeader("Call-Direction"))
say(e:serialize():match("variable_colour: ([^\n]+)"), e:serialize("xml"):match("<variable_colour>(.-)<"))
