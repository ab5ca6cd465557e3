local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
say(freeswitch.getGlobalVariable("core_uuid") == freeswitch.API():execute("global_getvar", "core_uuid"))
say(freeswitch.getGlobalVariable("nothing_of_the_kind"))
local before = freeswitch.API():getTime()
freeswitch.msleep(50)
say(freeswitch.API():getTime() > before)
say(os.date("%Y") >= "2024", type(os.time()), os.date("%d.%m.%Y", 86400))
say(string.format("%05d %s %q %5.2f", 42, "x", "a\"b", 3.14159))
