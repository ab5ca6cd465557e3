-- the error says what to write instead
do local a <const> = 1 end
--> error: t:2: the attribute <const> is of Lua 5.4, and eslua runs Lua 5.1 with goto: leave it out

-- the error says what to write instead
local x = ~1
--> error: t:2: the operator ~ is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.bxor(a, b), and bit32.bnot(a) for one operand

-- gopher-lua's parser does not say what it expected
goto = 1
--> error: t:2: syntax error near '='

-- the error says what to write instead
local a <close> = 1
--> error: t:2: the attribute <close> is of Lua 5.4, and eslua runs Lua 5.1 with goto: leave it out

-- gopher-lua's parser does not say what it expected
x = = 1
--> error: t:2: syntax error near '='

-- gopher-lua's parser does not say what it expected
for i = 1 do end
--> error: t:2: syntax error near 'do'

-- gopher-lua's parser does not say what it expected
if x then
--> error: t:3: syntax error near '<eof>'

-- gopher-lua's parser does not say what it expected
local function f( end
--> error: t:2: syntax error near 'end'

-- gopher-lua's parser does not say what it expected
print(1
--> error: t:3: syntax error near '<eof>'

-- gopher-lua's parser does not say what it expected
x = "\400"
--> error: t:2: escape sequence too large near '"\400'

-- gopher-lua's parser does not say what it expected
break
--> error: t:2: no loop to break

-- gopher-lua's parser does not say what it expected
return return
--> error: t:2: syntax error near 'return'

-- gopher-lua's parser does not say what it expected
local function f() return 1 print(2) end
--> error: t:2: syntax error near 'print'

-- gopher-lua's parser does not say what it expected
a.b:c = 1
--> error: t:2: syntax error near '='

-- gopher-lua's parser does not say what it expected
f() = 1
--> error: t:2: syntax error near '='

-- what can be a coroutine's function can be a Go function too, as in 5.2
local co = coroutine.wrap(print) co(1, 2) local co = coroutine.create(coroutine.yield) print(coroutine.resume(co, 5))
print(coroutine.resume(co, 6, 7)) print(coroutine.resume(co))
--> 1	2
--> true	5
--> true	6	7
--> false	cannot resume dead coroutine

-- a coroutine yields across pcall and xpcall, as in 5.2
local co = coroutine.wrap(function() print(pcall(function() coroutine.yield(1) error("after") end)) return "end" end)
print(co()) print(co())
--> 1
--> false	t:2: after
--> end

-- a coroutine yields across pcall and xpcall, as in 5.2
local co = coroutine.wrap(function() return xpcall(function(...) error(coroutine.yield(...), 0) end, function(m) return "handled " .. m end, "arg") end)
print(co()) print(co("m"))
--> arg
--> false	handled m

-- xpcall passes arguments, as in 5.2
print(xpcall(function(...) return select("#", ...), ... end, print, 1, nil, 3))
--> true	3	1	nil	3

-- __len is honoured for tables, as in 5.2
print(#setmetatable({}, {__len = function() return 42 end}))
--> 42

-- \x and \z are read in strings, as in 5.2
print("\x41\x6a", "a\z
       b", #"\xff\x00")
--> Aj	ab	2

-- goto works, as in 5.2
for i = 1, 3 do if i == 2 then goto continue end print(i) ::continue:: end
--> 1
--> 3

-- goto works, as in 5.2
local i = 0 ::top:: while true do break end i = i + 1 if i < 3 then goto top end print(i)
for k, v in ipairs{1, 2} do goto next print("no") ::next:: end do goto e ::e:: end ::a:: ::b:: do i = i + 1 if i < 9 then goto a end end print(i)
--> 3
--> 9

-- load takes a string, a mode and an environment, as in 5.2
print(load("return x", "=c", "t", {x = 7})()) print(load("error('e')", "=c") ~= nil, load(5 .. ""))
--> 7
--> true	nil	[string "5"]:1: syntax error near '5'

-- the length of a table with holes is another border: gopher-lua keeps the holes in the array
print(#{1, 2, 3, [20] = "x", 4})
--> 20

-- a stack overflow names the limit
print(pcall(function() local function f() return 1 + f() end return f() end))
--> false	t:2: stack overflow: stack limit of 16000 nested calls reached

-- a byte order mark is skipped in text that is loaded, not only in files
print(loadstring("\239\187\191return 1")())
--> 1

-- the string metatable is protected
print(getmetatable(""))
--> false

-- precompiled chunks are refused
print(loadstring("\27Lua"))
--> nil	[string "Lua"]:1: a precompiled chunk, not source text

-- long chains are refused before gopher-lua's compiler overflows Go's stack
local f, e = loadstring("return 1" .. ("+1"):rep(5000)) print(f, e)
--> nil	[string "return 1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+..."]:1: an expression or chain of elseif with too many parts: split it

-- more than 256 KiB of source text are refused
print(loadstring(("x = 1 "):rep(50000), "=big"))
--> nil	source limit of 256 KiB reached

-- a function has 200 registers in gopher-lua and 250 in PUC Lua: calls with several arguments do not nest as deep
print(loadstring("return " .. ("f(1, "):rep(110) .. "1" .. (")"):rep(110), "=t"))
--> nil	t:1: function or expression too complex

-- a function may have 255 upvalues, as in 5.2
local names, sum = {}, {} for i = 1, 120 do names[i] = "local a" .. i .. " = 1" sum[i] = "a" .. i end
print(loadstring(table.concat(names, " ") .. " return (function() return " .. table.concat(sum, " + ") .. " end)()")())
--> 120

-- a function may have 255 upvalues, as in 5.2
local function names(c, n) local t = {} for i = 1, n do t[i] = c .. i end return table.concat(t, ", ") end
print(loadstring("local " .. names("a", 150) .. " return function() local " .. names("b", 150) .. "\nreturn function() return " .. names("a", 130) .. ", f(" .. names("b", 130) .. ") end end", "=t"))
--> nil	t:2: function at line 2 has more than 255 upvalues
