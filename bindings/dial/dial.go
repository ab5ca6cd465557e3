// Package dial declares dial{...}, which writes dial strings, and readDial, which reads
// them: endpoints, how they ring, and their variables. host/freeswitch/syntax escapes them, so that
// nothing in a name or a number means anything else to FreeSWITCH.
package dial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares dial, readDial, originate and callback.
type Module struct {
	Nodes node.Nodes
	Legs  *legs.Registry // nil: no script can have two people called
}

// Bind returns who dials for the run.
func (m Module) Bind(env *run.Env) any { return &caller{env: env, nodes: m.Nodes, legs: m.Legs} }

// Declare declares the functions.
func (Module) Declare() *vm.Module {
	return &vm.Module{AfterHangup: "Works as before: it does not concern the call.", Funcs: []vm.Func{{
		Name: "dial",
		Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: `the endpoints: each one a text ("user/1000"), or a table with its own vars and timeout ({"user/1000", vars = {...}}). ` +
			`vars: the variables of every leg. timeout: seconds to wait for an answer. hunt = true: try the endpoints one after the other instead of all at once. ` +
			`within = "app" or "api": the text becomes part of an argument of session:execute or api:execute`}},
		Results: []vm.Result{{Name: "dialstring", Kind: vm.String, Doc: "the dial string"}},
		Doc: "Writes a dial string. Everything in it is escaped as FreeSWITCH reads it, so that nothing in a name or a number means anything else. " +
			"Raises an error that names what cannot be dialled. mod_lua does not have it.",
		Example: `local name = session:getVariable("caller_id_name")
local leg = freeswitch.Session(dial{"user/1000", "user/1001", vars = {origination_caller_id_name = name}, timeout = 20}, session)
session:execute("bridge", dial{"user/1000", vars = {customer = name}, within = "app"})
freeswitch.API():execute("originate", dial{"user/1000", within = "api"} .. " &park()")`,
		Go: write,
	}, readDial(), originateFunc(), callbackFunc()}}
}

func write(a *vm.Args) error {
	what, err := read(a, a.Table(0))
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	charge(a, what)
	text, err := what.Write()
	if err != nil {
		return err
	}
	switch within(a.Table(0)) {
	case "app":
		text = syntax.Literal(text)
	case "api":
		text = syntax.Word(text)
	}
	a.ReturnString(text)
	return nil
}

// charge counts what checking and writing the string will take.
func charge(a *vm.Args, what syntax.DialString) {
	size, count := sizeOf(what.Vars), 0
	for _, legs := range what.Groups {
		for _, leg := range legs {
			count += 1 + len(leg.Vars)
			if size < tooLong {
				size += len(leg.Endpoint) + sizeOf(leg.Vars)
			}
		}
	}
	a.ChargeCPU(2*count + count*len(what.Vars)/4)
	size = min(size, tooLong)
	a.ChargeMemory(16 * size) // as much as escapes can make of it
	a.ChargeCPU(8 * size)
}

// tooLong is a size that package syntax refuses to write.
const tooLong = 64<<10 + 1

func sizeOf(vars []syntax.Var) (size int) {
	for _, v := range vars {
		size += len(v.Name) + len(v.Value)
	}
	return size
}

func within(t *lua.LTable) string { return lua.LVAsString(t.RawGetString("within")) }

// read reads the table.
func read(a *vm.Args, t *lua.LTable) (syntax.DialString, error) {
	var what syntax.DialString
	if err := fields(a, t, "vars", "timeout", "hunt", "within"); err != nil {
		return what, err
	}
	if w := within(t); w != "" && w != "app" && w != "api" {
		return what, fmt.Errorf(`within is %q; write "app" for session:execute or "api" for api:execute`, w)
	}
	var err error
	if what.Vars, err = variables(a, t, "vars", "originate_timeout"); err != nil {
		return what, err
	}
	for i := 1; i <= min(t.Len(), tooMany); i++ {
		legs, err := element(a, t.RawGetInt(i), i)
		if err != nil {
			return what, err
		}
		if lua.LVAsBool(t.RawGetString("hunt")) || i == 1 {
			what.Groups = append(what.Groups, legs)
		} else {
			what.Groups[0] = append(what.Groups[0], legs...)
		}
	}
	return what, nil
}

