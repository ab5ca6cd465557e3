-- 5.1 cuts a string argument of %s at its first zero byte; it is kept whole, as nothing is gained by losing data (5.3 does so too).
print(#string.format("%s", "a\0b"), #string.format("%5s", "a\0b"))
--> 3	5

-- 5.1 loses the zero byte that %c makes; 5.2 does not.
print(#string.format("%c", 0), #string.format("a%cb", 0))
--> 1	3

-- %s takes any value as tostring does, honouring __tostring, as in 5.2; 5.1 wants a string.
print(pcall(string.format, "%s %s", nil, true)) print(pcall(string.format, "%s", setmetatable({}, {__tostring = function() return "T" end})))
--> true	nil true
--> true	T

-- %a is 5.2's.
print(pcall(string.format, "%a %.2a %A", 1, 1/3, 255))
--> true	0x1p+0 0x1.55p-2 0X1.FEP+7

-- a pattern may hold a zero byte, as in 5.2; in 5.1 it ends there.
print(("a\0b"):find("\0b")) print(("a\0b"):match("[\0]b") == "\0b")
--> 2	3
--> true

-- %g is 5.2's class of printing characters; in 5.1 it is the letter.
print(("  x!"):find("%g+"))
--> 3	4

-- a pattern nests to 200 items, as in 5.2, so that it cannot use up the stack; 5.1 has no bound but C's.
print(pcall(string.find, ("a"):rep(300), ("a?"):rep(300))) print(pcall(string.find, ("a"):rep(300), ("a*"):rep(300)))
--> false	pattern too complex
--> false	pattern too complex

-- string.rep takes 5.2's separator.
print(string.rep("x", 3, ","), string.rep("ab", 2, "-"), string.rep("", 3, "."))
--> x,x,x	ab-ab	..

-- an index too large for C's integers counts as the largest; in 5.1 the conversion is undefined and gives the smallest.
print(("hello"):sub(1, math.huge), ("hello"):sub(2, 1e300))
--> hello	ello

-- string.rep's count is no 32-bit number that wraps.
print(string.rep("x", -2^32 + 3) == "", pcall(string.rep, "x", 2^32 + 1))
--> true	false	resulting string too large

-- there is no bytecode: load takes text only.
print(pcall(string.dump, function() end))
--> false	unable to dump given function

-- the metatable of strings belongs to the state and is protected.
print(type(getmetatable("")), pcall(setmetatable, getmetatable(""), nil))
--> boolean	false	bad argument #1 to '?' (table expected, got boolean)

-- a base for math.log is 5.2's.
print(math.log(8, 2), math.log(1000, 10), math.log(9, 3))
--> 3	3	2

-- math.random's bounds are no 32-bit numbers that wrap.
local r = math.random(2^40) print(r >= 1 and r <= 2^40, (math.random(2^33, 2^33)))
--> true	8589934592

-- table.pack and table.unpack are 5.2's.
print(table.unpack({1, 2, 3})) local t = table.pack(1, nil, 3) print(t.n, t[1], t[2], t[3])
--> 1	2	3
--> 3	1	nil	3

-- rawlen is 5.2's.
print(rawlen({1, 2}), rawlen("abc"), pcall(rawlen, 5))
--> 2	3	false	bad argument #1 to '?' (table or string expected)

-- bit32 is 5.2's.
print(bit32.band(255, 15), bit32.bor(1, 2), bit32.bxor(3, 1), bit32.bnot(0), bit32.lshift(1, 4), bit32.rshift(256, 4), bit32.arshift(-16, 2), bit32.btest(1, 2))
print(bit32.lrotate(2^31, 1), bit32.rrotate(1, 1), bit32.extract(0xABCD, 4, 8), bit32.replace(0, 7, 4, 2))
--> 15	3	2	4294967295	16	16	4294967292	false
--> 1	2147483648	188	48

-- __pairs and __ipairs are 5.2's.
for k, v in pairs(setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, "p" end end, t, nil end})) do print(k, v) end for i, v in ipairs(setmetatable({}, {__ipairs = function(t) return function(_, i) if i < 1 then return i + 1, "i" end end, t, 0 end})) do print(i, v) end
--> 1	p
--> 1	i

