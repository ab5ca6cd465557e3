package trace

import (
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A function is a declared function as traces show it.
type function struct {
	index  int
	name   string // as the script calls it: "session:playback", "freeswitch.consoleLog"
	first  int    // argument to show: 1 for a function of a table that gets the table before
	rules  *rules // by which what follows was found
	params uint64 // a bit for each that is masked
	digits bool   // it returns keys that the caller has pressed
}

func newFunction(name string, declared *vm.Func, r *rules) *function {
	f := &function{rules: r}
	f.name, f.first = vm.AsCalled(name, declared)
	for i, p := range declared.Params {
		if i < 64 && r.hides(p.Name) {
			f.params |= 1 << i
		}
	}
	f.digits = r.digits && strings.Contains(name, ":") && len(declared.Results) > 0 && declared.Results[0].Name == "digits"
	return f
}

// function returns the function of a declaration.
func (r *Recorder) function(name string, declared *vm.Func) *function {
	rules := r.rules.Load()
	if f, ok := r.functions.Load(declared); ok && f.(*function).rules == rules {
		return f.(*function)
	}
	f := newFunction(name, declared, rules)
	r.naming.Lock()
	defer r.naming.Unlock()
	if old, ok := r.functions.Load(declared); ok {
		f.index = old.(*function).index
	} else {
		f.index = len(r.names)
		r.names = append(r.names, f.name)
	}
	r.functions.Store(declared, f)
	return f
}

// nameOf returns the name of the function with an index.
func (r *Recorder) nameOf(index uint64) string {
	r.naming.Lock()
	defer r.naming.Unlock()
	if index < uint64(len(r.names)) {
		return r.names[index]
	}
	return "?"
}

// arguments writes the arguments of a call; few: there is no room. It reports whether the
// first one names something secret.
func (p *pen) arguments(a *vm.Args, f *function, few bool) (secret bool) {
	p.args = a
	start, secret := len(p.buf), p.isSecret(a.Value(f.first))
	for i := f.first; i < a.Len(); i++ {
		v := a.Value(i)
		switch {
		case few, i == f.first+mostValues, len(p.buf)-start > mostRecord:
			p.buf = append(p.buf, byte(tagMore), byte(tagEnd))
			return secret
		case v != lua.LNil && (i < 64 && f.params&(1<<i) != 0 || i > f.first && secret):
			p.mask()
		case i == f.first+1 && isSetvar(a.Value(f.first)):
			p.text(p.setvar(a.String(i), a.String(i)))
		default:
			p.value(v, false)
		}
	}
	p.buf = append(p.buf, byte(tagEnd))
	return secret
}

// isSecret reports whether a first argument names something secret: setVariable("pin", ...).
func (p *pen) isSecret(v lua.LValue) bool {
	name, ok := v.(lua.LString)
	return ok && p.hides(string(name))
}

func isSetvar(v lua.LValue) bool {
	command, ok := v.(lua.LString)
	return ok && strings.EqualFold(string(command), "uuid_setvar")
}

// results writes what a call has returned, which may be secret.
func (p *pen) results(a *vm.Args, f *function, secret bool) {
	p.args = a
	start := len(p.buf)
	for i, v := range a.Results() {
		text, isText := v.(lua.LString)
		switch {
		case len(p.buf)-start > mostRecord || i == mostValues:
			p.buf = append(p.buf, byte(tagMore), byte(tagEnd))
			return
		case f.digits && isText && text != "":
			p.heard(string(text))
			p.mask()
		case secret && v != lua.LNil && text != "":
			p.mask()
		default:
			p.value(v, false)
		}
	}
	p.buf = append(p.buf, byte(tagEnd))
}

// heard remembers the digits that the caller has pressed.
func (p *pen) heard(digits string) {
	digits = p.typed + digits[:min(len(digits), mostTyped)]
	p.typed = strings.Clone(digits[max(0, len(digits)-mostTyped):])
}

// Describe returns a call of a function as the script would write it, with its results.
func Describe(t vm.Trace) string {
	name, first := vm.AsCalled(t.Name, t.Declared)
	what := asCall(name, describe(t, t.Args[min(first, len(t.Args)):]))
	if len(t.Results) > 0 {
		what += " = " + strings.Join(describe(t, t.Results), ", ")
	}
	if t.Err != nil {
		what += " failed: " + t.Err.Error()
	}
	return what
}

// asCall returns a call as scripts write it: dial{...} for dial({...}).
func asCall(name string, args []string) string {
	if len(args) == 1 && strings.HasPrefix(args[0], "{") {
		return name + args[0]
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

func describe(t vm.Trace, vs []lua.LValue) []string {
	p := pen{rules: new(rules), named: t.ClassName}
	for _, v := range vs {
		p.value(v, false)
	}
	r := reader{buf: append(p.buf, byte(tagEnd))}
	return r.values()
}
