print(("hello world"):find("wor")) print(("hello"):find("l")) print(("hello"):find("xyz")) print(("hello"):find(""))

print(("hello"):find("", 3)) print(("hello"):find("", 6)) print(("hello"):find("", 10)) print(("hello"):find("h", -5)) print(("hello"):find("h", -4))

print(("a.b"):find(".", 1, true)) print(("a.b"):find("%.")) print(("a+b"):find("+", 1, true)) print(("abc"):find("b", 1, false))

print(("hello"):find("l", "4")) print(("hello"):find("l", 3.9)) print(pcall(string.find, "x", "x", {}))

print(pcall(string.find)) print(pcall(string.find, "x")) print(pcall(string.find, nil, "x")) print(string.find(123, 2))

print(("hello"):find("(l)(l)")) print(("hello"):find("()ll()")) print(("key=val"):find("(%w+)=(%w+)"))

print(("hello"):match("l+")) print(("hello"):match("(h)(e)")) print(("hello"):match("()ll()")) print(("hello"):match("x"))

print(("2024-01-15"):match("(%d+)-(%d+)-(%d+)")) print(("  trim  "):match("^%s*(.-)%s*$")) print(("abc"):match("", 2))

print(("+49 30 123"):match("^%+(%d%d)%s?(%d+)")) print(("sip:100@host:5060"):match("^sip:([^@]+)@([^:]+):?(%d*)"))

print(("hello"):match(".", 2), ("hello"):match(".", -1), ("hello"):match("^l", 3), ("hello"):match("^l"))

print(pcall(string.match, "x")) print(pcall(string.match)) print(pcall(string.match, "x", "x", "y"))

print(("abc"):find("b", -1)) print(("abc"):find("[a-c]+")) print(("abc"):find("[^a]")) print(("a-c"):find("[a%-]+"))

print(("x]y"):find("[]]")) print(("x^y"):find("[x^]+")) print(("x-y"):find("[+-]")) print(("a]"):find("[^]]"))

print(("THE (quick) fox"):find("%((%a+)%)")) print(("f(a(b)c)d"):match("%b()")) print(("((("):match("%b()")) print(("[[x]]"):match("%b[]"))

print(("THE (quick) fox"):gsub("%f[%a]%a+", "X")) print(("foo bar"):find("%f[%w]%w+", 2)) print(("x"):find("%f[%z]"))

print(("'it''s'"):match("(['\"])(.-)%1")) print(("alo alo"):find("(%w+) %1")) print(("aa"):find("(a)%1")) print(("ab"):find("(a)%1"))

print(("aaa"):find("a-")) print(("aaab"):find("a-b")) print(("aaa"):find("^a-$")) print(("<a><b>"):match("<(.-)>"))

print(("aaa"):find("a?a?a?a?")) print(("abc"):find("ab?c")) print(("ac"):find("ab?c")) print(("color colour"):gsub("colou?r", "X"))

print(("%d"):find("%%d")) print(("a.b"):find("a%.b")) print(("x*"):find("x%*")) print(("a$"):find("a$")) print(("a$"):find("a%$")) print(("$a"):find("$a"))

print(("a\nb"):find("a.b")) print(("tab\t"):find("%c")) print(("a1_"):match("[%w_]+")) print(("é"):find("%a"))

for _, c in ipairs{"a", "c", "d", "l", "p", "s", "u", "w", "x", "z"} do local n = "" for i = 0, 255 do if string.char(i):find("%" .. c) then n = n .. i .. " " end end print(c, n) end

for _, c in ipairs{"A", "D", "S", "W", "X", "Z"} do local n = 0 for i = 0, 255 do if string.char(i):find("%" .. c) then n = n + 1 end end print(c, n) end

for _, c in ipairs{"b", "e", "f", "h", "i", "k", "y", "1"} do print(c, pcall(string.find, "bexhik", "%" .. c)) end

print(pcall(string.find, "a", "%")) print(pcall(string.find, "a", "[a")) print(pcall(string.find, "a", "[]")) print(pcall(string.find, "a", "[^]"))

print(pcall(string.find, "a", "(a")) print(pcall(string.find, "a", "a)")) print(pcall(string.find, "a", "%1")) print(pcall(string.find, "a", "(a)%2"))

print(pcall(string.find, "a", "%b")) print(pcall(string.find, "a", "%b(")) print(pcall(string.find, "a", "%f")) print(pcall(string.find, "a", "%fa"))

print(pcall(string.find, "a", ("()"):rep(33))) print(select("#", string.find("a", ("()"):rep(32))))

print(pcall(string.find, "a", "[a-%")) print(pcall(string.find, "a", "[a-]")) print(pcall(string.find, "-", "[a-]")) print(pcall(string.find, "a", "[%a-z]"))

print(pcall(string.match, "abc", "(()")) print(pcall(string.gsub, "abc", "(a", "x")) print(pcall(string.match, "a", "(a)(%1"))

print(("aaa"):find("a*")) print(("baa"):find("a*")) print(("baa"):find("a+")) print((""):find("a*")) print((""):match(".*"))

print(("x = 10, y = 20"):gsub("(%w+) = (%w+)", "%2 = %1")) print(("hello"):gsub("", "-")) print(("abc"):gsub("%w", "%0%0"))

for w in ("one two  three"):gmatch("%a+") do print(w) end

