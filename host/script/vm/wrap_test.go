package vm_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A phone is a class to test with, declared as a binding would.
type phone struct {
	vm.Nothing
	number  string
	state   *vm.State
	seen    []string
	waiting chan struct{} // closed when wait begins; may be nil
}

type task struct {
	vm.Nothing
	ID string
}

// A label is the value of a class that is one text.
type label string

func (l label) Holds(visit func(lua.LValue)) int { visit(lua.LString(l)); return 0 }

func (t task) Cancel() string { return "cancelled " + t.ID }

var errRefused = errors.New("the exchange refused; dial 9 first")

// declared returns a module with a class and with every kind of parameter.
func declared() *vm.Module {
	c := &vm.Class{Name: "Phone", Native: "CorePhone", Value: (*phone)(nil), Fields: []vm.Field{
		{Name: "number", Kind: vm.String, Get: func(self any) lua.LValue { return lua.LString(self.(*phone).number) }},
	}}
	c.Methods = []vm.Func{
		{Name: "set", Params: []vm.Param{{Name: "name", Kind: vm.String}, {Name: "value", Kind: vm.String}},
			Go: func(a *vm.Args) error {
				p := a.Self().(*phone)
				p.seen = append(p.seen, fmt.Sprintf("%s=%s/%v", a.String(0), a.String(1), a.Has(1)))
				return nil
			}},
		{Name: "sleep", Params: []vm.Param{{Name: "ms", Kind: vm.Int}},
			Go: func(a *vm.Args) error {
				a.ReturnInt(a.Int(0))
				return clock.Sleep(a.Context(), clock.System(), time.Duration(min(a.Int(0), 1))*time.Millisecond)
			}},
		{Name: "hold", Params: []vm.Param{{Name: "on", Kind: vm.Bool, Optional: true}},
			Go: func(a *vm.Args) error { a.ReturnBool(a.Bool(0)); return nil }},
		{Name: "join", Params: []vm.Param{{Name: "other", Kind: vm.Object, Class: "Phone"}},
			Go: func(a *vm.Args) error { a.ReturnString(a.Object(0).(*phone).number); return nil }},
		{Name: "each", Params: []vm.Param{{Name: "fn", Kind: vm.Function}, {Name: "rest", Kind: vm.Any, Variadic: true}},
			Go: func(a *vm.Args) error {
				for i := 1; i < a.Len(); i++ {
					results, err := a.State().Call(a.Function(0), a.Value(i))
					if err != nil {
						return err
					}
					if len(results) > 0 && results[0] == lua.LFalse {
						break
					}
				}
				return nil
			}},
		{Name: "dial", Params: []vm.Param{{Name: "number", Kind: vm.Number}}, Go: func(a *vm.Args) error { return errRefused }},
		{Name: "task", Go: func(a *vm.Args) error { a.Return(a.Record(task{ID: "7"})); return nil }},
		{Name: "wait", Go: func(a *vm.Args) error {
			if waiting := a.Self().(*phone).waiting; waiting != nil {
				close(waiting)
			}
			<-a.Context().Done()
			return a.Context().Err()
		}},
		{Name: "crash", Go: func(a *vm.Args) error { var none *phone; none.number = "x"; return nil }},
	}
	m := &vm.Module{Name: "exchange", Constants: []vm.Constant{{Name: "LINES", Value: lua.LNumber(4)}}, Classes: []*vm.Class{c}, Funcs: []vm.Func{
		{Name: "lines", Params: []vm.Param{{Name: "t", Kind: vm.Table}},
			Go: func(a *vm.Args) error {
				a.Return(lua.LNumber(a.Table(0).Len()), lua.LString(a.Self().(string)))
				return nil
			}},
		{Name: "nothing", Go: func(a *vm.Args) error { return nil }},
	}, Absent: map[string]string{
		"recall": "there is no recall", "os.execute": "the exchange runs no programs", "Phone:ring": "the exchange rings",
	}}
	return m
}

// An exchange is a state with the declared class and module, and how it went.
type exchange struct {
	*vm.State
	phone   *phone
	printed []string
	traces  []vm.Trace
}

func newExchange(t testing.TB, o vm.StateOptions) *exchange {
	t.Helper()
	module := declared()
	m, err := vm.NewMachine(module)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{phone: &phone{number: "1000"}}
	o.Print = func(line string) { x.printed = append(x.printed, line) }
	if o.Tracer == nil {
		o.Tracer = vm.Traces(cmp.Or[clock.Clock](o.Clock, clock.System()), func(tr vm.Trace) { x.traces = append(x.traces, tr) })
	}
	x.State = m.NewState(o)
	x.phone.state = x.State
	x.Bind(module, "central")
	x.SetGlobal("phone", x.NewObject("Phone", x.phone))
	x.SetGlobal("other", x.NewObject("Phone", &phone{number: "2000"}))
	t.Cleanup(x.Close)
	return x
}

