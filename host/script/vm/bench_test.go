package vm_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// scripts that the instruction loop bounds, not the libraries.
var bound = []struct{ name, src string }{
	{"fib", `local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end return fib(22)`},
	{"sieve", `local n, t = 20000, {} for i = 2, n do t[i] = true end
		for i = 2, n do if t[i] then for j = i*i, n, i do t[j] = false end end end
		local c = 0 for i = 2, n do if t[i] then c = c + 1 end end return c`},
	{"objects", `local P = {} P.__index = P
		function P.new(x, y) return setmetatable({x = x, y = y}, P) end
		function P:add(o) return P.new(self.x + o.x, self.y + o.y) end
		local a = P.new(0, 0) for i = 1, 5000 do a = a:add(P.new(i, -i)) end return a.x`},
	{"closures", `local function counter() local n = 0 return function() n = n + 1 return n end end
		local s = 0 for i = 1, 2000 do local c = counter() c() s = s + c() end return s`},
	{"globals", `x = 0 function inc(n) x = x + n end for i = 1, 20000 do inc(i) end return x`},
	{"tables", `local t = {} for i = 1, 3000 do t["k" .. i] = {i} end local s = 0
		for i = 1, 3000 do s = s + t["k" .. i][1] end return s`},
}

func machine(b testing.TB) *vm.Machine {
	b.Helper()
	m, err := vm.NewMachine()
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkLoop compares VM-bound scripts under the guard with gopher-lua's
// own loop, turn by turn.
func BenchmarkLoop(b *testing.B) {
	m := machine(b)
	for _, s := range bound {
		b.Run(s.name, func(b *testing.B) {
			script, err := vm.Compile("bench.lua", []byte(s.src))
			if err != nil {
				b.Fatal(err)
			}
			plain := lua.NewState()
			defer plain.Close()
			fn, err := plain.LoadString(s.src)
			if err != nil {
				b.Fatal(err)
			}
			var guarded, stock time.Duration
			for b.Loop() {
				st := m.NewState(vm.StateOptions{Limits: guard.Limits{Burst: time.Hour, CPU: time.Hour}})
				start := time.Now()
				if err := st.Run(context.Background(), script, nil); err != nil {
					b.Fatal(err)
				}
				guarded += time.Since(start)
				start = time.Now()
				plain.Push(fn)
				plain.Call(0, 0)
				stock += time.Since(start)
			}
			b.ReportMetric(float64(guarded)/float64(stock), "guarded/plain")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkState makes a state and runs an empty script in it.
func BenchmarkState(b *testing.B) {
	m := machine(b)
	script, err := vm.Compile("bench.lua", []byte(`local x = 1`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		st := m.NewState(vm.StateOptions{})
		if err := st.Run(context.Background(), script, nil); err != nil {
			b.Fatal(err)
		}
	}
	const many = 2000
	states := make([]*vm.State, many)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range states {
		states[i] = m.NewState(vm.StateOptions{})
		if err := states[i].Run(context.Background(), script, nil); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "B-live/state")
	runtime.KeepAlive(states)
}
