package vm_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What a script sees without any binding: a name that appears here is a
// decision.
func TestVisibleNames(t *testing.T) {
	m := machine(t)
	var names []string
	s := m.NewState(vm.StateOptions{Print: func(line string) { names = append(names, line) }})
	sc, err := vm.Compile("names.lua", []byte(`
		local seen = {[_G] = true, [package.loaded] = true}
		local function walk(prefix, t)
			for k, v in pairs(t) do
				print(prefix .. tostring(k) .. " " .. type(v))
				if type(v) == "table" and not seen[v] then seen[v] = true walk(prefix .. k .. ".", v) end
			end
		end
		walk("", _G)`))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), sc, nil); err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	got := strings.Join(names, "\n") + "\n"
	const golden = "testdata/names.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the visible names changed; if that is meant, run the test with -update\n%s", got)
	}
}

func machine(b testing.TB) *vm.Machine {
	b.Helper()
	m, err := vm.NewMachine()
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// No script can change what another sees.
func TestStatesAreApart(t *testing.T) {
	m := machine(t)
	hostile, err := vm.Compile("hostile.lua", []byte(`
		local function spoil(t) for k in pairs(t) do t[k] = function() return "spoilt" end end end
		for _, name in ipairs{"string", "table", "math", "os", "coroutine", "debug"} do spoil(_G[name]) end
		pcall(function() getmetatable("").__index = nil end)
		pcall(setfenv, print, {}) pcall(setfenv, pcall, {}) pcall(setfenv, string.format, {})
		setfenv(0, {})
		for k in pairs(_G) do if k ~= "pairs" then _G[k] = nil end end`))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := vm.Compile("plain.lua", []byte(`
		debug["sql"] = true
		string.trim = function(s) return (s:gsub("^%s+", "")) end
		assert(("  x"):trim() == "x" and ("x"):upper() == "X")
		assert(string.format("%d", 5) == "5" and table.concat({1, 2}) == "12" and math.floor(1.5) == 1)
		assert(coroutine.wrap(function() return 7 end)() == 7 and pcall(error) == false)
		assert(getfenv(print) == _G and debug.sql and debug.traceback() and _G.string == string)
		n = (n or 0) + 1 assert(n == 1)`))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s := m.NewState(vm.StateOptions{})
		_ = s.Run(context.Background(), hostile, nil) // it may well fail: it takes away its own globals
		s.Close()
		s = m.NewState(vm.StateOptions{})
		if err := s.Run(context.Background(), plain, nil); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
}

func TestArgvAndGlobals(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	x.SetGlobal("settings", x.Table(map[string]any{"cause": "NORMAL_CLEARING", "seconds": 20, "loud": true, "volume": 0.5}))
	if err := x.run(t, `print(argv[0], argv[1], argv[2], #argv) print(settings.cause, settings.seconds + 1, settings.loud, settings.volume)
		answer = "kept"`); err != nil {
		t.Fatal(err)
	}
	if want := []string{"flow\t7001\tnil\t1", "NORMAL_CLEARING\t21\ttrue\t0.5"}; !slices.Equal(x.printed, want) {
		t.Error(x.printed)
	}
	if x.Global("answer") != lua.LString("kept") || x.Global("absent") != lua.LNil {
		t.Error(x.Global("answer"), x.Global("absent"))
	}
}

func TestRequire(t *testing.T) {
	sources := map[string]string{
		"lib":    `local M = {} loads = (loads or 0) + 1 M.arg = ... return M`,
		"silent": `x = 1`,
		"sets":   `package.loaded["sets"] = "by itself"`,
		"loop":   `return require "loop"`,
		"broken": `error("no good")`,
	}
	loader := func(name string) (*vm.Script, error) {
		src, ok := sources[name]
		if !ok {
			return nil, fmt.Errorf("the generation has no %s.lua%w", name, absent{})
		}
		return vm.Compile(name+".lua", []byte(src))
	}
	x := newExchange(t, vm.StateOptions{Require: loader})
	if err := x.run(t, `
		print(require("lib") == require("lib"), loads, require("lib").arg, package.loaded.lib == require "lib")
		print(require "silent", require "sets", require "string" == string)
		print(pcall(require, "loop"))
		print(pcall(require, "broken"))
		print(pcall(require, "absent"))
		package.path = package.path .. ";/usr/share/?.lua" package.loaded.lib = nil require "lib" print(loads)`); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"true\t1\tlib\ttrue",
		"true\tby itself\ttrue",
		"false\tloop.lua:1: loop or previous error loading module 'loop'",
		"false\tbroken.lua:1: no good",
		"false\tmodule 'absent' not found: the generation has no absent.lua",
		"2",
	}
	if !slices.Equal(x.printed, want) {
		t.Errorf("got  %q\nwant %q", x.printed, want)
	}
}

func TestCompileErrors(t *testing.T) {
	for src, want := range map[string]string{
		"x = 1\nif x then\n":        "flow.lua:3: syntax error near '<eof>'",
		"x = 1\nx = = 2":            "flow.lua:2: syntax error near '='",
		"\n\nlocal s = 'a\nb'":      "flow.lua:3: unfinished string near ''a'",
		"x = 5 // 2":                "flow.lua:1: the operator // is of Lua 5.3",
		"x = 0x":                    "flow.lua:1: malformed number near '0x'",
		"return 1 & 2":              "flow.lua:1: the operator & is of Lua 5.3",
		"\xef\xbb\xbf#!/lua\nx = (": "flow.lua:2: syntax error near '<eof>'",
		"--[[ a\nb ]] goto nowhere": "no visible label 'nowhere'",
	} {
		_, err := vm.Compile("flow.lua", []byte(src))
		var wrong *vm.CompileError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || wrong.File != "flow.lua" || wrong.Line == 0 {
			t.Errorf("%q: got %v, want %s", src, err, want)
		}
	}
}

