package guard_test

import (
	"testing"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// costs runs code after prepare, in a new state, and returns the units and bytes
// that it is charged.
func costs(t *testing.T, prepare, code string) (units, bytes int) {
	t.Helper()
	b := newBench(guard.Limits{Memory: 1 << 30})
	if _, err := b.run(prepare); err != nil {
		t.Fatal(prepare, err)
	}
	used, held := b.Used(), b.Memory()
	if _, err := b.run(code); err != nil {
		t.Fatal(code, err)
	}
	return int((b.Used() - used).Nanoseconds() / (1e9 / guard.UnitsPerSecond)), int(b.Memory() - held)
}

// What an operation is charged is a promise to the host: too little lets a
// script hurt it, too much ends an honest one.
func TestCosts(t *testing.T) {
	for _, c := range []struct {
		prepare, code string
		units, bytes  int
	}{
		{``, `local a = 1`, 2, 0},
		{``, `local n = 0 for i = 1, 1000 do n = n + i end`, 2007, 8104},
		{`s = ('1'):rep(1e4)`, `local x = s + 1`, 5003, 8},
		{`s = ('1'):rep(1e4)`, `local x = -s`, 5003, 8},
		{`s = ('1'):rep(1e4)`, `for i = s, 1 do end`, 5006, 32},
		{`s = ('1'):rep(1e4)`, `local x = tonumber(s)`, 5004, 32},
		{`s = ('x'):rep(1e5) r = ('x'):rep(1e5)`, `local x = s == r`, 1568, 32},
		{`s = ('x'):rep(1e5) r = ('x'):rep(1e5)`, `local x = s < r`, 1567, 32},
		{`s = ('x'):rep(4000) r = ('x'):rep(4000)`, `local x = s < r, s == r`, 10, 32},
		{`s = ('x'):rep(1e4)`, `local x = s .. s .. 1`, 630, 20088},
		{`t = {} for i = 1, 1e4 do t[i] = i end for i = 1, 1e4 do t[i] = nil end`, `local x = #t`, 628, 8},
		{`t = {} for i = 1, 1e4 do t[i] = i end for i = 1, 1e4 do t[i] = nil end`, `local x = table.getn(t)`, 2505, 32},
		{`t = {} for i = 1, 1e4 do t[i] = i end`, `table.insert(t, 1, 0)`, 2506, 32},
		{`t = {} for i = 1, 1e4 do t[i] = i end`, `table.remove(t, 1)`, 2505, 32},
		{``, `local t = {}`, 3, 104},
		{``, `local t = {1, 2, 3, 4}`, 9, 192},
		{``, `local t = {a = 1, b = 2}`, 23, 1968},
		{`t = {}`, `t.a = 1`, 6, 768},
		{`t = {a = 1}`, `t.b = 1`, 6, 168},
		{`t = {}`, `t[1] = 1`, 12, 544},
		{`t = {}`, `t[2e4] = 1`, 8130, 360096},
		{`t = {}`, `t[5e3] = 1`, 1962, 85968},
		{`t = {}`, `t[9e3] = 1`, 3916, 180384},
		{`t = {[("x"):rep(1e5)] = function() end} f = loadstring("t:" .. ("x"):rep(1e5) .. "()")`, `f()`, 789, 2016},
		{`t = {[("x"):rep(1e5)] = 1} f = loadstring("return t." .. ("x"):rep(1e5))`, `f()`, 787, 2016},
		{`t = {}`, `t[1.5] = 1`, 6, 768},
		{`t = setmetatable({}, {__newindex = {}})`, `t[2e4] = 1`, 8130, 360096},
		{`t = {}`, `rawset(t, 2e4, 1)`, 8132, 360096},
		{`t = {}`, `rawset(t, 'a', 1)`, 8, 792},
		{`t = {} for i = 1, 1000 do t['k' .. i] = i end for i = 1, 1000 do t['k' .. i] = nil end`, `t.x = 1`, 506, 192},
		{`t = {} for i = 1, 7000 do t[i] = i end function f(...) return ... end`, `local a = {f(unpack(t))}`, 13773, 520152},
		{`t = {} for i = 1, 7000 do t[i] = i end`, `local a = {unpack(t)}`, 7515, 260736},
		{`a = 1`, `local function f() return a end`, 4, 104},
		{``, `local a, b = 1, 2 local function f() return a, b end`, 9, 304},
		{`function f(...) return arg end`, `f(1, 2, 3)`, 51, 2880},
		{`function f(...) return arg end t = {} for i = 1, 200 do t[i] = i end`, `f(unpack(t))`, 313, 16864},
		{`function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end`, `f(500)`, 4987, 187200},
		{`function f() end`, `coroutine.create(f)`, 144, 2572},
		{`function f() end`, `coroutine.wrap(f)`, 147, 2822},
		{`f = coroutine.wrap(function(...) while true do coroutine.yield() end end) t = {} for i = 1, 2000 do t[i] = i end`, `f(unpack(t))`, 1901, 73312},
		{`s = 'return ' .. ('1 + '):rep(1000) .. '1'`, `loadstring(s)`, 155079, 140448},
		{`s = 'return ' .. ('f(function() end) '):rep(100)`, `loadstring(s)`, 71992, 974418},
		{`n = 0`, `load(function() n = n + 1 if n < 100 then return ('x'):rep(90) .. '=1 ' end end)`, 108691, 394598},
		{``, `error_ = {pcall(error, ('x'):rep(5000))}`, 474, 17160},
		{`f = loadstring('local x = 1 ' .. ('x = x + 1 '):rep(1e4) .. ' x.y.z = 1')`, `pcall(f)`, 20115, 126016},
		{``, `local s = debug.traceback('x')`, 62, 617},
		{``, `local s = debug.getinfo(1)`, 69, 4128},
	} {
		units, bytes := costs(t, c.prepare, c.code)
		// a slice that the machine interrupts is followed by shorter ones, and
		// each is charged the numbers that it may make
		if !near(units, c.units) || !near(bytes, c.bytes) && !near(min(bytes+8*units, c.bytes), c.bytes) {
			t.Errorf("%s; %s costs %d units and %d bytes, not %d and %d", c.prepare, c.code, units, bytes, c.units, c.bytes)
		}
	}
}

// near allows for the instructions around an operation.
func near(got, want int) bool {
	return max(got, want)-min(got, want) <= max(40, want/50)
}

// A census counts what a script reaches, each value once.
func TestCensus(t *testing.T) {
	for _, c := range []struct {
		source string
		bytes  int
	}{
		{`x = 1`, 5207},
		{`x = 1.5`, 5463},
		{`t = {} for i = 1, 1000 do t[i] = 1 end`, 21671},
		{`t = {} for i = 1, 1000 do t[i] = i + 0.5 end`, 35751},
		{`t = {} for i = 1, 1000 do t[i] = ('x'):rep(100) .. i end`, 148564},
		{`local s = ('x'):rep(1e4) t = {s, s, s, {s}}`, 15503},
		{`t = {} for i = 1, 100 do t[i] = {} end`, 17191},
		{`t = {} for i = 1, 100 do t['k' .. i] = true end`, 17763},
		{`t = {} for i = 1, 100 do t[{}] = true end`, 24655},
		{`t = {} for i = 1, 100 do t[i] = function() return i end end`, 26443},
		{`local v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31, v32, v33, v34, v35, v36, v37, v38, v39, v40, v41, v42, v43, v44, v45, v46, v47, v48, v49 t = {} for i = 1, 20 do t[i] = function() return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31, v32, v33, v34, v35, v36, v37, v38, v39, v40, v41, v42, v43, v44, v45, v46, v47, v48, v49 end end`, 31427},
		{`local s = ('x'):rep(1e4) f = function() return s end g = function() return s end`, 16460},
		{`f = loadstring('local a, b, c = 1, 2, 3 return function() return a, b, c, "' .. ('x'):rep(1000) .. '" end')`, 7707},
		{`f = loadstring('return function() ' .. ('g() '):rep(100) .. 'end')()`, 13169},
		{`t = {} for i = 1, 10 do t[i] = coroutine.create(function() end) end`, 28587},
		{`t = coroutine.wrap(function() local s = ('x'):rep(1e4) coroutine.yield() return s end) t()`, 18914},
		{`t = setmetatable({}, {__index = {('x'):rep(1e4)}})`, 16746},
		{`t = setfenv(function() end, {('x'):rep(1e4)})`, 16347},
		{`t = {_G, _G, print, print}`, 5367},
		{`x, y = object, object`, 5244},
	} {
		b := newBench(guard.Limits{Memory: 1 << 30})
		before := b.Census()
		b.L().G.Global.RawSetString("object", &lua.LUserData{Value: sized(5000), Metatable: lua.LNil})
		if _, err := b.run(c.source); err != nil {
			t.Fatal(err)
		}
		bytes := int(b.Census() - before)
		if bytes < c.bytes-300 || bytes > c.bytes+300 { // a block of numbers more or less
			t.Errorf("%s holds %d bytes, not %d", c.source, bytes, c.bytes)
		}
	}
}

type sized int

func (s sized) Holds(func(lua.LValue)) int { return int(s) }

// A value that a function leaves in a register above the top would stay alive.
func TestNoValueStaysAboveTheTop(t *testing.T) {
	for _, source := range []string{
		`local function f(a, b) local c, d, e = {}, {}, {} return a end for i = 1, 3 do f({}, {}) look() end`,
		`local function f(...) local c, d = {}, {...} return ... end f({}, {}, {}) look() f() look()`,
		`local function f(a) return {}, {}, {}, {} end local x = f() look() f() look()`,
		`local function f() return {} end local function g() return f({}, {}, {}) end g({}, {}) look()`,
		`select("#", {}, {}, {}) look() local x = select(2, {}, {}, {}) look()`,
		`unpack({{}, {}, {}, {}}) look() local a = unpack({{}, {}, {}}) look()`,
		`pcall(function() local a, b, c = {}, {}, {} error({}) end) look()`,
		`xpcall(function() local a, b, c = {}, {}, {} error({}) end, function(e) local x = {} return {} end) look()`,
		`local f = coroutine.wrap(function(...) local a, b = {}, {} coroutine.yield({}, {}, {}) look() return {}, {} end) f({}, {}) look() f({}) look()`,
		`local t = setmetatable({}, {__index = function(t, k) local a, b = {}, {} return {} end, __add = function() local a = {} return {} end}) local x = t.x look() x = t + 1 look()`,
		`for k, v in pairs({{}, {}, {}}) do local a, b = {}, {} look() end look()`,
		`local function f(n) local a, b = {}, {} if n > 0 then return f(n - 1, {}, {}) end end f(5) look()`,
	} {
		b := newBench(guard.Limits{})
		stale := 0
		looks := 0
		b.L().G.Global.RawSetString("look", &lua.LFunction{IsG: true, GFunction: func(L *lua.LState) int {
			looks++
			stale += guard.StaleRegisters(L)
			return 0
		}})
		if _, err := b.run(source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if stale > 0 || looks == 0 {
			t.Errorf("%s left %d values in %d looks", source, stale, looks)
		}
	}
}
