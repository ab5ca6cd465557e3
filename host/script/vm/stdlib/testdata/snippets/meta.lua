local mt = {} for _, op in ipairs{"add", "sub", "mul", "div", "mod", "pow"} do mt["__" .. op] = function(a, b) return op .. ":" .. type(a) .. ":" .. type(b) end end local t = setmetatable({}, mt) print(t + 1, 1 - t, t * t, t / "x", "x" % t, t ^ 2)

local t = setmetatable({}, {__unm = function(a) return "neg" end, __concat = function(a, b) return "cat:" .. type(a) .. type(b) end}) print(-t, t .. "x", "x" .. t, 1 .. t, t .. t)

local t = setmetatable({}, {__concat = function(a, b) return "C" end}) print("a" .. "b" .. t, t .. "a" .. "b", "a" .. t .. "b")

local t = setmetatable({}, {__index = function(t, k) return k .. "!" end}) print(t.x, t[1], rawget(t, "x")) local t = setmetatable({}, {__index = {a = 1}}) print(t.a, t.b)

local log = {} local t = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end}) t.a = 1 t.a = 2 t.b = 3 print(table.concat(log, ","), t.a, t.b)

local store = {} local t = setmetatable({}, {__newindex = store}) t.x = 5 print(rawget(t, "x"), store.x)

local t = setmetatable({}, {__call = function(self, a, b) return a, b, self ~= nil end}) print(t(1, 2)) print(pcall(t, 3)) print(select("#", t()))

local mt = {__eq = function(a, b) return a.v == b.v end} local a, b, c = setmetatable({v = 1}, mt), setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) print(a == b, a == c, a ~= b, rawequal(a, b), a == 1)

local a, b = setmetatable({}, {__eq = function() return true end}), setmetatable({}, {__eq = function() return true end}) print(a == b, a == a)

local mt = {__lt = function(a, b) return a.v < b.v end} local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) print(a < b, a > b, a <= b, a >= b)

local mt = {__le = function(a, b) return a.v <= b.v end, __lt = function(a, b) return "lt" end} local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) print(a <= b, b <= a, a < b, a >= b)

print(pcall(function() return setmetatable({}, {__lt = function() return true end}) < setmetatable({}, {__lt = function() return true end}) end)) print(pcall(function() return setmetatable({}, {__lt = function() return true end}) < 1 end))

local t = setmetatable({}, {__index = function() error("no field", 2) end}) print(pcall(function() return t.x end)) local t = setmetatable({}, {__index = function() error("no field", 0) end}) print(pcall(function() return t.x end))

local base = {greet = function(self) return "hi " .. self.name end} base.__index = base local derived = setmetatable({}, base) derived.__index = derived local o = setmetatable({name = "x"}, derived) print(o:greet())

local t = setmetatable({}, {__tostring = function(t) return "T" end, __metatable = "M"}) print(tostring(t), getmetatable(t), pcall(setmetatable, t, {})) print(#tostring(setmetatable({}, {})) > 7)

local count = 0 local t = setmetatable({}, {__index = function(t, k) count = count + 1 return count end}) print(t.a, t.a, t.b) local t = setmetatable({a = 1}, {__index = error}) print(t.a)

local ro = setmetatable({}, {__index = {x = 1}, __newindex = function() error("read-only", 2) end}) print(ro.x, pcall(function() ro.x = 2 end))

local t = setmetatable({1, 2, 3}, {__index = function() return "d" end}) print(unpack(t, 1, 4)) print(t[4], #t) for i, v in ipairs(t) do print(i, v) end

print(pcall(function() local t = setmetatable({}, {__index = 5}) return t.x end)) print(pcall(function() local t = setmetatable({}, {__newindex = 5}) t.x = 1 end))

local a = {} setmetatable(a, {__index = a}) print(pcall(function() return a.x end)) local a = {} setmetatable(a, {__newindex = a}) print(pcall(function() a.x = 1 end))

local t = setmetatable({}, {__mode = "k"}) t[{}] = 1 print(type(next(t))) local t = setmetatable({}, {__gc = print}) print(getmetatable(t).__gc == print)

local V = {} V.__index = V V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end V.__eq = function(a, b) return a.x == b.x end V.__tostring = function(v) return "V(" .. v.x .. ")" end local a, b = setmetatable({x = 1}, V), setmetatable({x = 2}, V) print(tostring(a + b), a + b == setmetatable({x = 3}, V))

local t = setmetatable({}, {__unm = function(...) return select("#", ...) end, __add = function(...) return select("#", ...) end}) print(-t, t + 1)

local p = setmetatable({}, {__index = string}) print(p.upper("x")) print(("x"):len(), ("%d"):format(3), #"abc")

local t = setmetatable({}, {__lt = function() return 1 end, __le = function() return nil end}) print(t < t, t <= t, not (t < t)) local t = setmetatable({}, {__eq = function() return 1 end}) print(t == setmetatable({}, getmetatable(t)))

print(pcall(pcall)) print(pcall(xpcall)) print(pcall(function() pcall() end)) print(pcall(function() local a = xpcall(print) end)) print(pcall(pcall, nil)) print(pcall(function() return (pcall(nil)) end))

local t = setmetatable({}, {__add = 5, __concat = {}, __unm = "x", __index = 5, __call = 5})
print(pcall(function() return t + 1 end)) print(pcall(function() return t .. "x" end)) print(pcall(function() return -t end)) print(pcall(function() return t.x end)) print(pcall(function() return t() end))

local t = setmetatable({}, {__add = setmetatable({}, {__call = function(self, a, b) return "added", b end})}) print(t + 1, 1 + t == "added")
