package vm_test

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

type uncomparable struct {
	vm.Nothing
	act func()
}

// A machine starts only if every object says what it holds, and every record can be
// compared.
func TestObjectsSayWhatTheyHold(t *testing.T) {
	for want, m := range map[string]*vm.Module{
		"the class C is declared without a Value":  {Classes: []*vm.Class{{Name: "C"}}},
		"the class R is declared without a Value":  {Records: []*vm.Class{{Name: "R"}}},
		"the record R is a vm_test.uncomparable":   {Records: []*vm.Class{{Name: "R", Value: uncomparable{}}}},
		"the record R is a *vm_test.uncomparable:": {Records: []*vm.Class{{Name: "R", Value: &uncomparable{}}}},
	} {
		if _, err := vm.NewMachine(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	m, err := vm.NewMachine(&vm.Module{Classes: []*vm.Class{{Name: "C", Value: label("")}}})
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewState(vm.StateOptions{})
	defer s.Close()
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "the objects of class C are vm_test.label, not string") {
			t.Error(r)
		}
	}()
	s.NewObject("C", "text")
}

// keeper keeps what a module binds to a state.
type keeper struct{ v lua.LValue }

func (k *keeper) Holds(visit func(lua.LValue)) int { visit(k.v); return 5 << 20 }

// The memory limit counts what an object, a module's instance and require keep
// alive outside Lua.
func TestWhatGoKeepsIsCounted(t *testing.T) {
	k := &keeper{lua.LNil}
	keep := &vm.Module{Name: "keep", Funcs: []vm.Func{{Name: "it", Params: []vm.Param{{Name: "v", Kind: vm.Any}}, Go: func(a *vm.Args) error {
		k.v = a.Value(0)
		return nil
	}}}}
	m, err := vm.NewMachine(keep)
	if err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		`for i = 1, 20 do local s = ("x"):rep(1e6) end`:                                                     "",
		`keep.it(("x"):rep(8e6)) for i = 1, 20 do local s = ("x"):rep(1e6) end`:                             "",
		`keep.it({("x"):rep(8e6), ("y"):rep(8e6)}) for i = 1, 20 do local s = ("x"):rep(1e6) end`:           "memory",
		`require "big" for i = 1, 20 do local s = ("x"):rep(1e6) end`:                                       "",
		`require "big" require "bigger" for i = 1, 20 do local s = ("x"):rep(1e6) end`:                      "memory",
		`require "big" require "bigger" package.loaded = nil for i = 1, 20 do local s = ("x"):rep(1e6) end`: "memory",
	} {
		k.v = lua.LNil
		s := m.NewState(vm.StateOptions{Require: func(name string) (*vm.Script, error) {
			return vm.Compile(name, []byte(`return {("x"):rep(6e6)}`))
		}})
		s.Bind(keep, k)
		script, err := vm.Compile("keep.lua", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(t.Context(), script, nil)
		if got := limitOf(err); got != want {
			t.Errorf("%s ends with %v, want the limit %q", src, err, want)
		}
		s.Close()
	}
}

func limitOf(err error) string {
	if failed, ok := err.(*vm.ScriptError); ok {
		return failed.Limit
	}
	return ""
}
