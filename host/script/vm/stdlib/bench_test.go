package stdlib_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// stringScripts lists what flows do with strings, in sizes they meet.
var stringScripts = []struct{ name, source string }{
	{"split", `local s = ("field,"):rep(2000) local n = 0 for f in s:gmatch("([^,]*),") do n = n + #f end return n`},
	{"template", `local t = ("Hello ${name}, your number is ${number}. "):rep(200)
		local v = {name = "Ada", number = "+49 30 123456"} return #t:gsub("%${(%w+)}", v)`},
	{"escape", `local s = ("a b&c=d/e?"):rep(500) return #s:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)`},
	{"trim", `local n = 0 for i = 1, 2000 do n = n + #(("   line " .. i .. "   "):match("^%s*(.-)%s*$")) end return n`},
	{"headers", `local h = "" for i = 1, 50 do h = h .. "variable_key" .. i .. ": value" .. i .. "\n" end
		local n = 0 for i = 1, 20 do for k, v in h:gmatch("([%w_]+): ([^\n]*)\n") do n = n + #k + #v end end return n`},
	{"characters", `local s = ("0123456789"):rep(300) local n = 0 for i = 1, #s do if s:sub(i, i) == "7" then n = n + s:byte(i) end end return n`},
	{"format", `local n = 0 for i = 1, 3000 do n = n + #string.format("%05d %-10s %.2f %x", i, "name", i / 3, i) end return n`},
	{"build", `local t = {} for i = 1, 1000 do t[#t + 1] = "item " .. i end return #table.concat(t, "\n"):upper():reverse()`},
	{"find", `local s = ("x"):rep(5000) .. "needle" local n = 0 for i = 1, 200 do n = n + s:find("needle", 1, true) + s:find("n%a+e$") end return n`},
	{"dates", `local n = 0 for i = 1, 1000 do n = n + #os.date("!%Y-%m-%d %H:%M:%S", i * 86400) end return n`},
}

// BenchmarkStrings runs the scripts here, guarded, and in gopher-lua as it comes, in turn, and reports our time as a
// share of its: of the best run of each, as the machine has other work too.
func BenchmarkStrings(b *testing.B) {
	var ours, stock time.Duration
	logs := 0.0
	for _, s := range stringScripts {
		b.Run(s.name, func(b *testing.B) {
			least, theirs := time.Hour, time.Hour
			for b.Loop() {
				a, c := runBoth(b, s.source)
				least, theirs = min(least, a), min(theirs, c)
			}
			ours += least
			stock += theirs
			logs += math.Log(float64(least) / float64(theirs))
			b.ReportMetric(float64(least)/float64(theirs), "of-stock")
		})
	}
	b.Logf("together %.3f of stock, in the geometric mean %.3f", float64(ours)/float64(stock), math.Exp(logs/float64(len(stringScripts))))
}

func runBoth(b *testing.B, source string) (ours, stock time.Duration) {
	p, err := guard.Compile("bench", source)
	if err != nil {
		b.Fatal(err)
	}
	s := newScript(time.UTC)
	start := time.Now()
	if err, _ := s.Enter(s.L(), func() {
		s.L().Push(s.NewFunction(p))
		s.L().Call(0, 1)
	}); err != nil {
		b.Fatal(err)
	}
	ours = time.Since(start)

	chunk, err := parse.Parse(strings.NewReader(source), "bench")
	if err != nil {
		b.Fatal(err)
	}
	if p, err = lua.Compile(chunk, "bench"); err != nil {
		b.Fatal(err)
	}
	L := lua.NewState()
	defer L.Close()
	start = time.Now()
	L.Push(L.NewFunctionFromProto(p))
	L.Call(0, 1)
	return ours, time.Since(start)
}
