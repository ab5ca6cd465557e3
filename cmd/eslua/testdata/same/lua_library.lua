local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local t = { 3, 1, 2 }
table.sort(t)
say(table.concat(t, ","), select("#", (table.unpack or unpack)(t)))
say(("a,b,,c"):gsub(",", ";"), ("key=value"):match("(%w+)=(%w+)"))
for word in ("one two"):gmatch("%a+") do say(word) end
local i = 1
::again::
i = i + 1
if i < 4 then goto again end
say(i, tostring(nil), tonumber("0x10"), tonumber("zz"), tonumber("12", 8))
say(string.rep("ab", 3), ("x"):byte(), string.char(72, 105), #"Gr\195\188\195\159e", ("%d"):format(3))
say(type(setmetatable({}, { __index = function(_, k) return k end }).name), next({}) == nil, (load("x =")) == nil)
