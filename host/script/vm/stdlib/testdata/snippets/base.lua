print(assert(1, 2, 3)) print(assert("x")) print(select("#", assert(true))) print(pcall(assert, false)) print(pcall(assert, nil, "msg")) print(pcall(assert)) print(pcall(assert, false, 12))

print(pcall(function() assert(false, "in function") end)) print(pcall(function() assert(nil) end)) print(pcall(function() assert() end)) print(pcall(function() local f = assert f(false, "x") end))

print(select("#"), select("#", nil, nil), select(1, "a", "b"), select(2, "a", "b")) print(select(-1, "a", "b")) print(select(-2, "a", "b")) print(select(3, "a", "b")) print(select("2", "a", "b")) print(select(1.9, "a", "b"))

print(pcall(select)) print(pcall(select, 0)) print(pcall(select, -1)) print(pcall(select, -3, 1)) print(pcall(select, "x")) print(pcall(select, {})) print(select("#x", 1, 2)) print(pcall(select, nil))

print(type(1), type("x"), type(nil), type(true), type({}), type(print), type(function() end), type(coroutine.create(print))) print(pcall(type)) print(pcall(function() type() end))

print(getmetatable({}), getmetatable(1), getmetatable(nil), getmetatable(print)) local mt = {} print(getmetatable(setmetatable({}, mt)) == mt) print(pcall(getmetatable)) print(getmetatable(setmetatable({}, {__metatable = "locked"})))

print(pcall(setmetatable)) print(pcall(setmetatable, 1, {})) print(pcall(setmetatable, {})) print(pcall(setmetatable, {}, 1)) print(pcall(setmetatable, setmetatable({}, {__metatable = 1}), {})) local t = {} print(setmetatable(t, nil) == t, setmetatable(t, {}) == t, getmetatable(setmetatable(t, nil))) print(pcall(setmetatable, "x", {}))

print(pcall(function() setmetatable(1, {}) end)) print(pcall(function() setmetatable({}, 5) end)) print(pcall(function() rawset(1) end)) print(pcall(function() next({}, "nope") end)) print(pcall(function() ipairs() end)) print(pcall(function() unpack() end))

print() print(nil) print(1, nil, "x", true) print("a\tb") print(print) print(-0, 1e15, 0.1) print((print()))

local tostring_ = tostring tostring = function(x) return "<" .. tostring_(x) .. ">" end print(1, "x", nil)

print(pcall(print, setmetatable({}, {__tostring = function() return {} end}))) print(setmetatable({}, {__tostring = function() return "custom" end})) print(setmetatable({}, {__tostring = function() return 5 end}))

print(tostring(setmetatable({}, {__tostring = function() return 42 end})), type(tostring(setmetatable({}, {__tostring = function() return 42 end})))) print(pcall(tostring, setmetatable({}, {__tostring = 1}))) print(pcall(tostring, setmetatable({}, {__tostring = function() error("boom", 0) end})))

print(type(collectgarbage("count")), collectgarbage("count") >= 0) print(pcall(collectgarbage, "foo")) print(pcall(collectgarbage, {})) print(type(collectgarbage()), type(collectgarbage("collect")))

print(_VERSION, _G._G == _G, _G.print == print) x = 5 print(_G.x, x) _G.y = 6 print(y) print(rawget(_G, "nothing"))

print(pcall(error)) print(pcall(error, nil)) print(pcall(error, "x", 0)) print(pcall(error, "x")) print(pcall(error, {}) ) print(pcall(function() error("msg") end)) print(pcall(function() error("msg", 0) end)) print(pcall(function() error("msg", 2) end)) print(pcall(function() error({code = 1}) end))

print(select(2, pcall(error, {code = 7})).code) print(pcall(pcall, error, "x")) print(pcall(1)) print(pcall(nil)) print(xpcall(function() return 1, 2 end, print)) print(xpcall(function() error("x", 0) end, function(m) return "handled " .. m end))

