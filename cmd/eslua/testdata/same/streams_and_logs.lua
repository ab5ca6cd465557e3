-- differs: ; write stream:write.text|, expected 'char const \*' got 'boolean'$|line file.lua:7 function: |line EventConsumer: there is no such event
local function say(...) local t = {} for i = 1, select("#", ...) do local v = select(i, ...) t[i] = type(v) == "number" and ("%d"):format(v) or tostring(v) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
-- streams
say(stream == nil)
local s = freeswitch.Stream()
s:write("one ") s:write(2) s:raw_write("three", 2) say(s:get_data(), pcall(s.write, s, true))
-- logs
freeswitch.console_log("notice", "as console_log\n")
freeswitch.consoleLog2("warning", "file.lua", "function", 7, "as consoleLog2\n")
freeswitch.console_log2("warning", "file.lua", "function", 7, "as console_log2\n")
session:consoleLog2("err", "file.lua", "function", 7, "of the session\n")
freeswitch.consoleCleanLog("") freeswitch.console_clean_log("")
say(freeswitch.running())
-- events
local e = freeswitch.Event("CUSTOM", "eslua::same")
local f = freeswitch.Event("CUSTOM", "eslua::other")
e:addHeader("a", "1") f:addHeader("b", "2") f:addHeader("a", "3")
say(e:merge(f), e:getHeader("a"), e:getHeader("b"), e:setPriority())
-- consumers
local c = freeswitch.EventConsumer("CUSTOM", "eslua::same")
say(c:bind("CUSTOM", "eslua::other"), c:bind("nonsense"))
say(e:fire(), f:fire())
local got = c:pop(1, 1000) say(got and got:getHeader("a"))
got = c:pop(1, 1000) say(got and got:getHeader("b"))
c:cleanup() say(c:pop(), e:fire(), c:pop(1, 100))
-- the call
say(session:ready(), session:hangupState()) -- waitForAnswer(nil) crashes FreeSWITCH 1.11
local m = freeswitch.Event("MESSAGE") m:addBody("hello") session:sendEvent(m) say(session:ready())
