package freeswitch

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// dtmf implements freeswitch.DTMF (switch_cpp.cpp), which nothing in mod_lua takes.
type dtmf struct {
	vm.Nothing
	digit    string
	duration uint32
}

// defaultDuration is SWITCH_DEFAULT_DTMF_DURATION.
const defaultDuration = 2000

func dtmfClass() *vm.Class {
	return &vm.Class{
		Name: "DTMF", Value: (*dtmf)(nil),
		Doc:     "A digit with its duration. It only holds them: send digits with session:execute(\"send_dtmf\", DIGITS).",
		Example: "local d = freeswitch.DTMF(\"5\", 1600)\nprint(d.digit, d.duration)",
		Fields: []vm.Field{
			{
				Name: "digit", Kind: vm.String, Doc: "the digit, one character",
				Get: func(self any) lua.LValue { return lua.LString(self.(*dtmf).digit) },
				Set: func(self any, v lua.LValue) error { self.(*dtmf).digit = character(v); return nil },
			},
			{
				Name: "duration", Kind: vm.Int, Doc: "how long it lasts, in samples", Differs: "It is a number; in mod_lua it is a pointer, and cannot be set.",
				Get: func(self any) lua.LValue { return lua.LNumber(self.(*dtmf).duration) },
				Set: func(self any, v lua.LValue) (err error) {
					d := self.(*dtmf)
					d.duration, err = samples(v)
					return err
				},
			},
		},
	}
}

func dtmfConstructor() vm.Func {
	return vm.Func{
		Name: "DTMF", Native: "DTMF::DTMF(char,uint32_t)",
		Params: []vm.Param{{Name: "digit", Kind: vm.String, Doc: "the digit: the first character counts"},
			{Name: "duration", Kind: vm.Int, Optional: true, Default: "2000", Doc: "how long it lasts, in samples, 8000 a second on most channels; 0 is 2000"}},
		Results: []vm.Result{{Name: "dtmf", Kind: vm.Object, Class: "DTMF", Doc: "the object"}},
		Doc:     "Makes an object that holds a digit.",
		Differs: "mod_lua takes no duration: it raises an error.",
		Example: `local d = freeswitch.DTMF("5")`,
		Go: func(a *vm.Args) error {
			duration, err := samples(a.Value(1))
			if err != nil {
				return err
			}
			if duration == 0 {
				duration = defaultDuration
			}
			a.Return(a.State().NewObject("DTMF", &dtmf{digit: character(a.Value(0)), duration: duration}))
			return nil
		},
	}
}

// character returns the first character of a text, as SWIG reads a char.
func character(v lua.LValue) string {
	text := lua.LVAsString(v)
	return strings.Clone(text[:min(1, len(text))]) // not the whole text
}

var errNegative = errors.New("number must not be negative") // SWIG's text

// samples reads a number as SWIG reads a uint32_t.
func samples(v lua.LValue) (uint32, error) {
	x := float64(lua.LVAsNumber(v))
	if text, ok := v.(lua.LString); ok {
		x, _ = number.Parse(string(text))
	}
	if x < 0 {
		return 0, errNegative
	}
	return uint32(min(x, 1<<32-1)), nil
}
