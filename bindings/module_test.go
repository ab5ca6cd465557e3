package bindings_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A counter is a whole service for scripts: all that a new package of bindings has to
// declare and bind.
type counter struct{}

type counterRun struct {
	env   *host.Env
	count int
	ended bool
}

func (counter) Declare() *vm.Module {
	return &vm.Module{Name: "counter", Doc: "Counts.", AfterHangup: "Works as before.", Funcs: []vm.Func{{
		Name: "add", Params: []vm.Param{{Name: "n", Kind: vm.Int, Doc: "how much"}},
		Results: []vm.Result{{Name: "sum", Kind: vm.Int, Doc: "of all calls"}}, Doc: "Adds.", Example: "counter.add(1)",
		Go: func(a *vm.Args) error {
			r := a.Instance().(*counterRun)
			if err := r.env.Grants.CheckAPI("system count"); a.Int(0) > 10 && err != nil {
				return err
			}
			r.count += a.Int(0)
			a.ReturnInt(r.count)
			return nil
		},
	}}}
}

func (counter) Bind(env *host.Env) any {
	r := &counterRun{env: env}
	env.State.SetGlobal("bound", lua.LTrue)
	return r
}

func (r *counterRun) End(context.Context) {
	r.ended = true
	r.env.Log.Info("the counter has ended", "count", r.count)
}

// A new module costs a package and a line in the list. Each run has its own
// instance, which ends with it.
func TestAModuleOfOnesOwn(t *testing.T) {
	set := bindings.New(bindings.Deps{}, counter{})
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	script, err := vm.Compile("count.lua", []byte(`counter.add(2) assert(bound) sum = counter.add(3) ok, why = pcall(counter.add, 11)`))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		log := &lines{}
		st := m.NewState(vm.StateOptions{})
		end := set.Bind(&host.Env{State: st, Switch: host.NoSwitch{}, Log: log.logger(), Clock: clock.System()})
		if err := st.Run(t.Context(), script, nil); err != nil {
			t.Error(err)
		}
		end(t.Context())
		if st.Global("sum").String() != "5" || !strings.Contains(st.Global("why").String(), "count.lua:1: ") || !strings.Contains(st.Global("why").String(), "grants: {api: {allow: [system]}}") {
			t.Errorf("sum %v, why %v", st.Global("sum"), st.Global("why"))
		}
		if !log.has("the counter has ended count=5") {
			t.Error(log.dump())
		}
		st.Close()
	}
}

func TestModulesOfLua51(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		package.preload["greeting"] = function(...) return {text = "hello " .. ..., n = select("#", ...)} end
		r = require("greeting").text .. require("greeting").n .. tostring(package.loaded.greeting == require("greeting"))
		local function make() module("deep.er", package.seeall) function name() return _NAME .. _PACKAGE .. tostring(_M == deep.er) .. type(print) end end
		make()
		r2 = deep.er.name() .. tostring(package.loaded["deep.er"] == deep.er) .. tostring(require("deep.er") == deep.er)
		r3 = select("#", os.exit(1)) .. tostring(pcall(module, "r3"))
		print = print
		finished = "yes"`)
		o.want(t, "r", "hello greeting1true", "r2", "deep.erdeep.truefunctiontruetrue", "r3", "0false", "finished", "yes")
		if !h.log.has("ERROR test.lua:7: os.exit does not end a script") {
			t.Error("the log does not say that os.exit does not end the script")
		}
	})
}
