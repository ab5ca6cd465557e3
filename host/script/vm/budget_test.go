package vm_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
)

// A table that is used as a set or a map for more and more new keys does not grow.
func TestKeysThatAreGoneAreNotHeld(t *testing.T) {
	s := machine(t).NewState(vm.StateOptions{Limits: guard.Limits{Memory: 2 << 20, Burst: time.Hour, CPU: time.Hour}})
	defer s.Close()
	run(t, s, `
		local calls, n = {}, 0
		for i = 1, 100000 do
			calls["call " .. i] = {i} calls[i + 0.5] = true
			calls["call " .. (i - 50)] = nil calls[i - 50 + 0.5] = nil
			rawset(calls, "raw " .. i, i) rawset(calls, -i, i)
			rawset(calls, "raw " .. i, nil) rawset(calls, -i, nil)
		end
		for k in pairs(calls) do n = n + 1 end
		assert(n == 100, n)`)
}

// A value that can be reached counts, wherever it is.
func TestHeldMemoryIsFound(t *testing.T) {
	for name, src := range map[string]string{
		"array":        `local t = {} while true do t[#t + 1] = #t + 0.5 end`,
		"upvalue":      `local f = function() end while true do local g = f f = function() return g end end`,
		"register":     `local s = "x" while true do s = s .. s end`,
		"global":       `n = 0 while true do n = n + 1 _G["g" .. n] = n end`,
		"metatable":    `local t = {} while true do t = setmetatable({}, {__index = t}) end`,
		"key":          `local t = {} while true do t[{}] = true end`,
		"environment":  `local t = getfenv() while true do local f = setfenv(function() end, {t}) t = getfenv(f) t.f = f end`,
		"coroutine":    `local t while true do local u = t t = coroutine.create(function() return u end) end`,
		"suspended":    `local t while true do local u = t t = coroutine.wrap(function() local v = u coroutine.yield() return v end) t() end`,
		"argument":     `local function f(...) return f({...}, 1) end f()`,
		"loaded":       `while true do package.loaded[{}] = {} end`,
		"string table": `string.t = {} while true do string.t[#string.t + 1] = {} end`,
		"error":        `local e while true do local ok ok, e = pcall(error, {e}) end`,
		"proto":        `local t = {} while true do t[#t + 1] = loadstring("return " .. #t) end`,
	} {
		s := machine(t).NewState(vm.StateOptions{Limits: guard.Limits{Memory: 4 << 20, Burst: time.Hour, CPU: time.Hour}})
		sc, err := vm.Compile("held.lua", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		var failed *vm.ScriptError
		if err := s.Run(context.Background(), sc, nil); !errors.As(err, &failed) || failed.Limit != "memory" {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
}

// An honest script is not stopped because others keep the machine busy: what
// it may use is work, not time.
func TestABusyMachineStopsNoHonestScript(t *testing.T) {
	busy, turns := testproc.Size(200, 200, 20), testproc.Size(100, 100, 10)
	m := machine(t)
	loop, err := vm.Compile("busy.lua", []byte(`while true do end`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var others sync.WaitGroup
	for range busy {
		others.Go(func() {
			s := m.NewState(vm.StateOptions{Limits: guard.Limits{Burst: time.Hour, CPU: time.Hour}})
			defer s.Close()
			if err := s.Run(ctx, loop, nil); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	// some 50 ms of work, which takes seconds here
	honest := machine(t).NewState(vm.StateOptions{Limits: guard.Limits{Burst: 200 * time.Millisecond}})
	run(t, honest, `local t = {} for i = 1, `+strconv.Itoa(turns)+` do for j = 1, 200 do t[j] = (t[j] or 0) + ("x"):rep(j):len() end end`)
	cancel()
	others.Wait()
}

func run(t *testing.T, s *vm.State, src string) {
	t.Helper()
	sc, err := vm.Compile("test.lua", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), sc, nil); err != nil {
		t.Fatal(err)
	}
}