for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end

for p in ("abc"):gmatch("()") do print(p) end

for w in ("abc"):gmatch("") do print("[" .. w .. "]") end

for w in ("a^b^"):gmatch("^") do print(w) end

for a, b in ("aabb"):gmatch("(.)(.)") do print(a, b) end

for x in string.gmatch(12321, 2) do print(x) end

local f = ("ab"):gmatch(".") print(f(), f(), f(), f())

print(select("#", ("x"):gmatch("y")())) print(pcall(string.gmatch)) print(pcall(string.gmatch, "x")) print(pcall(string.gmatch("x", "(")))

for w in string.gfind("a b", "%a") do print(w) end

local n = 0 for _ in ("x"):rep(1000):gmatch("x") do n = n + 1 end print(n)

print(("abc"):gsub("b", "X")) print(("abc"):gsub("z", "X")) print(("aaa"):gsub("a", "b", 2)) print(("aaa"):gsub("a", "b", 0)) print(("aaa"):gsub("a", "b", -1))

print(("abc"):gsub("%w", {a = "1", b = true, c = false})) print(("abc"):gsub("%w", {a = 1.5}))

print(pcall(string.gsub, "abc", "%w", {a = {}})) print(("$x $y"):gsub("%$(%w+)", {x = "1"}))

print(("abc"):gsub("%w", function(c) if c == "b" then return "B" end end)) print(("abc"):gsub("%w", function() return false end))

print(("abc"):gsub("(a)(b)", function(...) return select("#", ...) end)) print(("abc"):gsub("()b", function(p) return p end))

print(pcall(string.gsub, "abc", "b", function() return {} end)) print(pcall(string.gsub, "abc", "b", function() error("boom", 0) end))

print(("abc"):gsub("b", "%%")) print(("abc"):gsub("b", "%0%0")) print(("abc"):gsub("(b)", "%1%1")) print(("abc"):gsub("b", "%1")) print(pcall(string.gsub, "abc", "b", "%2"))

print(("abc"):gsub("b", "%z")) print((("abc"):gsub("b", "%")):byte(1, -1)) print(("abc"):gsub("()", "%1")) print(("abc"):gsub("b", 7))

print(pcall(string.gsub, "x", "x")) print(pcall(string.gsub, "x", "x", true)) print(pcall(string.gsub, "x", "x", nil)) print(pcall(string.gsub)) print(pcall(string.gsub, "x"))

print(pcall(string.gsub, "x", "x", "y", "z")) print(("xx"):gsub("x", "y", "1")) print(("xx"):gsub("x", "y", 1.9))

print(("hello world"):gsub("o", "0", 1)) print(("abc"):gsub("^a", "x")) print(("aaa"):gsub("^a", "x")) print(("abc"):gsub("c$", "x")) print(("abc"):gsub("^", ">"))

print(("abc"):gsub("$", "<")) print(("abc"):gsub(".-", "x")) print(("abc"):gsub("%w*", "x")) print((" a b "):gsub("%s*", ""))

print(("abc"):gsub("%w", setmetatable({}, {__index = function(_, k) return k:upper() end})))

print(("äöü"):gsub("[\128-\255]", "?")) print(("a,b,,c"):gsub(",", ";")) print(("a.b.c"):gsub("%.", "%%"))

print((("x"):rep(10000):gsub("x", "yy")):len()) print((("ab"):rep(1000)):gsub("a", ""):len())

print(("a\0b"):find("b")) print((("a\0b"):gsub("%z", "0"))) print(("a\0b\0"):match("%Z+", 3)) print(#("a\0b"):match(".*"))

print(pcall(function() ("x"):find() end)) print(pcall(function() ("x"):gsub("x") end)) print(pcall(function() ("x"):match({}) end)) print(pcall(function() ("x"):gmatch() end))

local function split(s, sep) local t = {} for f in (s .. sep):gmatch("(.-)" .. sep) do t[#t + 1] = f end return t end print(table.concat(split("a,b,,c", ","), "|"))

local function esc(s) return (s:gsub("[%-%.%+%[%]%(%)%$%^%%%?%*]", "%%%1")) end print(esc("a.b*c[1]"), ("x a.b y"):find(esc("a.b")))

local s = ("%d"):rep(3, "") print(("http%3A%2F%2Fx"):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end))

print(("one;two;;four"):gsub(";;", ";nil;")) print(("abc"):gsub("", "")) print((""):gsub("", "x")) print((""):gsub(".", "x"))

print(pcall(string.rep, "x", -1)) print(("x"):rep(3):gsub("x", "%0y", 2))

print(string.find("abc", "b", nil)) print(string.find("abc", "b", nil, nil)) print(string.match("abc", "b", nil)) print(string.gsub("abc", "b", "x", nil))

print(("aXb"):find("%u")) print(("aXb"):find("%U%u")) print(("k1"):find("%l%d")) print(("?!"):match("%p+")) print(("0xFf"):match("%x+", 3))

print(("a b\tc\nd"):gsub("%s", "_")) print(("CamelCaseWord"):gsub("%u", " %0")) print(("x"):gsub(".", {x = "%1"}))

print(("abcdef"):match("(a)(b)(c)(d)(e)(f)")) print(("abc"):match("((a)(b))")) print(("abc"):match("(a(b(c)))"))