func (x *exchange) run(t testing.TB, src string) error {
	t.Helper()
	return x.runContext(t, context.Background(), src)
}

func (x *exchange) runContext(t testing.TB, ctx context.Context, src string) error {
	t.Helper()
	sc, err := vm.Compile("flow.lua", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return x.Run(ctx, sc, []string{"flow", "7001"})
}

// The texts are SWIG's, which mod_lua's are.
func TestArguments(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{`phone:set("a", 5)`, ""},
		{`phone:set("a", nil)`, ""},
		{`phone:sleep("1000")`, "1000"},
		{`phone:sleep(12.9)`, "12"},
		{`phone:sleep("1e300")`, "9.2233720368548e+18"},
		{`phone:hold()`, "false"},
		{`phone:hold(nil)`, "false"},
		{`phone:hold(true)`, "true"},
		{`phone:join(other)`, "2000"},
		{`exchange.lines({1, 2, 3})`, "3	central"},
		{`exchange.LINES`, "4"},
		{`phone.number`, "1000"},
		{`phone.colour`, "nil"},
		{`tostring(phone):match("^<userdata of type 'CorePhone %*' at 0x%x+>$") ~= nil`, "true"},
		{`type(phone)`, "userdata"},
		{`phone == phone, phone == other`, "true	false"},
		{`getmetatable(phone)`, "false"},
		{`phone:set("a")`, "flow.lua:1: Error in CorePhone::set expected 3..3 args, got 2; write phone:set(name, value)"},
		{`phone:hold(true, 1)`, "flow.lua:1: Error in CorePhone::hold expected 1..2 args, got 3; write phone:hold([on])"},
		{`phone:each()`, "flow.lua:1: Error in CorePhone::each expected 2.. args, got 1; write phone:each(fn, ...)"},
		{`phone:set("x", true)`, "flow.lua:1: Error in CorePhone::set (arg 3), expected 'char *' got 'boolean'; write phone:set(name, value)"},
		{`phone:sleep("soon")`, "flow.lua:1: Error in CorePhone::sleep (arg 2), expected 'int' got 'string'; write phone:sleep(ms)"},
		{`phone:sleep(nil)`, "flow.lua:1: Error in CorePhone::sleep (arg 2), expected 'int' got 'nil'; write phone:sleep(ms)"},
		{`phone:hold(0)`, "flow.lua:1: Error in CorePhone::hold (arg 2), expected 'bool' got 'number'; write phone:hold([on])"},
		{`phone:join(io)`, "flow.lua:1: Error in CorePhone::join (arg 2), expected 'CorePhone *' got 'nil'; write phone:join(other)"},
		{`phone:set(phone, 1)`, "flow.lua:1: Error in CorePhone::set (arg 2), expected 'char *' got 'CorePhone *'; write phone:set(name, value)"},
		{`phone:each(1)`, "flow.lua:1: Error in CorePhone::each (arg 2), expected 'function' got 'number'; write phone:each(fn, ...)"},
		{`phone.sleep(1, 5)`, "flow.lua:1: Error in CorePhone::sleep (arg 1), expected 'CorePhone *' got 'number'; write phone:sleep(ms)"},
		{`phone.sleep(phone)`, "flow.lua:1: Error in CorePhone::sleep expected 2..2 args, got 1; write phone:sleep(ms)"},
		{`exchange.lines(1)`, "flow.lua:1: Error in lines (arg 1), expected 'table' got 'number'; write exchange.lines(t)"},
		{`exchange.nothing(1)`, "flow.lua:1: Error in nothing expected 0..0 args, got 1; write exchange.nothing()"},
		{`phone:none()`, "flow.lua:1: attempt to call method 'none' (a nil value)"},
		{`phone:slep(1)`, "flow.lua:1: attempt to call method 'slep' (a nil value): did you mean sleep?"},
		{`phone.slep(phone, 1)`, "flow.lua:1: attempt to call field 'slep' (a nil value): did you mean sleep?"},
		{`phone:HOLD()`, "flow.lua:1: attempt to call method 'HOLD' (a nil value): did you mean hold?"},
		{`phone:ring(phone:task().ID, 1)`, "flow.lua:1: attempt to call method 'ring' (a nil value): the exchange rings"},
		{`exchange.linse({})`, "flow.lua:1: attempt to call field 'linse' (a nil value): did you mean exchange.lines?"},
		{`exhcange.lines({})`, "flow.lua:1: attempt to index global 'exhcange' (a nil value): did you mean exchange?"},
		{`string.fromat("%d", 1)`, "flow.lua:1: attempt to call field 'fromat' (a nil value): did you mean string.format?"},
		{`os.execute("ls")`, "flow.lua:1: attempt to call field 'execute' (a nil value): the exchange runs no programs"},
		{`recall.now()`, "flow.lua:1: attempt to index global 'recall' (a nil value): there is no recall"},
		{`recall()`, "flow.lua:1: attempt to call global 'recall' (a nil value): there is no recall"},
		{`({}).recall()`, "flow.lua:1: attempt to call field 'recall' (a nil value)"},
		{`({}):sleep()`, "flow.lua:1: attempt to call method 'sleep' (a nil value)"},
		{`phone:dial(5)`, "flow.lua:1: the exchange refused; dial 9 first"},
		{`phone:task().ID, phone:task():cancel()`, "7	cancelled 7"},
		{`phone:task() == phone:task(), phone:task() ~= phone, phone:task().Holds, phone:task().holds`, "true	true	nil	nil"},
	} {
		x := newExchange(t, vm.StateOptions{})
		err := x.run(t, `local function show(...)
			local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end print(table.concat(t, "\t")) end`+
			" show("+c.call+")")
		got := strings.Join(x.printed, "\n")
		if err != nil {
			got = strings.Replace(err.Error(), "flow.lua:2:", "flow.lua:1:", 1)
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.call, got, c.want)
		}
	}
}

