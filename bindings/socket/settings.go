package socket

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// settings hold what settimeout and setoption have set.
type settings struct {
	block, total time.Duration // < 0: no time-out
	options      map[string]lua.LValue
}

func newSettings() settings { return settings{block: -1, total: -1} }

// set returns the settings, for what both kinds of sockets have in common.
func (s *settings) set() *settings { return s }

// within returns how long a wait may take in an operation that has begun at a time; < 0:
// as long as it takes.
func (s *settings) within(clk clock.Clock, began time.Time) time.Duration {
	limit := s.block
	if s.total >= 0 {
		if left := max(0, s.total-clk.Now().Sub(began)); limit < 0 || left < limit {
			limit = left
		}
	}
	return limit
}

// holds visits what the options keep.
func (s *settings) holds(visit func(lua.LValue)) {
	for _, v := range s.options {
		visit(v)
	}
}

// seconds reads a time-out: negative ones are none.
func seconds(x float64) time.Duration {
	const year = 365 * 24 * 3600
	if x != x || x < 0 {
		return -1
	}
	return time.Duration(min(x, year) * float64(time.Second))
}

func fromSeconds(d time.Duration) lua.LValue {
	if d < 0 {
		return lua.LNumber(-1)
	}
	return lua.LNumber(d.Seconds())
}

func setTimeout(open string) vm.Func {
	return vm.Func{
		Name: "settimeout", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Optional: true, Default: "none", Doc: "a negative number or nil: none; 0: nothing is waited for"},
			{Name: "mode", Kind: vm.String, Optional: true, Default: `"b"`, Doc: `"b": for each wait; "t": for a whole call of a method`}},
		Results: one, Doc: "Sets how long methods may take.", Example: open + "sock:settimeout(0.5)\nsock:settimeout(10, \"t\")",
		Go: func(a *vm.Args) error {
			s, limit := a.Self().(set).set(), time.Duration(-1)
			if a.Has(0) {
				limit = seconds(a.Number(0))
			}
			switch mode := a.String(1); {
			case mode == "" || mode[0] == 'b':
				s.block = limit
			case mode[0] == 't' || mode[0] == 'r':
				s.total = limit
			default:
				return errors.New("bad argument #2 to 'settimeout' (invalid timeout mode)")
			}
			a.ReturnInt(1)
			return nil
		},
	}
}

func getTimeout(open string) vm.Func {
	return vm.Func{
		Name: "gettimeout", Results: []vm.Result{{Name: "block", Kind: vm.Number, Doc: "seconds for each wait; -1: no limit"}, {Name: "total", Kind: vm.Number, Doc: "seconds for a whole call"}},
		Doc: "Returns what settimeout has set.", Example: open + "print(sock:gettimeout())",
		Go: func(a *vm.Args) error {
			s := a.Self().(set).set()
			a.Return(fromSeconds(s.block), fromSeconds(s.total))
			return nil
		},
	}
}

// set has settings, as every socket.
type set interface {
	set() *settings
	apply(option string, v lua.LValue)
}

func checkOption(names []string, function, option string) error {
	if !slices.Contains(names, option) {
		return fmt.Errorf("bad argument #1 to '%s' (unsupported option `%.40s')", function, option)
	}
	return nil
}

func setOption(open string, names []string, doc string) vm.Func {
	return vm.Func{
		Name: "setoption", Params: []vm.Param{{Name: "option", Kind: vm.String, Doc: doc}, {Name: "value", Kind: vm.Any, Optional: true, Default: "nil", Doc: "true or false"}},
		Results: one, Doc: "Sets an option.", Example: open + "sock:setoption(\"" + names[0] + "\", true)",
		Go: func(a *vm.Args) error {
			option := a.String(0)
			if err := checkOption(names, "setoption", option); err != nil {
				return err
			}
			sock := a.Self().(set)
			s := sock.set()
			if s.options == nil {
				s.options = map[string]lua.LValue{}
			}
			s.options[option] = a.Value(1)
			sock.apply(option, a.Value(1))
			a.ReturnInt(1)
			return nil
		},
	}
}

func getOption(open string, names []string) vm.Func {
	return vm.Func{
		Name: "getoption", Params: []vm.Param{{Name: "option", Kind: vm.String, Doc: "as setoption's"}}, Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "what setoption has set; false if nothing"}},
		Doc: "Returns an option.", Example: open + "print(sock:getoption(\"" + names[0] + "\"))",
		Go: func(a *vm.Args) error {
			if err := checkOption(names, "getoption", a.String(0)); err != nil {
				return err
			}
			a.Return(lua.LFalse)
			if v := a.Self().(set).set().options[a.String(0)]; v != nil {
				a.Return(v)
			}
			return nil
		},
	}
}
