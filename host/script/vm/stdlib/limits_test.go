package stdlib_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// TestLimits runs what must not be let run: each ends by the limit that is named, or with a plain error.
func TestLimits(t *testing.T) {
	for i, c := range []struct{ source, want string }{
		{`return string.rep("x", 2e9)`, "memory"},
		{`return string.rep("x", 1e18)`, "resulting string too large"},
		{`return string.rep("", 1e18, "xy")`, "resulting string too large"},
		{`return string.rep(("x"):rep(1000), 1e6, ",")`, "memory"},
		{`local f = ("%99d"):rep(7000) local a = {} for i = 1, 7000 do a[i] = 1 end local t = {} for i = 1, 100 do t[i] = f:format(unpack(a)) end`, "memory"},
		{`local s = ("a"):rep(1e6) local t = {} for i = 1, 100 do t[i] = s:gsub("a", "bbbbbbbb") end`, "memory"},
		{`return (("a"):rep(1e5):gsub("a", ("%0"):rep(1000)))`, "memory"},
		{`return (("a"):rep(1e5):gsub("a", function() return ("x"):rep(1000) end))`, "memory"},
		{`local t = {} for i = 1, 2000 do t[i] = ("x"):rep(1000) end local k = {} for i = 1, 1000 do k[i] = table.concat(t, ("y"):rep(1000)) end`, "memory"},
		{`local s = ("X"):rep(3e6) local t = {} for i = 1, 100 do t[i] = s:lower() end`, "memory"},
		{`local s = ("X"):rep(3e6) .. "y" local t = {} for i = 1, 100 do t[i] = s:reverse() end`, "memory"},
		{`local s = ("X"):rep(3e6) local t = {} for i = 1, 100 do t[i] = s:sub(2) end`, "memory"},
		{`local s = ("X"):rep(3e6) local t = {} for i = 1, 100 do t[i] = s:match("^X(.*)") end`, "memory"},
		{`local s = ("\r"):rep(3e6) local t = {} for i = 1, 100 do t[i] = ("%q"):format(s) end`, "memory"},
		{`local f = ("%c"):rep(1e6) local t = {} for i = 1, 100 do t[i] = os.date(f, 0) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do table.insert(t, i) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do rawset(t, i, i) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do rawset(t, "k" .. i, i) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do t[i] = os.date("*t", i) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do t[i] = table.pack(i) end`, "memory"},
		{`local t = {} for i = 1, 1e7 do t[i] = ("x"):gmatch("x") end`, "memory"},
		{`table.insert({}, 67108863, 1)`, ""},
		{`local t = {} table.insert(t, -1e18, 1)`, "burst"},
		{`local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end`, "burst"},
		{`local s = ("a"):rep(3000) return s:find(".-.-.-.-.-b")`, "burst"},
		{`local s = ("a"):rep(3000) return s:gsub(".-.-.-.-.-b", "")`, "burst"},
		{`local s = ("a"):rep(3000) for _ in s:gmatch(".-.-.-.-.-b") do end`, "burst"},
		{`local s = ("a"):rep(3e6) while true do s:find("b", 1, true) end`, "burst"},
		{`local s = ("a"):rep(3e6) while true do s:find("b") end`, "burst"},
		{`local s = ("("):rep(1e5) while true do s:match("%b()") end`, "burst"},
		{`local t = {} for i = 1, 1e5 do t[i] = 1e5 - i end while true do table.sort(t, function(a, b) return a > b end) end`, "burst"},
		{`local t = {} for i = 1, 1e4 do t[i] = ("x"):rep(500) .. i end while true do table.sort(t) t[1], t[5000] = t[5000], t[1] end`, "burst"},
		{`local t = {} for i = 1, 2e5 do t[i] = i end for i = 1, 2e5 do t[i] = nil end while true do table.getn(t) end`, "burst"},
		{`local t = {} for i = 1, 2e5 do t[i] = i end for i = 1, 2e5 do t[i] = nil end while true do next(t) end`, "burst"},
		{`local t = {} for i = 1, 5e4 do t["k" .. i] = i end for i = 1, 5e4 do t["k" .. i] = nil end while true do next(t) end`, "burst"},
		{`local t = {} for i = 1, 2e5 do t[i] = i end for i = 1, 2e5 - 1 do t[i] = nil end while true do table.maxn(t) next(t) end`, "burst"},
		{`local t = {} for i = 1, 1e5 do t[i] = "x" end while true do pcall(table.concat, t, "", 1, 1e5 + 1) end`, "burst"},
		{`while true do string.format("%.99f", 5e-324) end`, "burst"},
		{`local f = ("%A"):rep(5000) while true do os.date(f, 0) end`, "burst"},
		{`while true do ("x"):rep(1e5):upper() end`, "burst"},
		{`table.sort({3, 1, 2}, function() while true do end end)`, "burst"},
		{`("abc"):gsub(".", function() while true do end end)`, "burst"},
		{`return unpack({}, 1, 2^53)`, "too many results to unpack"},
		{`return unpack({}, -2^63, 2^63)`, "too many results to unpack"},
		{`return string.byte(("x"):rep(1e6), 1, -1)`, "string slice too long"},
		{`local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) return tostring(t)`, "C stack overflow"},
		{`local function f(s) return s:gsub(".", f) end return f("x")`, "C stack overflow"},
		{`local t = {} for i = 1, 100 do t[i] = 100 - i end table.sort(t, function(a, b) t[#t] = nil return a < b end)`, "nil"},
	} {
		limits := guard.Limits{Memory: 8 << 20, Burst: 10 * time.Second}
		if c.want == "burst" {
			limits.Burst = 50 * time.Millisecond
		}
		if testing.Short() && i%4 > 0 {
			continue
		}
		err := newLimited(limits).do(c.source)
		var limit *guard.LimitError
		switch {
		case c.want == "":
			if err != nil {
				t.Errorf("%s\n%v", c.source, err)
			}
		case errors.As(err, &limit):
			if limit.Limit != c.want {
				t.Errorf("%s\n%v, want %s", c.source, err, c.want)
			}
		case err == nil || !strings.Contains(errorText(err), c.want):
			t.Errorf("%s\n%v, want %s", c.source, err, c.want)
		}
	}
}