func TestUnknownMembersCannotBeSet(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	err := x.run(t, "\nphone.colour = 'red'")
	if err == nil || !strings.HasPrefix(err.Error(), "flow.lua:2: Assignment not possible.") {
		t.Fatal(err)
	}
}

func TestAGoErrorIsTheCause(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	err := x.run(t, "local function f()\n phone:dial(1) end\nf()")
	var failed *vm.ScriptError
	if !errors.As(err, &failed) || failed.File != "flow.lua" || failed.Line != 2 || !errors.Is(err, errRefused) {
		t.Fatalf("%#v", err)
	}
	want := "stack traceback:\n\t[C]: in function 'dial'\n\tflow.lua:2: in function 'f'\n\tflow.lua:3: in main chunk"
	if failed.Traceback != want {
		t.Errorf("got %s\nwant %s", failed.Traceback, want)
	}
	x = newExchange(t, vm.StateOptions{})
	if err := x.run(t, `local ok, e = pcall(phone.dial, phone, 1) print(ok, e)`); err != nil {
		t.Fatal(err)
	}
	if want := []string{"false\tflow.lua:1: the exchange refused; dial 9 first"}; !slices.Equal(x.printed, want) {
		t.Error(x.printed)
	}
}

func TestCallbacks(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	if err := x.run(t, `
		local sum = 0
		phone:each(function(n) sum = sum + n return n < 3 end, 1, 2, 3, 4) print(sum)
		phone:each(function(n) phone:each(function(m) print(n, m) end, "a") end, "outer")
		print(pcall(phone.each, phone, function() error("in the callback") end, 1))
		print(pcall(phone.each, phone, function() error({}) end, 1))
		print(coroutine.wrap(function() phone:each(function(n) sum = n end, 9) return sum end)())
		print(pcall(coroutine.wrap(function() phone:each(coroutine.yield, 1) end)))
		print(pcall(phone.each, phone, function() local x = nil; x.y = 1 end, 1))`); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"6", "outer\ta",
		"false\tflow.lua:5: in the callback",
		"false\t(error object is a table value)",
		"9",
		"false\tattempt to yield across metamethod/C-call boundary",
		"false\tflow.lua:9: attempt to index local 'x' (a nil value)",
	}
	if !slices.Equal(x.printed, want) {
		t.Errorf("got  %q\nwant %q", x.printed, want)
	}
}

func TestALimitInACallbackEndsTheScript(t *testing.T) {
	x := newExchange(t, vm.StateOptions{Limits: guard.Limits{Burst: 20 * time.Millisecond}})
	err := x.run(t, `pcall(function() phone:each(function() pcall(function() while true do end end) end, 1) end)
		print("still here")`)
	var failed *vm.ScriptError
	if !errors.As(err, &failed) || failed.Limit != "burst" || failed.Line != 1 || len(x.printed) > 0 {
		t.Fatal(err, x.printed)
	}
	if _, err := x.Call(x.Global("print")); err == nil {
		t.Error("a state that a limit has ended goes on")
	}
}

