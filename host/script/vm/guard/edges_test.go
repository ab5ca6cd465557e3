package guard_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// What a nil was meant to be is asked of the machine, with the object of a method.
func TestANilThatIsUsedIsExplained(t *testing.T) {
	object := &lua.LUserData{Metatable: lua.LNil}
	for src, want := range map[string]string{
		"object:sing()":                "userdata sing",
		"local o = object o:sing()":    "userdata sing",
		"object.sing()":                "userdata sing",
		"sing()":                       "nil sing",
		"sing.high()":                  "nil sing",
		"songs.high()":                 "nil songs.high",
		"songs.high.c = 1":             "",
		"local x = songs.high.c":       "nil songs.high",
		"local sing sing()":            "",
		"local x = songs x.high.c = 1": "",
	} {
		explained := ""
		shared := guard.Shared{Explain: func(self lua.LValue, name string) string {
			explained = self.Type().String() + " " + name
			return ""
		}}
		g := guard.New(guard.Limits{}, guard.Services{Clock: clock.NewManual(time.Unix(0, 0)), Rand: rand.New(rand.NewPCG(1, 2))}, &shared)
		L := g.L()
		meta := L.NewTable()
		meta.RawSetString("__index", L.NewTable())
		object.Metatable = meta
		L.G.Global.RawSetString("object", object)
		L.G.Global.RawSetString("songs", L.NewTable())
		p, err := guard.Compile("test.lua", src)
		if err != nil {
			t.Fatal(err)
		}
		if err, _ := g.Enter(L, func() { L.Push(g.NewFunction(p)); L.Call(0, 0) }); err == nil || explained != want {
			t.Errorf("%s: %v, explained for %q, not %q", src, err, explained, want)
		}
	}
}

func TestSizeUsesAUnitThatLeavesNothingOver(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1 << 10: "1 KiB", 1<<10 + 1: "1025 bytes", 1 << 20: "1 MiB", 1<<20 + 1<<10: "1025 KiB",
		1 << 30: "1 GiB", 3 << 29: "1536 MiB", 1<<30 + 1: strconv.Itoa(1<<30+1) + " bytes",
	} {
		if got := guard.Size(n); got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
}

func TestEdges(t *testing.T) {
	for src, want := range map[string]string{
		`return debug.getinfo(-1)`:                                 "",
		`return debug.getinfo(1e9)`:                                "",
		`return pcall(load("error('x')", "=mine"))`:                "false mine:1: x",
		`return pcall(load("error('x')"))`:                         `false [string "error('x')"]:1: x`,
		`return pcall(load("return x", "=mine", "t", {x = 5}))`:    "true 5",
		`local s = "" for i = 3, 1, -1 do s = s .. i end return s`: "321",
		`local n = 0 for i = 1, 0 do n = n + 1 end return n`:       "0",
		`local most = 0
		local function f(n) most = n return (string.gsub('a', 'a', function() return f(n + 1) end)) end
		return select(2, pcall(f, 1)), most`: "test.lua:2: C stack overflow 195",
		`return pcall(error)`: "false nil",
		`return pcall(error, {}, 2) == false, select("#", pcall(error))`: "true 2",
	} {
		if got, err := newBench(guard.Limits{}).run(src); err != nil || got != want {
			t.Errorf("%s\n got %q %v\nwant %q", src, got, err, want)
		}
	}
}
