print(os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%c", 0), os.date("!%x %X %p", 86399), os.date("!%%", 0))

for _, c in ipairs{"a", "A", "b", "B", "c", "C", "d", "D", "e", "F", "g", "G", "h", "H", "I", "j", "k", "l", "m", "M", "n", "p", "P", "r", "R", "S", "t", "T", "u", "U", "V", "w", "W", "x", "X", "y", "Y", "z", "Z", "%"} do print(c, os.date("!%" .. c, 1700000000), os.date("%" .. c, 1700000000), os.date("%" .. c, 1720000000)) end

for _, c in ipairs{"f", "i", "J", "K", "L", "N", "o", "q", "Q", "v", "1", "-", "_", "^", "#", "0", "+", " ", "."} do print(c, os.date("!%" .. c, 1700000000)) end

for _, f in ipairs{"%E", "%Ey", "%O", "%Od", "%-d", "%_d", "x%", "%", "", "plain", "%%%%", "100%% %d"} do print("[" .. os.date("!" .. f, 1700000000) .. "]") end

for _, t in ipairs{0, 951782399, 951782400, 978307199, 1104537600, 1230768000, 1325375999, 1609459199, -86400, -2208988800, 253402300799, 4102444800} do print(os.date("!%G-W%V-%u %j %U %W %y %C %a %d %b %Y", t)) end

for d = 0, 400, 7 do local t = 1640995200 + d * 86400 print(os.date("!%F %G %g %V %U %W %j %u %w", t)) end

local t = os.date("!*t", 1700000000) print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)

local t = os.date("*t", 1720000000) print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst) local n = 0 for k in pairs(t) do n = n + 1 end print(n)

print(os.time({year = 2024, month = 1, day = 15, hour = 12}), os.time({year = 2024, month = 7, day = 15, hour = 12}), os.time({year = 2024, month = 1, day = 15}), os.time({year = 1970, month = 1, day = 1, hour = 0}))

print(os.time({year = 2024, month = 14, day = 35, hour = 25, min = 61, sec = 61}), os.time({year = 2024, month = 0, day = 0}), os.time({year = 2024, month = 3, day = -5, hour = -1, min = -1, sec = -1}), os.time({year = 2023, month = 2, day = 29}))

print(os.time({year = "2024", month = "1", day = "15", hour = "3"}), os.time({year = 2024.9, month = 1.9, day = 15.9})) print(pcall(os.time, {year = 2024})) print(pcall(os.time, {year = 2024, month = 1})) print(pcall(os.time, {})) print(pcall(os.time, 5)) print(pcall(os.time, {year = "x", month = 1, day = 1}))

for _, dst in ipairs{true, false} do print(os.time({year = 2024, month = 1, day = 15, hour = 12, isdst = dst}), os.time({year = 2024, month = 7, day = 15, hour = 12, isdst = dst})) end

print(os.time(os.date("*t", 1700000000)), os.time(os.date("*t", 1720000000)), os.time(os.date("!*t", 1700000000))) local t = os.date("*t", 1700000000) t.day = t.day + 30 print(os.date("%F %T", os.time(t))) t.month = t.month - 15 t.isdst = nil print(os.date("%F %T", os.time(t)))

print(os.time({year = 1969, month = 12, day = 31, hour = 18, min = 59, sec = 59}), os.time({year = 1900, month = 1, day = 1}), os.time({year = 2100, month = 1, day = 1}), os.time({year = 9999, month = 12, day = 31}))

print(os.date("!%F", 1e10), os.date("!%F", -1e10), os.date("!%F %T", 2^31), os.date("!%F", 1e12), os.date("!%Y %C %y %G", -62135596801), os.date("!%Y %C %y %F", -1e13))

print(os.date("!%c", 1e17), os.date("!*t", 1e17), os.date("!%c", -1e18), os.date("!%Y", 6e16), os.date("!%Y", -6e16)) print(pcall(os.date, "!%c", "x")) print(pcall(os.date, {}, 0)) print(os.date("!%d", "86400"), os.date("!%d", 86400.9)) print(os.date("*x", 0), os.date("!*tx", 0))

print(os.difftime(10, 5), os.difftime(5, 10), os.difftime(10), os.difftime("10", "5")) print(pcall(os.difftime)) print(pcall(os.difftime, "x"))

print(type(os.clock()), os.clock() >= 0, type(os.time()), type(os.date()), #os.date("%H:%M") == 5) local a = os.clock() for i = 1, 1000 do end print(os.clock() >= a)

print(os.date("%Y", nil) == os.date("%Y"), os.date(nil, 0) == os.date("%c", 0)) print(os.date("%H:%M %Z %z", 1710054000), os.date("%H:%M %Z %z", 1710053999), os.date("%H:%M %Z %z", 1730613600), os.date("%H:%M %Z %z", 1730613599))

print(os.time({year = 2024, month = 11, day = 3, hour = 1, min = 30, isdst = true}), os.time({year = 2024, month = 11, day = 3, hour = 1, min = 30, isdst = false}))
