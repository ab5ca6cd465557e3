package dial

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

func readDial() vm.Func {
	return vm.Func{
		Name:   "readDial",
		Params: []vm.Param{{Name: "text", Kind: vm.String, Doc: "a dial string, such as {ignore_early_media=true}sofia/gateway/a/123,sofia/gateway/b/123"}},
		Results: []vm.Result{
			{Name: "what", Kind: vm.Table, Doc: "the table that dial{...} writes it from: a table for each endpoint, with its vars; vars; hunt. nil if the text is no dial string"},
			{Name: "error", Kind: vm.String, Doc: "why it is none"},
		},
		Doc: "Reads a dial string as FreeSWITCH does, so that a script can look at it, change it, and write it with dial{...}, which escapes what is in it. mod_lua does not have it.",
		Example: `local what = assert(readDial("{leg_timeout=20}user/1000,user/1001"))
what.hunt, what.within = true, "app" -- one after the other
session:execute("bridge", dial(what))`,
		Go: func(a *vm.Args) error {
			text := a.String(0)
			a.ChargeCPU(len(text) + strings.Count(text, "[")*len(text)/16) // each may look for its end
			what, err := readOne(text)
			if err != nil {
				a.Return(lua.LNil, lua.LString(err.Error()))
				return nil
			}
			a.Return(table(a, what))
			return nil
		},
	}
}

// readOne reads a dial string that one dial{...} can write.
func readOne(text string) (what syntax.DialString, err error) {
	all, err := syntax.ReadDialString(text)
	switch {
	case err != nil:
		return what, err
	case len(all) > 1:
		return what, errors.New("it has :_:, which dials in several ways at once")
	}
	for _, group := range all[0].Groups {
		if len(all[0].Groups) > 1 && len(group) > 1 {
			return what, errors.New("it has both | and ,")
		}
		for _, leg := range group {
			if leg.Endpoint == "" {
				return what, errors.New("an endpoint in it is empty")
			}
		}
	}
	return all[0], nil
}

// table returns the table that dial{...} reads.
func table(a *vm.Args, what syntax.DialString) *lua.LTable {
	list := newTable(a)
	a.L.Push(list)
	defer a.L.Pop(1)
	for _, group := range what.Groups {
		for _, leg := range group {
			one := newTable(a)
			a.SetIndex(list, list.Len()+1, one)
			a.ChargeMemory(len(leg.Endpoint))
			a.SetIndex(one, 1, lua.LString(leg.Endpoint))
			setVars(a, one, leg.Vars)
		}
	}
	setVars(a, list, what.Vars)
	if len(what.Groups) > 1 {
		a.SetKey(list, "hunt", lua.LTrue)
	}
	return list
}

func setVars(a *vm.Args, t *lua.LTable, vars []syntax.Var) {
	list := newTable(a)
	a.SetKey(t, "vars", list)
	for _, v := range vars {
		a.ChargeMemory(len(v.Name) + len(v.Value) + 64)
		a.SetKey(list, v.Name, lua.LString(v.Value))
	}
}

func newTable(a *vm.Args) *lua.LTable {
	a.ChargeMemory(guard.TableSize(0, 0))
	return &lua.LTable{Metatable: lua.LNil}
}