print(pcall(function() local x = {} x.y.z = 1 end)) print(pcall(function() undefined() end)) print(pcall(function() local t = {} t.x() end)) print(pcall(function() local t = {} t:x() end)) print(pcall(function() ("x")() end))

print(pcall(function() return 1 + nil end)) print(pcall(function() return {} + 1 end)) print(pcall(function() return #5 end)) print(pcall(function() return 1 < "2" end)) print(pcall(function() return {} < {} end)) print(pcall(function() return nil .. "x" end))

print(pcall(function() return 1 < {} end)) print(pcall(function() return {} <= 1 end)) print(pcall(function() return print < print end)) print(pcall(function() return true > false end)) print(pcall(function() return up.x end))

print(loadstring("return 1 + 1")()) print(type(loadstring(""))) print(load(function() return nil end)) local parts, i = {"return ", "42"}, 0 print(load(function() i = i + 1 return parts[i] end)())

print((loadstring("return ...", "=name"))(1, 2)) print(pcall(loadstring("error('x')", "=chunk"))) print(pcall(loadstring("error('x')", "@file.lua"))) print(pcall(loadstring("local x = 1\nerror('x')", "=c")))

local f = loadstring("y = 1 return y") setfenv(f, {}) print(f(), y) local env = {z = 3} print(setfenv(loadstring("return z"), env)()) print(getfenv(f) ~= nil, getfenv(print) ~= nil)

local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d + e end) print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 10)) print(coroutine.resume(co, 3, 4)) print(coroutine.resume(co)) print(coroutine.status(co))

local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(f(), f(), f(), f()) print(pcall(f)) print(select("#", coroutine.resume(coroutine.create(function() end))))

local co co = coroutine.create(function() print(coroutine.status(co)) print(coroutine.running() == co) coroutine.yield() end) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co))

print(coroutine.resume(coroutine.create(function() error("x", 0) end))) print(coroutine.resume(coroutine.create(function() error({}) end))) print(pcall(coroutine.wrap(function() error("w", 0) end)))

local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
for i in gen(3) do print(i) end

local t = {}
for i = 1, 3 do t[i] = function() i = i + 1 return i end end
print(t[1](), t[1](), t[2](), t[3]())

local function f(...) return select("#", ...), ... end
print(f()) print(f(nil)) print(f(1, nil, 3)) print((f(1, 2))) print(f(f(1)))

local function fact(n) if n == 0 then return 1 end return n * fact(n - 1) end
print(fact(10), fact(20), fact(25))

print(1 and 2, nil and 1, false or "x", nil or false, not nil, not 0, 1 and nil, "" and "t") print(1 == 1 and "y" or "n", nil == false, "a" ~= "b")

local a, b, c = (function() return 1, 2, 3 end)() print(a, b, c) local a, b = ((function() return 1, 2 end)()) print(a, b) local t = {(function() return 1, 2 end)(), (function() return 3, 4 end)()} print(#t)

do local i = 1 while true do i = i * 2 if i > 100 then break end end print(i) repeat local j = i i = i - 50 until j < 100 print(i) end

print([[long
string]], [==[with ]] inside]==], "esc\065\n\"q\"", 'single', "a\
b")

print(pcall(string.rep, "x", 1, 2)) print(("x"):rep(2, nil))

local s = 0 for k, v in pairs({a = 1, b = 2, c = 3}) do s = s + v end print(s) local keys = {} for k in pairs({z = 1, y = 2}) do keys[#keys + 1] = k end table.sort(keys) print(table.concat(keys))

print(pcall(coroutine.create, 1)) print(pcall(coroutine.resume, 1)) print(pcall(coroutine.status, 1))

print(select("#", coroutine.running()))

print(pcall(function() local x = nil; x() end)) print(pcall(function() local s = "x" return -s end)) print(pcall(function() local a, b = 1, nil return a + b end)) print(pcall(function() local t = setmetatable({}, {__call = 5}) t() end))
