local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:setVariable("one", "1")
session:setVariable("two", 2)
session:setVariable("three", "a, b 'c' \"d\" = ${one}")
session:setVariable("gone", "x")
session:setVariable("gone", nil)
session:setVariable("empty", "")
session:execute("set", "four=${one}4")
session:execute("export", "five=${four}5")
session:execute("export", "nolocal:six=6")
session:execute("multiset", "^^;seven=7;eight=8 8")
session:execute("unset", "seven")
for _, name in ipairs{ "one", "two", "three", "gone", "empty", "four", "five", "six", "seven", "eight", "nothing", "export_vars" } do
  say(name, session:getVariable(name))
end