// TestCharges looks at what single operations are charged whose cost does not show in what they are given.
func TestCharges(t *testing.T) {
	const unit = time.Second / guard.UnitsPerSecond
	for _, c := range []struct {
		prepare, call string
		units         int
		bytes         int64
	}{
		{"for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do t[i] = nil end", "table.getn(t)", 1e5 / 10, 0},
		{"for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do t[i] = nil end", "next(t)", 1e5 / 10, 0},
		{"for i = 1, 1e5 do t[i] = i end", "table.insert(t, 1, 0)", 1e5 / 10, 0},
		{"for i = 1, 1e5 do t[i] = i end", "table.remove(t, 1)", 1e5 / 10, 0},
		{"for i = 1, 1e4 do t[-i] = i end", "table.maxn(t)", 1e4, 0},
		{"for i = 1, 1e4 do t[-i] = i end for i = 1, 1e4 do t[-i] = nil end", "next(t)", 1e4, 0},
		{"", "rawset(t, 2e5, 1)", 2e5 / 10, 2e5 * 16},
		{"", "table.insert(t, 2e5, 1)", 2e5 / 10, 2e5 * 16},
		{"", "rawset(t, 'k', 1)", 0, 700},
		{"", "os.date('*t')", 0, 2000},
		{"", "('x'):rep(1e5)", 500, 1e5},
		{"s = ('x'):rep(1e5)", "s:upper()", 500, 1e5},
		{"s = ('x'):rep(1e5)", "s:find('y', 1, true)", 500, 0},
	} {
		s := newScript(time.UTC)
		if err := s.do("t = {} " + c.prepare); err != nil {
			t.Fatal(err)
		}
		used, held := s.Used(), s.Memory()
		if err := s.do("local _ = " + c.call); err != nil {
			t.Fatal(err)
		}
		if units := int((s.Used() - used) / unit); units < c.units {
			t.Errorf("%s is charged %d units, want %d or more", c.call, units, c.units)
		}
		if bytes := s.Memory() - held; bytes < c.bytes {
			t.Errorf("%s is charged %d bytes, want %d or more", c.call, bytes, c.bytes)
		}
	}
}

