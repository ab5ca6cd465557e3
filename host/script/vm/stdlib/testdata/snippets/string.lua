print(string.byte("A"), ("abc"):byte(2), ("abc"):byte(-1), ("abc"):byte(10), ("").byte(""))

print(("hello"):byte(1,-1)) print(("hello"):byte(-3,-2)) print(("hello"):byte(0,2)) print(("hello"):byte(4,2))

print(string.byte("abc", "2"), string.byte("abc", 2.9), string.byte("\0\255", 1, 2))

print(pcall(string.byte)) print(pcall(string.byte, {})) print(pcall(string.byte, "x", "y"))

print(pcall(string.byte, ("x"):rep(9000), 1, -1))

print(select("#", string.byte(("x"):rep(5000), 1, -1)))

print(string.char(), string.char(72, 105), string.char("65"), #string.char(0, 1, 255))

print(pcall(string.char, 256)) print(pcall(string.char, -1)) print(pcall(string.char, 65, "x")) print(pcall(string.char, nil))

print(string.len("abc"), ("\0\0"):len(), (""):len(), string.len(12), #"x\0y")

print(pcall(string.len)) print(pcall(string.len, nil)) print(pcall(string.len, true))

print(string.lower("ÄBC dE1"), string.upper("äbc dE1"), ("x"):upper(), string.lower(12))

print(pcall(string.lower)) print(pcall(string.upper, {}))

print(("\192\200Aa"):lower():byte(1, -1)) print(("\224\228Aa"):upper():byte(1, -1))

print(string.rep("ab", 3), string.rep("ab", 0), string.rep("ab", -1), string.rep("", 10), string.rep("x", 1))

print(string.rep("x", "3"), string.rep(7, 2), string.rep("x", 2.7), string.rep("x", 0/0))

print(pcall(string.rep)) print(pcall(string.rep, "x")) print(pcall(string.rep, "x", "y"))

print(string.reverse("abc"), (""):reverse(), ("a"):reverse(), string.reverse(123), ("a\0b"):reverse():byte(1, -1))

print(pcall(string.reverse))

print(("hello"):sub(2), ("hello"):sub(2, 3), ("hello"):sub(-3), ("hello"):sub(-3, -2), ("hello"):sub(0), ("hello"):sub(10))

print(("hello"):sub(3, 2) == "", ("hello"):sub(-100, 100), ("hello"):sub(2, -2), ("hello"):sub(1, 1), ("hello"):sub(5, 5))

print(("hello"):sub("2"), ("hello"):sub("2", "3"), ("hello"):sub(2.9), string.sub(12345, 2, 3), ("x"):sub("0x1"))

print(pcall(string.sub, "x")) print(pcall(string.sub)) print(pcall(string.sub, "x", {})) print(pcall(string.sub, "x", 1, "y"))

print(("hello"):sub(-2^31), ("hello"):sub(1, 2^31), ("hello"):sub(2^40))

local s = "hello" print(s:sub(1, 3) .. s:sub(4) == s, s:sub(1, 0) == "", s:sub(6) == "")

print(pcall(string.dump)) print(pcall(string.dump, 1))

print(string.gfind == string.gmatch, ("x").rep == string.rep, ("x").nothing)

print(pcall(function() ("x"):rep() end))

print(pcall(function() ("x"):rep({}) end))

print(pcall(function() ("x").rep() end))

print(pcall(function() local f = string.rep f("x", {}) end))

print(pcall(function() string.rep("x", nil) end))

print(pcall(function() return string.sub() end))

print(pcall(function() local s = "x" s:sub() end))

print(pcall(function() local t = {s = "x"} t.s:sub({}) end))

print(pcall(function() local t = {f = string.upper} t:f() end))

print(pcall(function() local t = {f = string.rep} t.f("x") end))

print(pcall(function() ("x"):nothing() end))

print(pcall(function() local up = string.len return (function() up() end)() end))

print(pcall(function() string.char(1, 2, 300) end))

print(("x"):rep(3):upper():lower():len())

print(#("x"):rep(100000), ("ab"):rep(50000):sub(-3))

local t = {} for i = 0, 255 do t[#t + 1] = string.char(i) end local s = table.concat(t) print(#s, s:byte(129), s:reverse():byte(1))

for _, c in ipairs{"alpha", "x1"} do print(c:upper(), c:sub(1, 1):upper() .. c:sub(2)) end

print("10" + 5, "0x10" * 2, "1e2" - 1, 10 .. 20, "3" ^ "2", -"2", "010" + 0, " 7 " + 0, "7" % "4")

print(pcall(function() return "abc" + 1 end))

print(pcall(function() return {} .. "x" end))

print(pcall(function() return "10" < 5 end))

print("a" < "b", "a" < "B", "" < "a", "a\0a" < "a\0b", "Z" < "a", "abc" <= "abc", "abc" > "abd")

print(1 .. "", 1.5 .. "", -0 .. "", 1e15 .. "", 2^53 .. "", 1e100 .. "", 0.1 .. "", 1/3 .. "", 100000000000000 .. "")

function string.shout(s) return s:upper() .. "!" end
for i = 1, 4 do
  print(pcall(function() return ("x"):shout() end))
  if i == 1 then string.shout = function(s) return s .. "?" end
  elseif i == 2 then rawset(string, "shout", function(s) return s .. "." end)
  else string["sh" .. "out"] = nil end
end

local upper = string.upper
for i = 1, 3 do
  print(("a"):upper())
  if i == 1 then setfenv(function() upper = function() return "mine" end end, string)() else string.upper = upper end
end

local t = {} for i = 1, 3 do t[#t + 1] = i .. "" end t[#t] = nil t[#t + 1] = "x" print(#t, table.concat(t, ",")) t[#t + 1] = nil print(#t)

local t = setmetatable({1, 2}, {__newindex = function(t, k, v) rawset(t, k, v * 10) end}) t[3] = 3 t[#t + 1] = 4 print(t[3], t[4], #t)

print(("abc"):gsub("[a-b%d]+", "-"), ("x-1_y"):match("[%w_]+"), ("a]b]]"):match("[]]+"), ("a^b^^c"):find("[b^]+"), ("\0\255\127"):find("[\1-\255]+"), ("aaaXbbb"):match("[^X]*"), ("aaaa"):match("%a-$"), ("....a"):match("%.+"), ("aaa"):match("a*"), ("é"):match("[\128-\255]+"))

local f = ("a,b,c"):gmatch("[^,]+") print(f(), coroutine.wrap(function() return f() end)(), f(), f(), f())

local function yielding(s) local r = {} for w in s:gmatch("%a+") do r[#r + 1] = coroutine.yield(w) end return table.concat(r, "+") end
local c = coroutine.wrap(yielding) print(c("ab cd ef"), c(1), c(2), c(3))

for k, v in next, {10, 20} do print(k, v) end for i, c in (function(s, i) if i < #s then return i + 1, s:sub(i + 1, i + 1) end end), "ab", 0 do print(i, c) end

print(pcall(function() for x in coroutine.yield do end end)) print(coroutine.resume(coroutine.create(function() for x in coroutine.yield do end end)))
