-- errors that name the variable
local x; print(pcall(function() x.y = 1 end))
print(pcall(function() return undefinedthing.field end))
print(pcall(function() undefinedthing() end))
print(pcall(function() local t = {} t.a.b = 1 end))
print(pcall(function() local t = {} t.a.b.c = 1 end))
print(pcall(function() local t = {} t:nomethod() end))
print(pcall(function() local s = "x" s:nomethod() end))
print(pcall(function() local t = {} return t.x + 1 end))
print(pcall(function() local a, b = 1 return a + b end))
print(pcall(function() return x .. "a" end))
print(pcall(function() return "a" .. {} end))
print(pcall(function() return 1 .. nil end))
print(pcall(function() local t = {} return #t.x end))
print(pcall(function() return -{} end))
print(pcall(function() local a = "x" return a + 1 end))
print(pcall(function() local a = {} return a < 1 end))
print(pcall(function() local a = {} return a < {} end))
print(pcall(function() return nil < 1 end))
print(pcall(function() return "a" < 1 end))
print(pcall(function() return {} <= {} end))
print(pcall(function() return print < print end))

print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = "a", 2 do end end))
print(pcall(function() for i = 1, 2, {} do end end))
for i = "1", "3" do io = i end print(io)
for i = 3, 1 do print("never") end
for i = 1, 3 do local j = i i = 10 print(j) end
for i = 1, 2, 0.5 do print(i) end
for i = 3, 1, -1 do print(i) end

local t = setmetatable({}, {__index = function(t, k) return k .. "!" end})
print(t.a, t[1], rawget(t, "a"))
local u = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end})
u.x = 2 u[1] = 4 print(u.x, u[1])
u.x = 7 print(u.x)

local base = {v = 1} local mid = setmetatable({}, {__index = base}) local top = setmetatable({}, {__index = mid})
print(top.v, top.w)
local log = {} local p = setmetatable({}, {__newindex = log}) p.a = 1 print(rawget(p, "a"), log.a)

local mt = {} for _, n in ipairs{"add", "sub", "mul", "div", "mod", "pow"} do mt["__" .. n] = function(a, b)
  return n .. ":" .. type(a) .. "," .. type(b) end end
mt.__unm = function(a, b) return "unm", rawequal(a, b) end
mt.__concat = function(a, b) return "cat:" .. type(a) .. "," .. type(b) end
local o = setmetatable({}, mt)
print(o + 1, 1 - o, o * o, o / "x", "y" % o, o ^ 2, -o, o .. 1, 1 .. o, "a" .. "b" .. o, o .. "a" .. "b", 1 .. 2 .. o)

local mt = {__eq = function() return true end, __lt = function(a, b) return a.n < b.n end}
local a, b = setmetatable({n = 1}, mt), setmetatable({n = 2}, mt)
print(a == b, a ~= b, a < b, a > b, a <= b, a >= b, a == 1, rawequal(a, b))
mt.__le = function() return "yes" end print(a <= b, b <= a)

local c = setmetatable({}, {__call = function(self, ...) return select("#", ...), ... end})
print(c(1, nil, 3)) print(pcall(c, "x")) print(c())
print((function() return c(1, 2) end)())

print(pcall(setmetatable({}, {__call = 5})))
print(pcall(function() local t = setmetatable({}, {__call = 5}) t() end))

print(select("#", (function() end)()), select("#", ((function() end)())))
local function v(...) return ... end
print(v(1, 2), v(3, 4)) print((v(1, 2))) print(({v(1, 2, nil)})[1] == nil)

local function f(...) local a, b = ... return select("#", ...), a, b end
print(f()) print(f(1)) print(f(1, 2, 3)) print(f(nil, nil))

function g(...) return arg and arg.n, arg and arg[1] end print(g(5, 6, nil))
function h(a, ...) local b = {...} return #b, a end print(h(1, 2, 3))

local function many(n) if n == 0 then return end return n, many(n - 1) end
print(many(10)) print(select("#", many(150)))

print(pcall(error)) print(pcall(error, nil)) print(pcall(error, {1}, 2) == false)
print(pcall(error, "m")) print(pcall(error, "m", 0)) print(pcall(error, "m", 2)) print(pcall(error, 42))
print(pcall(function() error("here") end)) print(pcall(function() error("there", 2) end))
print(pcall(function() error("none", 0) end)) print(pcall(function() error() end))
print(pcall(function() error(12) end)) print(select(2, pcall(function() error({code = 7}) end)).code)
print(pcall(function() error(setmetatable({}, {__tostring = function() return "obj" end})) end) == false)

local function lvl1() error("level two", 2) end
local function lvl2()
  lvl1()
end
print(pcall(lvl2))

print(xpcall(function() error("x") end, function(m) return m .. "!" end))
print(xpcall(function() return 1, 2, 3 end, print))
print(xpcall(function() error({}) end, function(m) return type(m) end))
print(xpcall(function() local x = nil + 1 end, function(m) return "handled: " .. m end))
print(pcall(pcall, error, "e")) print(pcall(nil)) print(pcall(5))

