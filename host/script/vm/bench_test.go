//go:build unix

package vm_test

import (
	"context"
	"runtime"
	"slices"
	"syscall"
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

// loopTurn is the number of times that each runs a script before the other does.
const loopTurn = 4

// BenchmarkLoop compares the processor time of VM-bound scripts under the guard with
// that in gopher-lua's own loop. They run in turns, and the figure is the median of
// the ratios: what another process on the machine disturbs is one turn.
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
			guarded := func() {
				st := m.NewState(vm.StateOptions{Limits: guard.Limits{Burst: time.Hour, CPU: time.Hour}})
				if err := st.Run(context.Background(), script, nil); err != nil {
					b.Fatal(err)
				}
			}
			stock := func() {
				plain.Push(fn)
				plain.Call(0, 0)
			}
			var ratios []float64
			for b.Loop() {
				var own, least time.Duration
				if len(ratios)%2 == 0 { // who is second pays for some of the first one's garbage
					own, least = turn(guarded), turn(stock)
				} else {
					least, own = turn(stock), turn(guarded)
				}
				ratios = append(ratios, float64(own)/float64(least))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "guarded/plain")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// turn returns the processor time of this process, its garbage collector's
// included, for a turn of run.
func turn(run func()) time.Duration {
	begin := processTime()
	for range loopTurn {
		run()
	}
	return processTime() - begin
}

func processTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
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
