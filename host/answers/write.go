package answers

import (
	"math"
	"weak"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Bounds of what is written of one call.
const (
	mostBytes = 1 << 20
	mostDepth = 40
)

// A writer writes values of one call.
type writer struct {
	*objects
	args  *vm.Args
	bytes int
	full  bool // there was more than may be written
}

// objects numbers the objects that have come from outside.
type objects struct {
	numbers map[weak.Pointer[lua.LUserData]]int // the script keeps them alive, or does not
	last    int
}

// number returns the number of an object, 0 if it has none.
func (o *objects) number(ud *lua.LUserData) int {
	if ud == nil || len(o.numbers) == 0 {
		return 0
	}
	return o.numbers[weak.Make(ud)]
}

func (o *objects) add(ud *lua.LUserData, n int) {
	if o.numbers == nil {
		o.numbers = map[weak.Pointer[lua.LUserData]]int{}
	}
	o.numbers[weak.Make(ud)] = n
}

// values writes values; own: the objects among them come from outside.
func (w *writer) values(list []lua.LValue, own bool) (all []any) {
	for _, v := range list {
		all = append(all, w.value(v, own, 0))
	}
	return all
}

func (w *writer) value(v lua.LValue, own bool, depth int) any {
	w.bytes += 8
	if w.bytes > mostBytes || depth > mostDepth {
		w.full = true
		return nil
	}
	switch v := v.(type) {
	case lua.LBool:
		return bool(v)
	case lua.LNumber:
		return number(float64(v))
	case lua.LString:
		if w.bytes += len(v); w.bytes > mostBytes {
			w.full = true
			return nil
		}
		return runes(string(v))
	case *lua.LTable:
		list := []any{}
		for key, item := v.Next(lua.LNil); key != lua.LNil && !w.full; key, item = v.Next(key) {
			list = append(list, w.value(key, own, depth+1), w.value(item, own, depth+1))
		}
		return list
	case *lua.LUserData:
		return w.object(v, own, depth)
	case *lua.LFunction:
		if class, name, ok := w.args.MethodOf(v); ok {
			return map[string]any{keyMethod: class + ":" + name}
		}
	}
	if v == nil || v == lua.LNil {
		return nil
	}
	return map[string]any{keyOther: v.Type().String()}
}

// object writes an object: its class and its fields where it is seen first.
func (w *writer) object(ud *lua.LUserData, own bool, depth int) any {
	if n := w.number(ud); n > 0 {
		return map[string]any{keyObject: float64(n)}
	}
	if !own {
		return map[string]any{keyOther: w.args.ClassName(ud)}
	}
	fields := map[string]any{}
	for name, v := range w.args.Fields(ud) {
		fields[name] = w.value(v, true, depth+1)
	}
	w.last++
	w.add(ud, w.last)
	return map[string]any{keyObject: float64(w.last), keyClass: w.args.ClassName(ud), keyFields: fields}
}

// unwritten holds the numbers that JSON has not.
var unwritten = map[string]float64{"nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1)}

func number(n float64) any {
	for name, other := range unwritten {
		if n == other || n != n && other != other {
			return map[string]any{keyNumber: name}
		}
	}
	return n
}

// runes returns a text of a rune for each byte: JSON has no bytes.
func runes(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			all := make([]rune, len(s))
			for i := range len(s) {
				all[i] = rune(s[i])
			}
			return string(all)
		}
	}
	return s
}

// bytesOf returns the text of which runes has been made.
func bytesOf(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		out = append(out, byte(r))
	}
	return string(out)
}
