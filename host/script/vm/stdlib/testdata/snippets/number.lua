print(tonumber("10"), tonumber("010"), tonumber("0x10"), tonumber("0X1f"), tonumber("1e3"), tonumber("1E-2"), tonumber(".5"), tonumber("5."), tonumber("."))

print(tonumber(" 10 "), tonumber("\t10\n"), tonumber("10 x"), tonumber("1 0"), tonumber(""), tonumber(" "), tonumber("-5"), tonumber("+5"), tonumber("- 5"), tonumber("--5"))

print(tonumber("1e"), tonumber("1e+"), tonumber("e5"), tonumber("0x"), tonumber("0xg"), tonumber("0x.8"), tonumber("0x1p4"), tonumber("0x1.8"), tonumber("1_000"), tonumber("0b1"))

print(tonumber("inf"), tonumber("-inf"), tonumber("infinity"), tonumber("nan") ~= tonumber("nan"), tonumber("1e999"), tonumber("-1e999"), tonumber("1e-999"))

print(tonumber(10), tonumber(1.5), tonumber(true), tonumber(nil), tonumber({}), tonumber(print), tonumber("abc"), tonumber("10abc"))

print(tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("0xff", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("777", 8), tonumber("19", 10), tonumber("1.5", 10))

print(tonumber(" 11 ", 2), tonumber("1 1", 2), tonumber("", 16), tonumber("-", 16), tonumber("-0", 16), tonumber("--1", 16), tonumber("0x", 16), tonumber("0xg", 16))

print(tonumber("ffffffff", 16), tonumber("7fffffffffffffff", 16), tonumber("99999999999999999999999", 9), tonumber(11, 2), tonumber("1e1", 16), tonumber("1e1", 10))

print(pcall(tonumber)) print(pcall(tonumber, "10", 1)) print(pcall(tonumber, "10", 37)) print(pcall(tonumber, {}, 16)) print(pcall(tonumber, "10", {})) print(pcall(tonumber, nil, 16))

print(tonumber("10", "16"), tonumber("10", 16.9), tonumber("10", nil), tonumber("1\0002"), tonumber("\0"))

print(tonumber("0x7fffffff"), tonumber("0xffffffffffffffffff"), tonumber("123456789012345678901234567890"), tonumber("0.1e1"), tonumber("00012"), tonumber("1e+5"))

print(tostring(1.5), tostring(1/0), tostring(-1/0), tostring(1e14), tostring(1e15), tostring(1e16), tostring(2^53))

print(0.1, 0.1 + 0.2, 1/3, 100/3, 1e100, 1e-100, 123456789012, 12345678901234, 123456789012345, 1234567890123456, 99999999999999, 100000000000000)

print(3.14159265358979, 2^0.5, 1e5, 1e-5, 0.0001, 0.00001, 5e-324, 1.7976931348623157e308, -1.5, 1e14 - 0.5, 12345.678e3)

print(-1e14, -99999999999999, 1e14 + 1, 2^31, 2^32, 2^63, 2^64, -2^63, 0.5, .5e-3)

print(tostring(true), tostring(false), tostring(nil), tostring("x"), tostring(12), tostring("a\0b") == "a\0b")

print(type(tostring({})), tostring({}):match("^table: 0x") ~= nil, tostring(print):match("^function: ") ~= nil, tostring(function() end):match("^function: 0x") ~= nil)

print(tostring(coroutine.create(print)):match("^thread: 0x") ~= nil, pcall(tostring))

print(math.abs(-5), math.abs(5), math.abs("-3"), math.ceil(1.2), math.ceil(-1.2), math.floor(1.8), math.floor(-1.2), math.floor("3.7"))

print(math.sqrt(16), math.sqrt(2), math.sqrt(-1) ~= math.sqrt(-1), math.exp(0), math.exp(1), math.log(1), math.log(10), math.log(0), math.log10(1000), math.log10(2))

print(math.sin(0), math.sin(1), math.cos(0), math.cos(1), math.tan(1), math.asin(1), math.acos(0), math.atan(1), math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1))

print(math.sinh(1), math.cosh(1), math.tanh(1), math.deg(math.pi), math.rad(180), math.deg(1), math.rad(1), math.pi, math.huge, -math.huge)

print(math.pow(2, 10), math.pow(2, 0.5), math.pow("2", "3"), math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(7.5, 2), math.mod(7, 3), math.fmod == math.mod)

print(math.frexp(8)) print(math.frexp(0)) print(math.frexp(-0.3)) print(math.ldexp(1, 10), math.ldexp(0.5, 3), math.ldexp(1, -1), math.ldexp(1, 5000), math.ldexp(1, -5000))

print(math.modf(3.7)) print(math.modf(-3.7)) print(math.modf(5)) print(math.modf(-5)) print(math.modf(1/0)) print(math.modf(-1/0)) print(math.modf("2.5"))

print(math.max(1, 5, 3), math.max(-1), math.max("10", 9), math.min(1, 5, 3), math.min(2), math.min("1", 2), math.max(1, 2.5), math.min(-0.5, -1))

print(pcall(math.max)) print(pcall(math.min)) print(pcall(math.max, 1, "x")) print(pcall(math.floor)) print(pcall(math.floor, "x")) print(pcall(math.floor, {})) print(pcall(math.pow, 1)) print(pcall(math.ldexp, 1))

math.randomseed(42) local ok = true for i = 1, 1000 do local r = math.random() ok = ok and r >= 0 and r < 1 end print(ok)

local ok = true for i = 1, 1000 do local r = math.random(6) ok = ok and r >= 1 and r <= 6 and r == math.floor(r) end print(ok)

local ok = true for i = 1, 1000 do local r = math.random(-3, 3) ok = ok and r >= -3 and r <= 3 and r == math.floor(r) end print(ok, math.random(5, 5), math.random(1))

print(pcall(math.random, 0)) print(pcall(math.random, 5, 1)) print(pcall(math.random, 1, 2, 3)) print(pcall(math.random, "x")) print(pcall(math.random, 1, {})) print(math.random("1"), math.random(2, "2"))

math.randomseed(7) local a, b = math.random(1000000), math.random(1000000) math.randomseed(7) print(a == math.random(1000000), b == math.random(1000000)) print(pcall(math.randomseed)) print(pcall(math.randomseed, {}))

local seen = {} for i = 1, 2000 do seen[math.random(4)] = true end print(#seen, seen[1], seen[4])

print(7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, -5.5 % 2, 2^10, 2^-1, (-2)^2, -2^2, 7 / 2, 1/0, -1/0, 0/1)

print(1 == 1.0, "1" == 1, 0 == -0, 1 < 2, 1 <= 1, 2 > 1, 0/0 == 0/0, 1e3 == 1000, 0x10, 0xff, 1e2, .5, 3., 0x7fffffff)

for i = 1, 3 do io = nil print(i) end for i = 3, 1, -1 do print(i) end for i = 1, 2, 0.5 do print(i) end for i = 1, 0 do print("never") end

for i = "1", "3" do print(i) end

print(pcall(function() for i = 1, 10, {} do end end)) print(pcall(function() for i = "x", 10 do end end)) print(pcall(function() for i = 1, {} do end end))

print(math.floor(2^40 + 0.5), math.floor(-0.5), math.ceil(-0.5), math.ceil(0.5), math.floor(1e300) == 1e300, math.floor(1/0), math.ceil(-1/0))

print(math.type, math.tointeger, math.maxinteger, math.ult)
