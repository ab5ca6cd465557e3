package hook

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/schedule"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// sortConditions makes the order of a filter the same each time.
func sortConditions(where []run.Condition) {
	slices.SortFunc(where, func(x, y run.Condition) int { return strings.Compare(x.Header, y.Header) })
}

// A timer is what after, every and cron return.
type timer struct {
	timer *run.Timer
	fn    lua.LValue
}

// Holds visits the function.
func (t *timer) Holds(visit func(lua.LValue)) int {
	visit(t.fn)
	return entrySize
}

const (
	shortest = 10 * time.Millisecond
	longest  = 366 * 24 * time.Hour
)

// seconds reads how long a timer lasts.
func seconds(a *vm.Args, least time.Duration) (time.Duration, error) {
	n := a.Number(0)
	if d := time.Duration(n * float64(time.Second)); n == n && math.Abs(n) < 1e9 && d >= least && d <= longest {
		return d, nil
	}
	return 0, fmt.Errorf("%v is not a number of seconds from %v to %.0f", n, least.Seconds(), longest.Seconds())
}

// start starts a timer.
func start(a *vm.Args, fn lua.LValue, t *run.Timer) error {
	r := a.Instance().(*registry)
	h, err := r.hook()
	if err != nil {
		return err
	}
	if fn == lua.LNil {
		return errors.New("there is no function")
	}
	state := a.State()
	a.ChargeMemory(entrySize)
	t.Fire = func() error {
		_, err := state.Call(fn)
		return err
	}
	if err := h.Start(t); err != nil {
		return err
	}
	of := &timer{t, fn}
	r.timers = append(r.timers, of)
	a.Return(state.NewObject("Timer", of))
	return nil
}

func after(a *vm.Args) error {
	d, err := seconds(a, 0)
	if err != nil {
		return err
	}
	return start(a, a.Function(1), &run.Timer{Due: a.Instance().(*registry).env.Clock.Now().Add(d)})
}

func every(a *vm.Args) error {
	d, err := seconds(a, shortest)
	if err != nil {
		return err
	}
	env := a.Instance().(*registry).env
	if env.Hook == nil {
		return errNoHook
	}
	anchor := env.Hook.Anchor
	next := func(after time.Time) time.Time {
		return anchor.Add((after.Sub(anchor)/d + 1) * d)
	}
	return start(a, a.Function(1), &run.Timer{Due: next(env.Clock.Now()), Next: next})
}

func cron(a *vm.Args) error {
	env := a.Instance().(*registry).env
	if env.Hook == nil {
		return errNoHook
	}
	zone, everywhere, err := cronOptions(a)
	if err != nil {
		return err
	}
	s, err := schedule.Parse(a.String(0), zone)
	if err != nil {
		return err
	}
	t := &run.Timer{Due: s.Next(env.Clock.Now()), Next: s.Next}
	if !everywhere {
		alike := 0
		for _, other := range env.Hook.Timers {
			if strings.HasPrefix(other.Name, s.String()+" ") {
				alike++
			}
		}
		t.Name = fmt.Sprintf("%s #%d", s, alike)
	}
	return start(a, a.Function(1), t)
}

// cronOptions reads {timezone = "Europe/Berlin", everywhere = true}.
func cronOptions(a *vm.Args) (zone string, everywhere bool, err error) {
	t := a.Table(2)
	if t == nil {
		return "", false, nil
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		a.ChargeCPU(10)
		switch k.String() {
		case "timezone":
			if zone = lua.LVAsString(v); zone == "" {
				return "", false, errors.New("timezone: write the name of a time zone, such as \"Europe/Berlin\"")
			}
		case "everywhere":
			everywhere = lua.LVAsBool(v)
		default:
			return "", false, errOption(k.String())
		}
	}
	return zone, everywhere, nil
}

func errOption(key string) error {
	return fmt.Errorf("there is no option %.40q; there are timezone and everywhere", key)
}