-- __len counts for tables, as in 5.2.
print(#setmetatable({1, 2}, {__len = function() return 42 end}))
--> 42

-- assert throws a message that is no string as it is, as in 5.2; 5.1 wants a string.
print(pcall(assert, false, {})) print(select(2, pcall(assert, nil, {code = 1})).code)
--> false	table: 0x...
--> 1

-- collecting garbage is Go's; a script can ask only how much it holds.
print(collectgarbage("step"), collectgarbage("setpause", 100), collectgarbage("stop"), collectgarbage("collect"))
--> 0	0	0	0

-- os has only what reads the clock; io, newproxy, gcinfo, module, dofile and loadfile are not there.
local n = {} for k in pairs(os) do n[#n + 1] = k end table.sort(n) print(table.concat(n, " "), io, newproxy, gcinfo, module, dofile, loadfile)
--> clock date difftime time	nil	nil	nil	nil	nil	nil

-- os.date("!%s") is the second it was given; in C the fields of UTC are read as local time.
print(os.date("!%s", 1700000000))
--> 1700000000

-- glibc takes a "%5" that stands alone for a width and pads; it is left as it stands.
print(os.date("!%5Y", 0))
--> %5Y

-- #t with a hole is another border than PUC's: gopher-lua keeps small integers in an array; both are borders by the manual.
local t = {1, 2} table.insert(t, 5, "far") print(#t)
--> 5

-- the compiler is gopher-lua's: its words for syntax errors are shorter.
print(loadstring("x =")) print(loadstring("x = = 1")) print(loadstring("for")) print(loadstring("goto"))
--> nil	[string "x ="]:1: syntax error near '<eof>'
--> nil	[string "x = = 1"]:1: syntax error near '='
--> nil	[string "for"]:1: syntax error near '<eof>'
--> nil	[string "goto"]:1: syntax error near '<eof>'

-- goto is 5.2's.
local f = loadstring("local i = 1 ::top:: i = i + 1 if i < 5 then goto top end return i") print(f and f())
--> 5

-- \x and \z in strings are 5.2's.
print(loadstring([[return "\x41\z
   B"]])())
--> AB

-- load takes a string, and an environment, as in 5.2.
print(pcall(load, "return 1")) print(pcall(load, "return x", "=c", "t", {x = 5}))
--> true	function: 0x...
--> true	function: 0x...

-- xpcall hands arguments on, as in 5.2.
print(xpcall(function(...) return select("#", ...), ... end, print, 1, 2))
--> true	2	1	2

-- coroutines may yield across pcall, as in 5.2.
local co = coroutine.create(function() return pcall(function() return coroutine.yield(1) end) end) print(coroutine.resume(co)) print(coroutine.resume(co, 2))
--> true	1
--> true	true	2

-- the compiler folds inf into the remainder of constants; PUC's x - floor(x/y)*y gives NaN.
print(5 % (1/0))
--> 5

-- PUC's compiler shares one constant between 0 and -0 (its bug): here each is what is written.
print(-0, 1/0)
--> -0	inf

-- gopher-lua compares by metamethods that are functions only; PUC calls whatever is there.
print(pcall(function() local m = {__lt = 5} return setmetatable({}, m) < setmetatable({}, m) end))
--> false	snippet:2: attempt to compare two table values

-- The same of __le.
print(pcall(function() local m = {__le = 5} return setmetatable({}, m) <= setmetatable({}, m) end))
--> false	snippet:2: attempt to compare two table values

-- And of __eq, which then is not there.
print(pcall(function() local m = {__eq = 5} return setmetatable({}, m) == setmetatable({}, m) end))
--> true	false