print(pcall(function() local ok, e = pcall(error, "inner") error("outer " .. e, 0) end))
local ok = pcall(function() for i = 1, 3 do local ok, e = pcall(error, i) print(ok, e) end end) print(ok)

local x = 1 local function get() return x end
pcall(error, "e") x = 2 print(get())
local ok, f = pcall(function() local y = 1 local function g() y = y + 1 return y end g() return g end) print(f(), f())
local saved pcall(function() local z = 10 saved = function() z = z + 1 return z end error("x") end) print(saved(), saved())

local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[2](), fs[3]())
local gs = {} local j = 0 while j < 3 do j = j + 1 local k = j gs[j] = function() k = k + 10 return k end end
print(gs[1](), gs[1](), gs[2]())
local a = {} for i = 1, 5 do if i == 4 then break end local q = i a[i] = function() return q end end print(a[1](), a[3](), #a)

local co = coroutine.create(function(a, b)
  print("start", a, b) local c = coroutine.yield(a + b) print("got", c)
  local d, e = coroutine.yield(c * 2) print("got", d, e) return "end", d + e end)
print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 10))
print(coroutine.resume(co, 3, 4)) print(coroutine.status(co)) print(coroutine.resume(co))

local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end end) end
for i, s in gen(3) do print(i, s) end
local g = gen(1) print(g()) print(select("#", g())) print(pcall(g))

print(coroutine.running()) print(pcall(coroutine.yield, 1))
local co = coroutine.create(function() local me = coroutine.running() print(type(me), coroutine.status(me)) end)
print(coroutine.resume(co)) print(coroutine.status(co))
local w = coroutine.wrap(function() error("in wrap") end) print(pcall(w))
local w = coroutine.wrap(function() error({}) end) print(type(select(2, pcall(w))))
local co = coroutine.create(function() local x = nil; x() end) print(coroutine.resume(co)) print(coroutine.status(co))

local outer outer = coroutine.create(function() local inner = coroutine.create(function()
  print(coroutine.status(outer), coroutine.resume(outer)) end) print(coroutine.resume(inner)) end) print(coroutine.resume(outer))
local co co = coroutine.create(function() return coroutine.resume(co) end) print(coroutine.resume(co))
print(coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), 1, nil, nil))

local co = coroutine.wrap(function() local a, b = coroutine.yield() print(a, b) local c = coroutine.yield(1, 2) print(c) return end)
print(co()) print(co("only one")) print(co())
local co = coroutine.wrap(function() return coroutine.yield(1), coroutine.yield(2) end) print(co(), co("a"), co("b"))
local co = coroutine.wrap(function() return coroutine.yield(1) end) print(co(), co("last", "two"))
local co = coroutine.wrap(function() print((coroutine.yield(1))) print(({coroutine.yield(2)})[1]) end) co() co("p", "q") co("r")

local co = coroutine.wrap(function() local t = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}) return t.x end)
print(pcall(co))
local co = coroutine.wrap(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end) print(pcall(co))
local co = coroutine.wrap(function() for k in function() return coroutine.yield() end do end end) print(pcall(co))
print(pcall(coroutine.status, 7)) print(pcall(coroutine.status, {})) print(pcall(coroutine.create, 1))

-- permutations, a classic
local function permgen(a, n) n = n or #a if n <= 1 then coroutine.yield(a) else for i = 1, n do a[n], a[i] = a[i], a[n]
  permgen(a, n - 1) a[n], a[i] = a[i], a[n] end end end
for p in coroutine.wrap(function() permgen{1, 2, 3} end) do print(table.concat(p, " ")) end

-- sieve of coroutines
local function gen(n) return coroutine.wrap(function() for i = 2, n do coroutine.yield(i) end end) end
local function filter(p, g) return coroutine.wrap(function() while 1 do local n = g() if n == nil then return end
  if n % p ~= 0 then coroutine.yield(n) end end end) end
local x = gen(50) local s = "" while 1 do local n = x() if n == nil then break end s = s .. n .. " " x = filter(n, x) end print(s)

print(loadstring("return 1 + 1")()) print(loadstring("return ...", "=name")(7))
print(pcall(loadstring("error('e')", "=name"))) print(pcall(loadstring("error('e')"))) print(pcall(loadstring("\n\nerror('e')", "@file.lua")))
print(pcall(loadstring("error('e')", "line one\nline two")))
print(pcall(loadstring("error('e')", ("long "):rep(30)))) print(pcall(loadstring("error('e')", "=" .. ("long "):rep(30))))
print(pcall(loadstring("error('e')", "@" .. ("long "):rep(30))))
local parts = {"return ", "4", "2"} local i = 0 print(load(function() i = i + 1 return parts[i] end)())
print(pcall(loadstring)) print(pcall(load)) print(load(function() return 5 == 5 end))