func TestLimitsNameThemselves(t *testing.T) {
	for name, c := range map[string]struct {
		limits    guard.Limits
		src, want string
		line      int
		catchable bool
	}{
		"memory": {guard.Limits{Memory: 1 << 20}, "local t = {}\nwhile true do t[#t + 1] = {} end", "memory limit of 1 MiB reached", 2, false},
		"burst":  {guard.Limits{Burst: 10 * time.Millisecond}, "\n\nwhile true do end", "burst limit of 10ms of processor time between two waits reached", 3, false},
		"cpu":    {guard.Limits{CPU: 10 * time.Millisecond}, "while true do\nfor i = 1, 1e4 do end phone:sleep(1) end", "cpu limit of 10ms of processor time reached", 0, false},
		"stack":  {guard.Limits{Stack: 300}, "local function f()\nreturn 1 + f() end f()", "stack overflow: stack limit of 300 nested calls reached", 2, true},
		"source": {guard.Limits{Source: 20}, "local x = 1 local y = 2 local z = 3", "source limit of 20 bytes reached", 1, true},
	} {
		x := newExchange(t, vm.StateOptions{Limits: c.limits, Tracer: vm.Traces(clock.System(), func(vm.Trace) {})})
		err := x.run(t, c.src)
		var failed *vm.ScriptError
		if !errors.As(err, &failed) || failed.Message != c.want || failed.Limit != name || failed.File != "flow.lua" || c.line > 0 && failed.Line != c.line {
			t.Errorf("%s: %v", name, err)
		}
		if c.catchable {
			continue
		}
		x = newExchange(t, vm.StateOptions{Limits: c.limits, Tracer: vm.Traces(clock.System(), func(vm.Trace) {})})
		src := "while true do pcall(coroutine.wrap(function() pcall(function() " + c.src + " end) end)) end"
		if err := x.run(t, src); !errors.As(err, &failed) || failed.Limit != name {
			t.Errorf("%s was caught: %v", name, err)
		}
	}
}

func TestDurationEndsAWait(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	x := newExchange(t, vm.StateOptions{Clock: clk, Limits: guard.Limits{Duration: 10 * time.Minute}})
	x.phone.waiting = make(chan struct{})
	done := make(chan error)
	go func() { done <- x.run(t, "pcall(function()\nphone:wait() end)\nprint('after')") }()
	<-x.phone.waiting
	clk.Advance(10 * time.Minute)
	err := <-done
	var failed *vm.ScriptError
	if !errors.As(err, &failed) || failed.Limit != "duration" || failed.Line != 2 || failed.Message != "duration limit of 10m0s reached" || len(x.printed) > 0 {
		t.Fatal(err, x.printed)
	}
}

func TestCancelEndsTheScript(t *testing.T) {
	for name, src := range map[string]string{
		"a wait":      "started() phone:wait() print('after')",
		"a loop":      "started() while true do end",
		"a pcall":     "started() while true do pcall(function() while true do end end) end",
		"a coroutine": "started() coroutine.wrap(function() while true do end end)()",
	} {
		x := newExchange(t, vm.StateOptions{Limits: guard.Limits{Burst: time.Hour, CPU: time.Hour}})
		ctx, cancel := context.WithCancelCause(context.Background())
		stopping := errors.New("the host is stopping")
		started := make(chan struct{})
		x.SetGlobal("started", &lua.LFunction{IsG: true, GFunction: func(*lua.LState) int { close(started); return 0 }})
		go func() { <-started; cancel(stopping) }()
		err := x.runContext(t, ctx, src)
		if !errors.Is(err, stopping) || len(x.printed) > 0 {
			t.Errorf("%s: %v %v", name, err, x.printed)
		}
	}
}

// The burst budget begins again with each wait, the others do not.
func TestBurstBeginsAnewAfterAWait(t *testing.T) {
	const burst = 100 * time.Millisecond
	x := newExchange(t, vm.StateOptions{Limits: guard.Limits{Burst: burst}, Tracer: vm.Traces(clock.System(), func(vm.Trace) {})})
	x.SetGlobal("enough", &lua.LFunction{IsG: true, GFunction: func(L *lua.LState) int {
		L.Push(lua.LBool(x.Used() > 2*burst))
		return 1
	}})
	// each turn takes a few milliseconds, also on a busy machine
	if err := x.run(t, `repeat for j = 1, 1e5 do end phone:sleep(1) until enough()`); err != nil {
		t.Fatal(err)
	}
}

func TestAClosedStateRunsNothing(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	if err := x.run(t, `function f() return 1 end`); err != nil {
		t.Fatal(err)
	}
	f := x.Global("f")
	if results, err := x.Call(f); err != nil || len(results) != 1 {
		t.Fatal(results, err)
	}
	x.Close()
	if _, err := x.Call(f); err == nil {
		t.Error("it ran")
	}
}

// absent is fs.ErrNotExist without its text.
type absent struct{}

func (absent) Error() string        { return "" }
func (absent) Is(target error) bool { return target == fs.ErrNotExist }