// tooMany is a number of endpoints that package syntax refuses.
const tooMany = 129

// element reads one endpoint, or a table of endpoints with their variables.
func element(a *vm.Args, v lua.LValue, at int) ([]syntax.Leg, error) {
	switch v := v.(type) {
	case lua.LString:
		return []syntax.Leg{{Endpoint: string(v)}}, nil
	case *lua.LTable:
		if err := fields(a, v, "vars", "timeout"); err != nil {
			return nil, err
		}
		vars, err := variables(a, v, "vars", "leg_timeout")
		if err != nil {
			return nil, err
		}
		var legs []syntax.Leg
		for i := 1; i <= min(v.Len(), tooMany); i++ {
			endpoint, ok := v.RawGetInt(i).(lua.LString)
			if !ok {
				return nil, notEndpoint(v.RawGetInt(i), at)
			}
			legs = append(legs, syntax.Leg{Endpoint: string(endpoint), Vars: vars})
		}
		if legs == nil {
			return nil, fmt.Errorf(`element %d has no endpoint; write {"user/1000", vars = {...}}`, at)
		}
		return legs, nil
	}
	return nil, notEndpoint(v, at)
}

func notEndpoint(v lua.LValue, at int) error {
	return fmt.Errorf(`element %d is a %s; write an endpoint such as "user/1000", or {"user/1000", vars = {...}}`, at, v.Type())
}

// fields refuses unknown fields, which are mistyped names or variables outside
// vars.
func fields(a *vm.Args, t *lua.LTable, known ...string) error {
	var wrong string
	t.ForEach(func(k, _ lua.LValue) {
		a.ChargeCPU(4)
		if name, ok := k.(lua.LString); ok && !slices.Contains(known, string(name)) && (wrong == "" || string(name) < wrong) {
			wrong = string(name)
		}
	})
	if wrong == "" {
		return nil
	}
	return fmt.Errorf("there is no field %q here; write endpoints and %s (variables belong into vars)", wrong, strings.Join(known, ", "))
}

// variables reads the table of variables, sorted by name, and adds the timeout as the variable
// that FreeSWITCH has for it.
func variables(a *vm.Args, t *lua.LTable, field, timeout string) ([]syntax.Var, error) {
	var vars []syntax.Var
	switch list := t.RawGetString(field).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		var err error
		list.ForEach(func(k, v lua.LValue) {
			a.ChargeCPU(40)
			a.ChargeMemory(64)
			name, ok := k.(lua.LString)
			value, scalar := text(v)
			switch {
			case !ok:
				err = fmt.Errorf("%[1]s has an entry without a name; write %[1]s = {name = value}", field)
			case !scalar:
				err = fmt.Errorf("the variable %s is a %s; it can be text, a number, true or false", string(name), v.Type())
			default:
				vars = append(vars, syntax.Var{Name: string(name), Value: value})
			}
		})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(vars, func(a, b syntax.Var) int { return strings.Compare(a.Name, b.Name) })
	default:
		return nil, fmt.Errorf("%[1]s is a %[2]s; write %[1]s = {name = value}", field, list.Type())
	}
	switch seconds := t.RawGetString("timeout").(type) {
	case *lua.LNilType:
	case lua.LNumber:
		if seconds < 1 || seconds > 1<<20 {
			return nil, fmt.Errorf("timeout is %v; write whole seconds, at least 1", float64(seconds))
		}
		vars = append(vars, syntax.Var{Name: timeout, Value: fmt.Sprint(int(seconds))})
	default:
		return nil, fmt.Errorf("timeout is a %s; write seconds as a number", seconds.Type())
	}
	return vars, nil
}

func text(v lua.LValue) (string, bool) {
	switch v.Type() {
	case lua.LTString, lua.LTNumber, lua.LTBool:
		return v.String(), true
	}
	return "", false
}
