package guard_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// A bench is a guarded state with all libraries, for tests of the guard alone.
type bench struct {
	*guard.Guard
	printed strings.Builder
}

var nothing guard.Shared

func newBench(limits guard.Limits) *bench {
	b := &bench{}
	b.Guard = guard.New(limits, guard.Services{
		Clock: clock.NewManual(time.Unix(1_700_000_000, 0)),
		Print: func(line string) { b.printed.WriteString(line + "\n") },
		Rand:  rand.New(rand.NewPCG(1, 2)),
	}, &nothing)
	L := b.L()
	globals := L.G.Global
	globals.RawSetString("_G", globals)
	for _, library := range stdlib.Libraries() {
		t := globals
		if library.Name != "" {
			t = L.NewTable()
			globals.RawSetString(library.Name, t)
		}
		for _, f := range library.Fields {
			t.RawSetString(f.Name, f.Value)
		}
		if library.Name == "string" {
			L.SetMetatable(lua.LString(""), stdlib.StringMetatable(L, t))
		}
	}
	return b
}

// run runs a chunk; results is what it returned, as tostring writes them.
func (b *bench) run(src string) (results string, err error) {
	p, err := guard.Compile("test.lua", src)
	if err != nil {
		return "", err
	}
	L := b.L()
	err, _ = b.Enter(L, func() {
		L.Push(b.NewFunction(p))
		L.Call(0, lua.MultRet)
		var out []string
		for i := 1; i <= L.GetTop(); i++ {
			out = append(out, L.ToStringMeta(L.Get(i)).String())
		}
		L.SetTop(0)
		results = strings.Join(out, " ")
	})
	return results, err
}

func TestSmoke(t *testing.T) {
	if err := guard.Check(); err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		`return 1+2, "a".."b"..3, 7%3, -2^2, 10/4`:                                                              "3 ab3 1 -4 2.5",
		`local t={} for i=1,100 do t[i]=i*i end local s=0 for k,v in ipairs(t) do s=s+v end return s, #t`:       "338350 100",
		`return pcall(function() error("x") end)`:                                                               "false test.lua:1: x",
		`return pcall(error, {})`:                                                                               "",
		`local function f(n) if n<2 then return n end return f(n-1)+f(n-2) end return f(20)`:                    "6765",
		`local co=coroutine.wrap(function(a) local b=coroutine.yield(a+1) return b*2 end) return co(1), co(10)`: "2 20",
		`local co=coroutine.create(function(...) local ok,v=pcall(function(x) local y = coroutine.yield(x) error(y) end, ...) return ok, v end) local a,b=coroutine.resume(co,5) local c,d,e=coroutine.resume(co,"bad") return a,b,c,d,e,coroutine.status(co)`: "true 5 true false test.lua:1: bad dead",
		`return xpcall(function() local x = nil; x.y = 1 end, function(m) return "H:"..m end)`:       "false H:test.lua:1: attempt to index local 'x' (a nil value)",
		`return pcall(function() foo() end)`:                                                         "false test.lua:1: attempt to call global 'foo' (a nil value)",
		`return pcall(function() local t={} t.a.b=1 end)`:                                            "false test.lua:1: attempt to index field 'a' (a nil value)",
		`return pcall(function() return 1+{} end)`:                                                   "false test.lua:1: attempt to perform arithmetic on a table value",
		`return pcall(function() local s="a" return s..nil end)`:                                     "false test.lua:1: attempt to concatenate a nil value",
		`return pcall(function() return #nil end)`:                                                   "",
		`local function f() return 1+f() end return pcall(f)`:                                        "",
		`local s=0 local function f(n) if n==0 then return 0 end return 1+f(n-1) end return f(5000)`: "5000",
		`return select('#', coroutine.resume(coroutine.create(function() end)))`:                     "1",
		`local co = coroutine.wrap(function() return coroutine.yield(1) end) return co(), co(2)`:     "1 2",
	} {
		got, err := newBench(guard.Limits{}).run(src)
		if err != nil || got != want && want != "" {
			t.Errorf("%s\n got %q %v\nwant %q", src, got, err, want)
		}
		t.Log(got)
	}
}
