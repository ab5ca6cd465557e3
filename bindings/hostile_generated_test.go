//go:build !race

package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// tricks lists what a hostile script does once or without end: v is a new text, K keeps
// what it is given, and t has the metamethod M, which does the same again.
var tricks = strings.Split(strings.TrimSpace(`
K[v] = 1 K[v] = nil
local m = {} for j = 1, 90 do m[j] = v .. j end while table.remove(m) do end K[#K + 1] = m
local m = {} for j = 1, 900 do m["k" .. j] = j end for j = 1, 900 do m["k" .. j] = nil end K[#K + 1] = m
for j = 1, 5000 do local x = j + i * 1e6 + 0.5 if j % 32 == 0 then K[#K + 1] = x end end
for j = 1, 50 do table.insert(K, 1, v .. j) end
K = setmetatable({v}, {__index = K})
local c = coroutine.create(function(a) local function deep(n) local b = a .. n if n > 0 then deep(n - 1) end return b .. "" end deep(20) coroutine.yield() end) coroutine.resume(c, v) K[#K + 1] = c
local c = coroutine.wrap(function(...) local n = select("#", ...) coroutine.yield(n) return ... end) c(v, v, v) K[#K + 1] = c
local f = coroutine.yield for j = 1, 1e5 do local g = f f = coroutine.wrap(function(...) return g(...) end) end f(v)
local c c = coroutine.create(function() return coroutine.resume(c) end) coroutine.resume(c)
local function f(n) return xpcall(function() f(n + 1) end, function(e) return {e, debug.traceback(v)} end) end f(0)
local function f(...) return 1 + f(v, ...) end f()
K[#K + 1] = loadstring("return [[" .. v .. "]]", v)
K[#K + 1] = select(2, loadstring(v .. " " .. v))
loadstring(("do "):rep(1e5)) loadstring(("("):rep(1e5)) loadstring(("x="):rep(1e5))
load(function() return v end)
local f = loadstring("local " .. v .. " = 1 return function() return " .. v .. " end") K[#K + 1] = f and f()
package.preload[v] = function() return v end pcall(require, v)
K[#K + 1] = v:gmatch("x") K[#K + 1] = v:gsub("x", "%0%0%0"):sub(1, 1)
v:find(("a-"):rep(30) .. "b") v:find(("x*"):rep(30) .. "b") v:find("(.-)(.-)%1b")
(("("):rep(2e5)):find("%b()") v:gsub("%f[%w]%f[%W]", "") v:gsub("", v)
string.format(("%99.99f"):rep(9), 1e308, 1, 0/0, 1, 1, 1, 1, 1, 1) string.format("%q%s", v, v) tonumber(("9"):rep(1e6), 36)
pcall(string.rep, v, 1e15) pcall(string.rep, v, -1e15) pcall(string.rep, "", 1e15)
os.date(("%c"):rep(1e5)) os.date("*t", 1e308) os.time{year = 1e308, month = -1e9, day = 0/0}
local m = {} for j = 1, 1e4 do m[j] = j end pcall(table.sort, m, function() return true end)
local m = {} for j = 1, 1e4 do m[j] = j end pcall(table.sort, m, function(a, b) table.remove(m) K[#K + 1] = v return a < b end)
local m = {} for j = 1, 2e5 do m[j] = j end for j = 2e5, 2, -1 do m[j] = nil end for j = 1, 1e5 do K[1] = #m end
for k in pairs(K) do K[k] = nil K[tostring(k) .. "x"] = v end K[i] = v
pcall(unpack, {}, 1, 1e8) pcall(select, -1e15, 1) pcall(select, 0/0, 1) pcall(string.char, 1e308) v:byte(1, 1e15)
error(setmetatable({}, {__tostring = function() while true do end end}))
error(setmetatable({}, {__tostring = function(s) return tostring(s) .. v end}))
error({v})
local e = freeswitch.Event("CUSTOM", v) for j = 1, 50 do e:addHeader("h" .. j, v) e:delHeader("h" .. j) end K[#K + 1] = e
local e = freeswitch.Event("CUSTOM", "a::b") for j = 1, 50 do e:addHeader("l[" .. j .. "]", v) end e:merge(e) K[#K + 1] = e:serialize("json")
K[#K + 1] = freeswitch.Event("json", '{"b":[' .. ('"c",'):rep(3000) .. '"d"]}')
K[#K + 1] = freeswitch.JSON():decode("[" .. ("[1.5],"):rep(3000) .. "1]")
local m = {} for j = 1, 1e5 do m = {m} end pcall(function() freeswitch.JSON():encode(m) end)
session:set_tts_params(v, v) _G[v] = function() end pcall(function() session:setHangupHook(v) end)
pcall(function() session[v] = v end) pcall(setmetatable, session, {}) pcall(session.answer, K) pcall(rawset, session, v, v)
pcall(function() string[v] = v _G[v] = v argv[v] = v end)
debug.traceback(v, -1e15) pcall(debug.getinfo, 1e308) pcall(error, v, 1e308)
freeswitch.consoleLog("info", v) print(v)
return t + t
return t .. t
return t[v]
t[v] = v
return t(v)
return t < t
return -t
`), "\n")

// forms are ways to write the same call.
var forms = []string{
	"TRICK", "while true do pcall(function() TRICK end) end", "while true do TRICKS end",
	"local c = coroutine.wrap(function() TRICK end) c()", "while true do xpcall(function() TRICK end, function(e) return debug.traceback(e) end) end",
	`function hook() TRICK end session:answer() session:setHangupHook("hook") session:hangup()`,
}

// Any trick in any form ends in time and within its memory. A few are tried, those of
// a seed always the same.
func TestGeneratedAttacks(t *testing.T) {
	seed, tries := uint64(1), 12
	if s := os.Getenv("ESLUA_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	if testing.Short() {
		tries = 4
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range tries {
		trick, form := tricks[r.IntN(len(tricks))], forms[r.IntN(len(forms))]
		size := []int{1, 2000, 20000}[r.IntN(3)]
		method := strings.Fields("__add __concat __index __newindex __call __lt __unm __tostring")[r.IntN(8)]
		form = strings.ReplaceAll(form, "TRICKS", "(function() TRICK end)()")
		src := fmt.Sprintf("K, i = {}, 0\nt = setmetatable({}, {M = function(a, b) return %s end})\n%s",
			[]string{"t + t", "t[b]", "t .. b", "error(t)", "K", "coroutine.yield(t)"}[r.IntN(6)],
			strings.ReplaceAll(form, "TRICK", fmt.Sprintf(`i = i + 1 local v = ("x"):rep(%d) .. i do %s end`, size, trick)))
		t.Run("", func(t *testing.T) {
			t.Parallel()
			t.Log(src)
			endsWell(t, attack{Src: strings.ReplaceAll(src, "M =", method+" =")})
		})
	}
}
