local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local con = freeswitch.EventConsumer("CUSTOM", "porting::mine")
local e = freeswitch.Event("CUSTOM", "porting::mine")
e:addHeader("Number", "1")
e:fire()
local got = con:pop(1, 1000)
say(got and got:getHeader("Number"), got and got:getHeader("Event-Subclass"))
say(con:pop(), con:pop(1, 100))