// TestNothingIsQuadratic holds what is charged for n and for 8n against each other: the charge is the work.
func TestNothingIsQuadratic(t *testing.T) {
	for _, call := range []string{
		`("ab"):rep(n)`, `("ab"):rep(n, ",")`, `s:gsub("a", "bb")`, `s:gsub("a", function() end)`, `s:gsub("x", "")`, `s:gsub("", "-")`,
		`(function() for _ in s:gmatch("a") do end end)()`, `s:find("b$")`, `s:upper()`, `s:reverse()`, `s:match(".*")`, `s:match("^(.*)b")`,
		`table.concat(t)`, `table.concat(t, ",")`, `table.sort(t, function(a, b) return a < b end)`, `(function() for k in pairs(t) do end end)()`,
		`(function() for i in ipairs(t) do end end)()`, `(function() local r = {} for i = 1, n do table.insert(r, i) end for i = 1, n do table.remove(r) end end)()`,
		`("%d"):rep(100):format(unpack(t, 1, 100))`, `table.maxn(t)`, `(function() for k in pairs(t) do t[k] = nil end end)()`, `("%q"):format(s)`,
		`os.date(("%d"):rep(n))`, `table.foreach(t, function() end)`,
		`(function() for k in pairs(h) do end end)()`, `table.maxn(h)`, `table.foreach(h, function() end)`, `(function() for k in pairs(h) do h[k] = nil end end)()`,
	} {
		used := func(n int) float64 {
			s := newScript(time.UTC)
			source := fmt.Sprintf("n = %d s = ('a'):rep(n) t = {} h = {} for i = 1, n do t[i] = (i * 7919) %% 100003 h['k' .. i] = i end", n)
			if err := s.do(source); err != nil {
				t.Fatal(err)
			}
			before := s.Used()
			if err := s.do("local _ = " + call); err != nil {
				t.Fatalf("%s: %v", call, err)
			}
			return float64(s.Used() - before)
		}
		if small, large := used(2000), used(16000); large > 8*1.6*small+20000 {
			t.Errorf("%s: %.0f ns are charged for 2000, %.0f for 16000", call, small, large)
		}
	}
}

// TestPartsAreCopies holds that a part of a string does not keep the whole alive.
func TestPartsAreCopies(t *testing.T) {
	whole := strings.Repeat("abcdefgh", 1000)
	from := uintptr(unsafe.Pointer(unsafe.StringData(whole)))
	for _, source := range []string{
		`return s:sub(9, 40)`, `return s:match("cdef")`, `return s:match("c(de)f")`, `return select(3, s:find("(bc)"))`,
		`return s:gmatch("abc")()`, `local x s:gsub("abc", function(c) x = c end) return x`,
		`local x s:gsub("abc", setmetatable({}, {__index = function(_, k) x = k end})) return x`,
		`return (s:gsub(".*(abc).*", "%1"))`,
	} {
		s := newScript(time.UTC)
		L := s.L()
		L.G.Global.RawSetString("s", lua.LString(whole))
		p, err := guard.Compile("test", source)
		if err != nil {
			t.Fatal(err)
		}
		s.Context = context.Background()
		if err, _ := s.Enter(L, func() {
			L.Push(s.NewFunction(p))
			L.Call(0, 1)
			text := string(L.Get(-1).(lua.LString))
			if at := uintptr(unsafe.Pointer(unsafe.StringData(text))); at >= from && at < from+uintptr(len(whole)) {
				t.Errorf("%s gives a slice of the whole", source)
			}
		}); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}
