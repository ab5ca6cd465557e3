local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local name = "/var/tmp/porting-" .. session:get_uuid()
local f = assert(io.open(name, "w"))
f:write("one\n", 2, "\n")
f:close()
for line in io.lines(name) do say(line) end
f = io.open(name, "a+") f:write("three") f:seek("set") say(f:read("*l")) say((f:read("*a"):gsub("\n", "|"))) f:close()
say(os.rename(name, name .. ".old"), io.open(name), os.remove(name .. ".old"))