print(0x10, 0xff, 010, 1e2, .5, 3., 0x0A, 1e-2, 0xffffffff, 123456789012345678, 1e15, 1e14, 1e100, 5 % 3, -5 % 3, 5 % -3, 5.5 % 2)
print(2^10, 2^0.5, 10 / 4, 1 / 0, -1 / 0, 7 - -7, - - 7, not nil, not 0, 2^-1, -2^2, 2^3^2)
print("10" + 5, "0x10" + 0, "010" + 0, " 7 " * 2, "1e1" * 1, 10 .. 20, 1 .. "", 0.1 .. "", -0.5 .. "", 1e20 .. "", 2^53 .. "")
print(1 == 1.0, "1" == 1, 0.1 + 0.2, 100, 100.5, 1e300 * 1e10, 3 % math.huge, -3 % math.huge, 2^63, -2^63, 12345.678)
print(1 < 2, "a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "10" < "9", 1 <= 1, 2 >= 3, "a" <= "a")

print("a\65\066b\n\t\\\"\'\
c", 'single "quoted"', [[long
string]], [==[with ]] inside]==], "\0x" == "\0" .. "x", #"\0\0")

local s = [[
first newline skipped]] print(s, #s)
--[[ a comment
over lines ]] print("after") --[==[ another ]==] print("more")

print(#{1, 2, 3}, #{1, nil}, #{n = 1}, #"abc", #{[1] = 1, [2] = 2}, #{nil, nil, 3} >= 0)
local t = {1, 2, 3, n = "x", ["key with space"] = true; "four"} print(#t, t[4], t.n, t["key with space"])
local t = {} t[1.5] = "f" t[-1] = "neg" t[0] = "zero" t["1"] = "str" t[1] = "one" print(t[1.5], t[-1], t[0], t["1"], t[1], t[2^53])
local t = {} t[true] = 1 t[print] = 2 t[t] = 3 print(t[true], t[false], t[print], t[t])
print(pcall(function() local t = {} t[nil] = 1 end)) print(pcall(function() local t = {} t[0/0] = 1 end)) print(({})[nil])

local t = {5, 4, 3} t[#t + 1] = 2 t[#t] = nil print(#t) t[2] = nil t[3] = nil print(#t)
local t = {} for i = 1, 100 do t[i] = i end for i = 100, 51, -1 do t[i] = nil end print(#t)
local t = {} t[3] = 3 t[2] = 2 t[1] = 1 print(#t, t[1], t[3]) local n = 0 for k in pairs(t) do n = n + k end print(n)

local t = {a = 1, b = 2, c = 3} local s = 0 for k, v in pairs(t) do s = s + v t[k] = nil end print(s, next(t))
local t = {} for i = 1, 50 do t["k" .. i] = i end local n = 0 for k, v in pairs(t) do t[k] = v + 1 n = n + 1 end print(n)
for k, v in next, {10} do print(k, v) end for k in next, {x = 1} do print(k) end
local function it(s, c) if c < s then return c + 1 end end for i in it, 3, 0 do print(i) end
local n = 0 for a, b, c, d in function() n = n + 1 if n < 3 then return n, n, n, n, n end end do print(a, b, c, d) end
local function abc() return it, 2, 0 end for i in abc() do print(i) end for i in (abc()), 2, 0 do print(i) end
print(pcall(function() for k in nil do end end)) print(pcall(function() for k in pairs(nil) do end end))
print(pcall(function() local t = {} for k in t do end end))

local a, b, c = (function() return 1, 2, 3 end)() print(a, b, c) local d, e = 1 print(d, e) local f, g = 1, 2, 3 print(f, g)
local i, t = 1, {} i, t[i] = i + 1, 20 print(i, t[1], t[2]) local a, b = 1, 2 a, b = b, a print(a, b)
local t = {1, 2} local function idx() return 1 end t[idx()], t[2] = t[2], t[idx()] print(t[1], t[2])

local r = 0 repeat local done = r >= 3 r = r + 1 until done print(r)
while true do r = r - 1 if r < 0 then break end end print(r)
if nil then print("no") elseif false then print("no") else print("else") end
local a = nil and 1 or 2 print(a, false or nil, nil and 1, 1 and 2, false == nil, 1 or error("no"))
print(1 and nil or 3, (nil or false) == false, not not 1, 1 == 1 and "eq" or "ne")
local x = 5 local y = x > 3 and x < 10 print(y) local z = x == 5 or x.y print(z)

local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end print(fact(20), fact(10))
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end print(loop(100000))
local function even(n) if n == 0 then return true end return odd(n - 1) end function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(1001))
print(pcall(function() local function inf() return 1 + inf() end return inf() end) == false)
local depth = 0 local function down() depth = depth + 1 down() end print(pcall(down) == false, depth > 5000)

local env = {print = print} local f = setfenv(loadstring("x = 5 print(x) return x"), env) print(f(), env.x, x)
print(getfenv(1) == _G, getfenv(0) ~= nil, getfenv(print) ~= nil) local function e() return y end setfenv(e, {y = "env"}) print(e())
print(pcall(setfenv, print, {})) print(pcall(setfenv, 1)) print(pcall(getfenv, -1)) print(pcall(getfenv, 100)) print(pcall(setfenv, function() end, 1))
local function caller() setfenv(1, {print = print, z = 9}) print(z) end caller() print(z)

local P = {} P.__index = P function P.new(x) return setmetatable({x = x}, P) end function P:get() return self.x end
function P:set(x) self.x = x return self end print(P.new(1):set(2):get()) local q = P.new(7) print(q.get(q), q:get())
local D = setmetatable({}, {__index = P}) D.__index = D function D.new(x) local o = P.new(x) return setmetatable(o, D) end
function D:get() return "d" .. P.get(self) end print(D.new(3):get()) print(pcall(function() q:missing() end)) print(pcall(function() q.x.y.z = 1 end))

local t = {} t.f = function() error("in field") end print(pcall(t.f)) print(pcall(function() t.f() end))
t.g = {h = {}} print(pcall(function() t.g.h.i() end)) print(pcall(function() t.g.h.i.j() end)) print(pcall(function() t["g"]["x"]() end))
local k = "dyn" print(pcall(function() t[k]() end)) print(pcall(function() t[1]() end)) print(pcall(function() t[k].x = 1 end))
local up print(pcall(function() return function() up() end end)) print(pcall((function() return function() up() end end)()))
print(pcall(function() ("x")() end)) print(pcall(function() (nil)() end)) print(pcall(function() return (1).x end)) print(pcall(function() return ("x").y.z end))
print(pcall(function() local a = {} ; a = a .. "x" end)) print(pcall(function() return 2 ^ {} end)) print(pcall(function() return {} % 2 end)) print(pcall(function() return nil * nil end))

print(type(debug.traceback()), debug.traceback("msg"):match("^msg\nstack traceback:\n") ~= nil)
print(debug.traceback({}) ~= nil, type(debug.traceback({})), debug.traceback(nil))
local function inner() return debug.getinfo(1, "n").name end print((inner()))
print(debug.getinfo(1, "l").currentline, debug.getinfo(1, "S").short_src, debug.getinfo(print).what)
local info = debug.getinfo(function() end, "S") print(info.linedefined, info.what)
print(debug.getinfo(1000), pcall(debug.getinfo, 1, "X")) print(pcall(debug.getinfo, "x"))

print(tostring(1e15), tostring(-0.0), 1e15 + 0.5, 123456.789e3, 0.1, 1/3, 100 / 3, 5e-324, 1.7976931348623157e308)
local big = {} for i = 1, 300 do big[i] = i end print(unpack(big, 298)) print(select("#", unpack(big)))
print((" x "):rep(3), ("%d"):format(3), ("abc"):upper():lower(), #("x"):rep(1000))

local t = setmetatable({}, {__metatable = "locked"}) print(getmetatable(t), pcall(setmetatable, t, {}))
local m = {} local t = setmetatable({}, m) m.__index = function(_, k) return k end print(t.anything, t[1]) m.__index = nil print(t.anything)
print(getmetatable({}))

local s = "x" s = s .. 1 .. 2 .. s print(s) print(1 .. 2 == "12", "a" .. 1 + 2 .. "b", 2 .. 3 ^ 2)
local t = {} for w in ("one two three"):gmatch("%a+") do t[#t + 1] = w end print(#t, t[3])
print(("x"):rep(3), tostring(nil), tostring(true), tonumber("12"), tonumber("z", 36), tonumber("8", 8), tonumber(""), tonumber("1 2"))

return 1, 2

print("unclosed

x = }

x = 3x

x = 0x

x = [[unclosed

x = 'a
b'

local t = {1, 2, 3} local i = 2 t[i], i = i, 3 print(t[2], i, t[3])
local function r() return 1, 2 end local t = {r(), r()} print(#t) local t = {r(), (r())} print(#t) local t = {[1] = "a", "b"} print(t[1])

local v1, v2, v3 = 1, 2, 3 do local v1 = 10 v2 = v1 + v2 end print(v1, v2, v3)
local function shadow(a) local a = a + 1 return a end print(shadow(1))
local f; do local n = 0 f = function() n = n + 1 return n end end print(f(), f(), f())

local a, b, c = 1, 2, 3 a, b, c = c, a, b print(a, b, c) local function up() a, b = b, a return a, b end print(up())
x1, y1 = 1, 2 x1, y1 = y1, x1 print(x1, y1) local l = 5 l, x1 = x1, l print(l, x1) x1, l = l, x1 print(l, x1)
local t = {x = 1} t.x, t = 2, {} print(t.x) local u = {x = 1} local w = u u.x, u = 2, {} print(w.x, u.x)
local t = {} t.a, t.b, t.c = (function() return 1, 2, 3 end)() print(t.a, t.b, t.c) t.a, t.b = 5 print(t.a, t.b) t.a, t.b = 1, 2, 3 print(t.a, t.b)
local i = 1 local t = {} i, t[i], t[i + 1] = 2, "a", "b" print(i, t[1], t[2]) print(pcall(function() local q q.x, i = 1, 2 end))
local n = {} n.x, n.y = n, n.x print(n.x == n, n.y) local a = {b = {}} a.b.c, a.b = 1, nil print(a.b)
local f = {} f[1], f[2], f[3] = ... print(f[1], #f) local order = {} local mt = {__newindex = function(_, k) order[#order + 1] = k end}
local p = setmetatable({}, mt) p.a, p.b, p.c = 1, 2, 3 print(table.concat(order))

local t = {5, 6, 7} local n = 0 for k, v in pairs(t) do while true do n = n + v break end end print(n)
for k, v in pairs(t) do while true do break end n = n + 1 end print(n) while true do while true do break end break end print("out")
local i = 0 while true do if true then i = i + 1 end if i > 3 then break end end print(i)
local i = 0 repeat while true do break end i = i + 1 until i == 3 print(i) repeat break until nil print("broke")
for i = 1, 2 do while true do break end do break end end for i = 1, 3 do repeat until true end print("done")
local i = 0 while nil do i = 1 end while i < 2 do i = i + 1 while false do end end print(i)

local function two() return "one", "two" end local t = {9, k = two()} print(#t, t[2], t.k) local t = {two(), k = two()} print(#t, t[1])
local t = {k = two(), two()} print(#t) local function v(...) return {5, k = ...} end print(#v(6, 7), v(6, 7).k)

local b = {} for i = 1, 50 do b[i] = "x" .. i end local list = table.concat(b, '", "')
local t = loadstring('return {"' .. list .. '", k = 1, j = 2}')() print(#t, t[1], t[2], t[50], t.k, t.j)
local t = loadstring('local function f() return "a", "b" end return {"' .. list .. '", f()}')() print(#t, t[1], t[50], t[51], t[52])
local t = loadstring('local function f() return "a", "b" end return {"' .. list .. '", "' .. list .. '", f()}')() print(#t, t[1], t[50], t[51], t[101], t[102])
local t = loadstring('return {"' .. list .. '", "' .. list .. '", "y"}')() print(#t, t[1], t[51], t[101])
local t = loadstring('return {k = 1, "' .. list .. '", ...}')(7, 8) print(#t, t[1], t[51], t[52], t.k)

local function a(x) x = (tostring(x)) return x end print(a(5)) local function b(s) local y = "y" s = (s:gsub("a", y)) return s, y end print(b("banana"))
local function c(n) local k = 7 n = (math.max(n, k)) return n, k end print(c(3)) local function id(x) return x end local function d(x) x = (id(-x)) return x end print(d(4))

local f = function() return f end print(f()) local g = function(n) return g and g(n) end print(g(1)) local print = function(...) print("p", ...) end print(1)
local function fact(n) return n < 2 and 1 or n * fact(n - 1) end print(fact(5)) local x, y = function() return y end, 2 print(x())

local up = {1} local function f() for i, x in ipairs({7}) do up = (((0 and 0) or x) and up) local v = up[1] print(v) end end f()
local n = 0 while (0 and nil) or n < 3 do n = n + 1 end print(n) while not nil do n = n + 1 if n > 5 then break end end print(n)
local n = 0 for i = 1, 3 do repeat local z = (1 and nil) or i n = n + z until true end print(n) for i = (1 and 2), 3 do print(i) end
for i = 1, 2 do while true do local z = nil or i print(z) break end end for k in pairs{1} do local q = 1 and k print(q) end

local function f() return nil end
local x = 5
x = f() and 1 print(x)
x = 5 x = not 0 and 1 print(x)
x = 5 x = {} and (f() and 1) print(x)
x = 5 x = {} and (not 0 and 1) print(x)
x = 5 x = {} and (not x and 1) print(x)
x = 5 x = f() or (f() and 1) print(x)
x = 5 x = (f() and 1) or f() print(x)
x = 5 x = {} and ((f()) and 1) print(x)
local t = {} x = 5 x = t.a and 1 print(x) x = 5 x = t and t.a and 1 print(x) x = 5 x = {} and t.a and 1 print(x)
x = 5 x = {} and (t.a and 1) print(x) x = 5 x = t and (t.a and 1) print(x) x = 5 x = (t and t.a) and 1 print(x)

print(pcall(load, function() error("r") end)) print(load(function() local x = nil + 1 end)) print(select("#", load(function() error() end))) print(pcall(load, function() return load(function() error("deep", 0) end) end)) print(coroutine.wrap(function() return load(coroutine.yield) end)())
local n = 0 local function chunk() n = n + 1 if n == 1 then return "return " elseif n == 2 then pcall(error) return "n" end end n = 0 print(pcall(setfenv(load(chunk), {n = 5})))

local function g() return "ab" end for w in (g() .. "cd"):gmatch("%a") do print(w) end for w in g():upper():gmatch("%a") do print(w) end for w in (("x"):rep(2) .. g()):gmatch("%a") do print(w) end
local function it() return pairs end for k, v in it()({5}) do print(k, v) end for k, v in (it())({4}) do print(k, v) end for k, v in ({it()})[1]({4}) do print(k, v) end
local o = {m = function(self, x) return pairs({x}) end} local function obj() return o end for k, v in obj():m(7) do print(k, v) end for k, v in obj().m(o, 7) do print(k, v) end

local function g() return "ab" end for k, v in (g() and pairs)({3}) do print(k, v) end for k, v in pairs(g() and {1} or {2}) do print(k, v) end for k, v in next, {g() .. g() .. "x"} do print(k, v) end
for k, v in setmetatable({}, {__call = function(s, a, b) if not b then return 1, g() .. a end end}), g() .. "q" do print(k, v) end
print(pcall(function() for k in (g() .. 1) + 1 do end end)) print(pcall(function() for k in -g() do end end)) print(pcall(function() for k in #g() do end end)) print(pcall(function() for k in not g() do end end))
for i = 1, 2 do for w in (g() .. i):gmatch(".") do if w == "b" then break end print(i, w) end end

local fs = {} for k, v in (function() return next end)(), {10, 20} do fs[k] = function() return k, v end end print(fs[1]()) print(fs[2]())

local function deep(n) for i = 1,1 do for i = 1,1 do for i = 1,1 do for i=1,1 do for i=1,1 do for i=1,1 do for i=1,1 do end end end end end end end if n > 0 then return 1 + deep(n-1) end return 0 end
for d = 0, 300 do coroutine.wrap(function() assert(deep(d) == d) end)() end
for d = 0, 300 do coroutine.wrap(function() local function f(n) for k, v, w, x, y, z in next, {1} do for k, v, w, x, y, z in next, {1} do end end if n > 0 then return 1 + f(n-1) end return 0 end assert(f(d) == d) end)() end
print "ok"

print(#[[]], #[==[]==], [[a]], [==[]]]==], #[[
x]], --[[]] 1 --[==[ ]] ]==]
)

local function deep(n) if n > 0 then local s = deep(n - 1) return s end return debug.traceback("deep") end
for n = 8, 26 do print(coroutine.wrap(function() local s = deep(n) return (s:gsub("\n", "|")) end)()) end

for i = 1, 1, 0 do print("a step of zero goes round") break end
for i = 2, 1, 0 do print("a step of zero ends") break end
for i = 1, 3, 0/0 do print("a step that is no number") break end
for i = 0/0, 3 do print("a start that is no number") break end
for i = 1, 0/0 do print("a limit that is no number") break end

print(0x10, 0xfF, 0X1, 1e2, 1E+2, 1e-2, .5e1, 5.e1, 3., 007)
print(loadstring("return 10x5"), loadstring("return 1x5"), loadstring("return 0x"))

print(("x"):rep(5000) < ("x"):rep(5001), ("x"):rep(5001) <= ("x"):rep(5000), ("x"):rep(5000) == ("x"):rep(5000), ("x"):rep(5000) < ("x"):rep(5000), ("x"):rep(5000) <= ("x"):rep(5000))
print(1 == "1", "1" == 1, 1 ~= "1", 1 < 2, 2 <= 1, 2 <= 2)

local function many(n) local t = {} for i = 1, n do t[i] = i end return unpack(t) end
print(select("#", many(63)), select("#", many(64)), select("#", many(65)), select("#", many(300)))
local function through(...) return ... end
print(select("#", through(many(65))), (select(200, through(many(200)))))
local function few(a, b, ...) return a, b, select("#", ...) end
print(few(), few(1), few(many(3)), few(many(100)))

print(pcall(loadstring("f = print; local _ = (function() end) + 1", "=t")))
print(pcall(loadstring("local a = 1 f = print; local _ = (function() return a end) + 1", "=t")))

local function f() while true do return end end print(f())
local function g(n) repeat local a until true while n do local b n = nil end repeat return n until false end print(g(1))
local function h(n) while true do do return n end end end print(h(2))
local function i(n) while true do if n then return n end end end print(i(3))
local function j(n) while true do while n do return n end end end print(j(4))
local function k(n) while true do for m = n, n do return m end end end print(k(5))
local function l(n) while true do for _, m in ipairs({n}) do return m end end end print(l(6))

local t = {}
local function id(...) return ... end
print(-(function() local b, a = 1, 2 a, b = b, a return b end)(), not (function() local b, a = 1, false a, b = b, a return b end)(), #(function() local b, a = "x", "yy" a, b = b, a return b end)())
print((function() local b, a = 1, 2 a, b = b, a return b end)() + 1, 1 - (function() local b, a = 1, 2 a, b = b, a return b end)(), (function() local b, a = 1, 2 a, b = b, a return b end)() .. "s", "s" .. (function() local b, a = 1, 2 a, b = b, a return b end)())
print((function() local b, a = 1, 2 a, b = b, a return b end)() < 3, 3 > (function() local b, a = 1, 2 a, b = b, a return b end)(), (function() local b, a = 1, nil a, b = b, a return b end)() or "or", "and" and (function() local b, a = 1, 2 a, b = b, a return b end)())
print(({(function() local b, a = 1, 2 a, b = b, a return b end)()})[1], ({k = (function() local b, a = 1, 2 a, b = b, a return b end)()}).k, ({[(function() local b, a = 1, 2 a, b = b, a return b end)()] = "key"})[2])
print(id((function() local b, a = 1, 2 a, b = b, a return b end)()), ({10, 20})[(function() local b, a = 1, 2 a, b = b, a return b end)()], (function() local b, a = {x = 1}, {x = 2} a, b = b, a return b end)().x, (function() local b, a = "x", "y" a, b = b, a return b end)():rep(2))
t[(function() local b, a = 1, 2 a, b = b, a return b end)()] = (function() local b, a = 1, 2 a, b = b, a return b end)() print(t[2])
if (function() local b, a = false, true a, b = b, a return b end)() then print("if") end
while (function() local b, a = false, true a, b = b, a return b end)() do print("while") break end
repeat print("repeat") until (function() local b, a = false, true a, b = b, a return b end)()
for n = (function() local b, a = 1, 2 a, b = b, a return b end)(), (function() local b, a = 1, 3 a, b = b, a return b end)(), (function() local b, a = 2, 1 a, b = b, a return b end)() do print(n) end
for n in (function() local b, a = 1, 2 a, b = b, a local n = b return function() n = n - 1 if n > 0 then return n end end end)() do print(n) end
do local function inner() local a, b = 1, 2 a, b = b, a return a, b end print(inner()) end
function t.method() local a, b = 1, 2 a, b = b, a return a, b end print(t.method())

local n = 0
local function more() n = n + 1 return n < 3 end
while nil or more() do end print(n)
while more() and more() do end print(n)
while not (more() or n < 9) do end print(n)

local function info(...) local t = debug.getinfo(...) return t.what, t.linedefined, t.lastlinedefined, t.currentline, t.namewhat, t.name, t.nups, type(t.func) end
print(info(string.rep, "S")) print(info(string.rep))
print(info(info, "Snluf"))
print(info(1, "l"))
local function up() return info end
print(debug.getinfo(up, "u").nups, debug.getinfo(string.rep, "u").nups, debug.getinfo(up, "f").func == up, debug.getinfo(string.rep, "f").func == string.rep)
local function named() local t = debug.getinfo(1, "nSl") return t.name, t.namewhat, t.what, t.currentline, t.linedefined, t.lastlinedefined end
local name, namewhat, what, current, first, last = named() print(name, namewhat, what, current, first, last)
print(debug.getinfo(0, "S").what, debug.getinfo(0, "l").currentline, debug.getinfo(0, "n").name)
print(debug.getinfo(1000), pcall(debug.getinfo, 1, "x"), pcall(debug.getinfo))

local function fall(n) if n > 0 then local x = fall(n - 1) return x end error("down", 0) end
local function handler(e) local function again(n) if n > 0 then local x = again(n - 1) return x end return e end return again(3) end
for n = 1, 60 do local ok, e = xpcall(function() fall(n) end, handler) if ok or e ~= "down" then print(n, ok, e) end end
for n = 1, 60 do local ok, e = pcall(fall, n) if ok or e ~= "down" then print(n, ok, e) end end

local function rep(s, n, sep) local t = {} for i = 1, n do t[i] = (s:gsub("#", tostring(i))) end return table.concat(t, sep or ",") end
local function try(s, ...) local f, e = loadstring(s, "=t") if not f then return "no" end return pcall(setfenv(f, getfenv(1)), ...) end
for _, n in ipairs{1, 49, 50, 51, 52, 99, 100, 101, 149, 150, 151, 200, 201, 250, 251, 300, 301, 999, 1000, 1001} do
  print(n, try("local function f() return 7, 8, 9 end local t = {" .. rep("#", n) .. ", f()} return #t, t[1], t[" .. n .. "], t[" .. n + 3 .. "]"))
  print(n, try("local t = {" .. rep("#", n) .. ", ...} return #t, t[1], t[" .. n .. "], t[" .. n + 2 .. "]", "a", "b"))
  print(n, try("local t = {x = 1, " .. rep("#", n) .. ", y = 2, {" .. rep("-#", n) .. ", ...}, (...)} return #t, t.y, t[" .. n + 1 .. "][" .. n + 2 .. "]", "a", "b"))
end

local function rep(s, n, sep) local t = {} for i = 1, n do t[i] = (s:gsub("#", tostring(i))) end return table.concat(t, sep or ",") end
local function try(s, ...) local f, e = loadstring(s, "=t") if not f then return "no" end return pcall(setfenv(f, getfenv(1)), ...) end
function f(n) local t = {} for i = 1, n do t[i] = i end return unpack(t, 1, n) end t = {}
for _, n in ipairs{1, 2, 9, 10, 11, 12, 20, 50, 99, 100, 119} do
  print(n, try(rep("g#", n) .. " = " .. rep("#", n) .. " return g1, g" .. n))
  print(n, try(rep("g#", n) .. " = f(" .. n + 3 .. ") return g1, g" .. n))
  print(n, try(rep("g#", n) .. " = 5 return g1, g" .. n))
  print(n, try(rep("t[#]", n) .. " = " .. rep("t[#] or #", n) .. " return t[1], t[" .. n .. "]"))
  if n < 60 then print(n, try("local i = 1 " .. rep("t[i + #]", n) .. " = " .. rep("#", n) .. " return t[2], t[" .. n + 1 .. "]")) end
  print(n, try("local t = {} " .. rep("t.k#", n) .. ", t = " .. rep("#", n) .. ", 5 return t"))
  print(n, try("local " .. rep("l#", n) .. " " .. rep("l#", n) .. " = 0, " .. rep("l#", n) .. " return l1, l" .. n))
  if n % 2 == 0 and n < 60 then print(n, try("local a, b = 1, 2 " .. rep("a, b", n) .. " = " .. rep("b, a", n) .. " return a, b")) end
end

local function rep(s, n, sep) local t = {} for i = 1, n do t[i] = (s:gsub("#", tostring(i))) end return table.concat(t, sep or ",") end
local function try(s, ...) local f, e = loadstring(s, "=t") if not f then return (e:gsub(" near .*", "")) end return pcall(setfenv(f, getfenv(1)), ...) end
for _, n in ipairs{99, 100, 101, 150, 199, 200, 201, 220, 246} do
  print(n, try("return select('#', " .. rep("#", n) .. "), (select(" .. n .. ", " .. rep("#", n) .. "))"))
  print(n, try("return select('#', " .. rep("#", n - 1) .. ", ...)", "a", "b"))
  print(n, try("local function f() return " .. rep("#", n) .. " end return select('#', f()), (select(" .. n .. ", f()))"))
  print(n, try("local x, o = 4, {m = function(...) return select('#', ...), (select(-1, ...)) end} return o:m(" .. rep("#", n - 2) .. ", x)"))
end
print(try("return f(" .. rep("#", 260) .. ")"))
print(try("return " .. rep("#", 251)))

local function rep(s, n, sep) local t = {} for i = 1, n do t[i] = (s:gsub("#", tostring(i))) end return table.concat(t, sep or ",") end
local function try(s, ...) local f, e = loadstring(s, "=t") if not f then return (e:gsub(" near .*", "")) end return pcall(setfenv(f, getfenv(1)), ...) end
for _, n in ipairs{99, 100, 101, 102, 150, 190, 195, 196, 197, 198} do
  print(n, try(rep("local l#=#", n, " ") .. " return l1, l" .. n))
  print(n, try(rep("local l#=#", n, " ") .. " if l1 == 1 then return (select(3, l1, l2, l3, ..., l" .. n .. ")) end return 2", 7))
  print(n, try(rep("local l#=#", n, "\n") .. " local f = function() l1 = l1 + 1 return l1 + l" .. n .. " end return f() + f() + l1"))
  print(n, try(rep("local l#=#", n, " ") .. " local x = {" .. rep("#", 49) .. "} return #x"))
  print(n, try("local function f(a, ...) " .. rep("local l#=#", n - 3, " ") .. " return a, arg, ... end return f(1, 2, 3)"))
  print(n, try("local o = {} function o:m(...) " .. rep("local l#=#", n - 4, " ") .. " return self == o, ... end return o:m(1, 2)"))
  print(n, try("do " .. rep("local l#=#", n, " ") .. " end do " .. rep("local l#=#", n, " ") .. " return l1 end"))
  print(n, try(rep("local l#=#\n", n, "") .. "error('x')"))
  print(n, try(rep("local l#=#\n", n, "") .. "local y = z.x"))
end
for _, n in ipairs{201, 202, 250, 400} do
  print(try(rep("local l#=#", n, " ") .. " return 1"))
  print(try("local function f() " .. rep("local l#=#", n, " ") .. " return 1 end"))
  print(try("local function f(" .. rep("l#", n) .. ") return 1 end"))
  print(try("\nlocal " .. rep("l#", n) .. " = 1 return 1"))
end
