package answers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A Player gives the answers of a recorded call to its script, which is played again. It is
// a vm.Outside.
type Player struct {
	deps Deps
	left map[string][]recorded // answers, by what is asked
	objects
	standIns map[int]*lua.LUserData
}

// Deps lists what a Player needs to know of the recording.
type Deps struct {
	Hides   func(name string) bool                                           // whether the value of a name is hidden
	Mask    func(*Answer)                                                    // hides what the recording does not have
	Plain   func(text string) string                                         // leaves out what differs each time
	Restore func(text string) string                                         // puts back what the recording has replaced
	Aside   func(ctx context.Context) (waiting context.Context, stop func()) // in which a script waits for others
	Clock   clock.Clock
	Began   time.Time // of the recorded call
}

// A recorded is an answer, and when it came.
type recorded struct {
	*Answer
	at time.Duration
}

// NewPlayer returns a Player without answers.
func NewPlayer(d Deps) *Player {
	return &Player{deps: d, left: map[string][]recorded{}, standIns: map[int]*lua.LUserData{}}
}

// Add adds an answer of the recorded call, which came at a time since its begin.
func (p *Player) Add(a *Answer, at time.Duration) {
	key := p.key(a)
	p.left[key] = append(p.left[key], recorded{a, at})
}

// key returns what is asked, as a text.
func (p *Player) key(a *Answer) string {
	text, _ := written([]any{a.Func, a.Object, ordered(a.Args)})
	return p.deps.Plain(text)
}

// ordered returns values in which the fields of tables have an order.
func ordered(list []any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
		table, ok := v.([]any)
		if !ok {
			continue
		}
		fields := map[string]any{}
		for at := 0; at+1 < len(table); at += 2 {
			pair := ordered(table[at : at+2])
			name, _ := written(pair[0])
			fields[name] = pair[1]
		}
		out[i] = fields // which JSON writes in order
	}
	return out
}

// Knows reports whether an object stands for one of the recorded call.
func (p *Player) Knows(object *lua.LUserData) bool { return p.number(object) > 0 }

// CallsBack does nothing: the Player itself calls back.
func (p *Player) CallsBack([]lua.LValue) {}

// A MissingError says that the real call did not ask what the flow asks now.
type MissingError struct{ Func string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("the real call did not ask this: the recording has no answer of %s", e.Func)
}

// Asks answers as the recorded call was answered.
func (p *Player) Asks(a *vm.Args, call func(*vm.Args) error) error {
	w := &writer{objects: &p.objects, args: a}
	asked := w.asked(p.deps.Hides)
	p.deps.Mask(asked)
	key := p.key(asked)
	if len(p.left[key]) == 0 {
		return &MissingError{asked.Func}
	}
	answer := p.left[key][0]
	p.left[key] = p.left[key][1:]
	if answer.Sent && asked.Object == 0 {
		if err := call(a); err != nil {
			return err
		}
	} else if err := p.play(a, answer); err != nil {
		return err
	}
	if answer.Error != nil {
		err := errors.New(p.deps.Restore(bytesOf(*answer.Error)))
		if answer.Bare {
			err = vm.Barely(err)
		}
		return err
	}
	results := make([]lua.LValue, len(answer.Results))
	for i, v := range answer.Results {
		results[i] = p.value(a, v, 0)
	}
	a.Return(results...)
	return nil
}

// play calls the script back as then, and waits until the answer came.
func (p *Player) play(a *vm.Args, answer recorded) error {
	fn := lua.LValue(lua.LNil)
	for i := range a.Len() {
		if f := a.Function(i); f != lua.LNil {
			fn = f
		}
	}
	for _, args := range answer.Calls {
		if fn == lua.LNil {
			break
		}
		values := make([]lua.LValue, len(args))
		for i, v := range args {
			values[i] = p.value(a, v, 0)
		}
		if _, err := a.State().Call(fn, values...); err != nil && answer.Error != nil {
			return err
		} else if err != nil {
			break
		}
	}
	ctx, stop := p.deps.Aside(a.Context())
	defer stop()
	if err := clock.Sleep(ctx, p.deps.Clock, p.deps.Began.Add(answer.at).Sub(p.deps.Clock.Now())); err != nil && a.Context().Err() != nil {
		return err
	}
	return nil
}

// value makes a value of the script's.
func (p *Player) value(a *vm.Args, v any, depth int) lua.LValue {
	if depth > mostDepth {
		return lua.LNil
	}
	a.ChargeCPU(4)
	switch v := v.(type) {
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case string:
		text := p.deps.Restore(bytesOf(v))
		a.ChargeMemory(len(text) + 32)
		return lua.LString(text)
	case []any:
		a.ChargeMemory(64)
		t := &lua.LTable{Metatable: lua.LNil}
		for i := 0; i+1 < len(v); i += 2 {
			key, item := p.value(a, v[i], depth+1), p.value(a, v[i+1], depth+1)
			if n, is := key.(lua.LNumber); key != lua.LNil && item != lua.LNil && (!is || n == n) {
				a.Set(t, key, item)
			}
		}
		return t
	case map[string]any:
		return p.special(a, v, depth)
	}
	return lua.LNil
}

// special makes a value that JSON has not.
func (p *Player) special(a *vm.Args, v map[string]any, depth int) lua.LValue {
	if n, ok := v[keyNumber].(string); ok {
		return lua.LNumber(unwritten[n])
	}
	if method, ok := v[keyMethod].(string); ok {
		class, name, _ := strings.Cut(method, ":")
		return a.MethodNamed(class, name)
	}
	n, ok := v[keyObject].(float64)
	if !ok {
		return lua.LNil
	}
	if object := p.standIns[int(n)]; object != nil {
		return object
	}
	class, _ := v[keyClass].(string)
	fields := map[string]lua.LValue{}
	if written, ok := v[keyFields].(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(written)) {
			fields[name] = p.value(a, written[name], depth+1)
		}
	}
	object := a.StandIn(class, fields)
	if object == nil {
		return lua.LNil
	}
	p.add(object, int(n))
	p.standIns[int(n)] = object
	return object
}