func TestTraces(t *testing.T) {
	clk := clock.NewManual(time.Unix(100, 0))
	x := newExchange(t, vm.StateOptions{Clock: clk})
	if err := x.run(t, "phone:set('a', 'b')\nexchange.lines({1})\npcall(phone.dial, phone, 3)"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tr := range x.traces {
		got = append(got, fmt.Sprintf("%s:%d %s%v %v %v %d", tr.File, tr.Line, tr.Name, len(tr.Args), tr.Results, tr.Err, tr.Start.Unix()))
	}
	want := []string{
		"flow.lua:1 Phone:set2 [] <nil> 100",
		"flow.lua:2 exchange.lines1 [1 central] <nil> 100",
		"flow.lua:3 Phone:dial1 [] the exchange refused; dial 9 first 100",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDeclarationsAreChecked(t *testing.T) {
	do := func(a *vm.Args) error { return nil }
	for want, fn := range map[string]vm.Func{
		"without a name or a Go function": {Name: "f"},
		"variadic but not the last":       {Name: "f", Go: do, Params: []vm.Param{{Name: "a", Variadic: true}, {Name: "b"}}},
		"must be optional":                {Name: "f", Go: do, Params: []vm.Param{{Name: "a", Optional: true}, {Name: "b"}}},
		"not declared by any module":      {Name: "f", Go: do, Params: []vm.Param{{Name: "a", Kind: vm.Object, Class: "Other"}}},
	} {
		_, err := vm.NewMachine(&vm.Module{Name: "m", Funcs: []vm.Func{fn}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	twice := []vm.Func{{Name: "f", Go: do}, {Name: "f", Go: do}}
	if _, err := vm.NewMachine(&vm.Module{Name: "m", Funcs: twice}); err == nil || !strings.Contains(err.Error(), "m.f is declared twice") {
		t.Error(err)
	}
	if _, err := vm.NewMachine(&vm.Module{Classes: []*vm.Class{{Name: "C", Value: label(""), Methods: twice}}}); err == nil || !strings.Contains(err.Error(), "C:f is declared twice") {
		t.Error(err)
	}
}

func TestAGoPanicCostsOneScript(t *testing.T) {
	x := newExchange(t, vm.StateOptions{})
	err := x.run(t, "print(1)\npcall(function() phone:crash() end)\nprint(2)")
	var failed *vm.ScriptError
	var internal *guard.InternalError
	if !errors.As(err, &failed) || !errors.As(err, &internal) || failed.Line != 2 || !slices.Equal(x.printed, []string{"1"}) {
		t.Fatal(err, x.printed)
	}
	if !strings.Contains(failed.Traceback, "wrap_test.go") {
		t.Error("the traceback does not name the Go function:", failed.Traceback)
	}
}

// Modules of one name share the global table; each function and method gets
// what is bound to its own module.
func TestModulesShareATable(t *testing.T) {
	part := func(name string) *vm.Module {
		return &vm.Module{Name: "switch", Funcs: []vm.Func{{Name: name, Go: func(a *vm.Args) error {
			a.Return(lua.LString(a.Instance().(string)), a.State().NewObject(name, 7))
			return nil
		}}}, Classes: []*vm.Class{{
			Name: name, Value: label(""),
			Wrap: func(v any) vm.Holder { return label(fmt.Sprint(name, v)) },
			Methods: []vm.Func{{Name: "show", Go: func(a *vm.Args) error {
				a.ReturnString(string(a.Self().(label)) + a.Instance().(string))
				return nil
			}}},
		}}}
	}
	one, two := part("one"), part("two")
	m, err := vm.NewMachine(one, two)
	if err != nil {
		t.Fatal(err)
	}
	st := m.NewState(vm.StateOptions{})
	defer st.Close()
	st.Bind(one, "first")
	st.Bind(two, "second")
	run(t, st, `
		local a, x = switch.one()
		local b, y = switch.two()
		assert(a == "first" and b == "second", a .. b)
		assert(x:show() == "one7first" and y:show() == "two7second", x:show() .. y:show())`)
	if _, err := vm.NewMachine(one, part("one")); err == nil || !strings.Contains(err.Error(), "the class one is declared twice") {
		t.Error(err)
	}
	if _, err := vm.NewMachine(&vm.Module{Funcs: []vm.Func{{Name: "print", Go: func(*vm.Args) error { return nil }}}}); err == nil || !strings.Contains(err.Error(), "print is declared twice") {
		t.Error(err)
	}
}
