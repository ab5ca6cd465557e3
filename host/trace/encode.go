package trace

import (
	"encoding/binary"
	"math"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Bounds of one record.
const (
	mostText   = 240 // bytes of one text
	mostValues = 12  // arguments, results, fields of a table
	mostRecord = 900 // bytes, where no further value is written
)

// A tag begins a value.
type tag byte

const (
	tagNil tag = iota
	tagFalse
	tagTrue
	tagInt
	tagFloat
	tagText
	tagCut // a text, of which the rest is missing
	tagMasked
	tagFunction
	tagTable // fields, until tagEnd or tagMore
	tagEnd
	tagMore // what follows is missing
	tagObject
	tagThread
)

// A pen writes records for one call.
type pen struct {
	*rules
	typed string                      // the digits that the caller pressed last, if they are masked
	args  *vm.Args                    // of the call whose values are written
	named func(*lua.LUserData) string // the classes of objects, if there are no args
	buf   []byte
}

func (p *pen) className(v *lua.LUserData) string {
	switch {
	case p.args != nil:
		return p.args.ClassName(v)
	case p.named != nil:
		return p.named(v)
	}
	return "object"
}

func (p *pen) uint(n uint64) { p.buf = binary.AppendUvarint(p.buf, n) }

func (p *pen) raw(s string) {
	p.uint(uint64(len(s)))
	p.buf = append(p.buf, s...)
}

// text writes a text, masked and bounded.
func (p *pen) text(s string) {
	t := tagText
	if len(s) > mostText {
		t, s = tagCut, p.rules.head(s, mostText, p.typed)
	} else {
		s = p.rules.text(s, p.typed)
	}
	if len(s) > 2*mostText {
		t, s = tagCut, s[:2*mostText]
	}
	p.buf = append(p.buf, byte(t))
	p.raw(s)
}

func (p *pen) mask() { p.buf = append(p.buf, byte(tagMasked)) }

// value writes a Lua value. Tables are written one deep: one may be in itself.
func (p *pen) value(v lua.LValue, deep bool) {
	switch v := v.(type) {
	case lua.LString:
		p.text(string(v))
	case lua.LNumber:
		if n := float64(v); n >= 0 && n < 1<<53 && n == math.Trunc(n) {
			p.number(uint64(n))
		} else {
			p.buf = binary.LittleEndian.AppendUint64(append(p.buf, byte(tagFloat)), math.Float64bits(n))
		}
	case lua.LBool:
		t := tagFalse
		if v {
			t = tagTrue
		}
		p.buf = append(p.buf, byte(t))
	case *lua.LTable:
		p.table(v, deep)
	case *lua.LUserData:
		p.buf = append(p.buf, byte(tagObject))
		p.raw(p.className(v))
	case *lua.LFunction:
		p.buf = append(p.buf, byte(tagFunction))
	case *lua.LState:
		p.buf = append(p.buf, byte(tagThread))
	default:
		p.buf = append(p.buf, byte(tagNil))
	}
}

// number writes a whole number, which may be what the caller has typed.
func (p *pen) number(n uint64) {
	if len(p.typed) >= leastTyped && n >= 100 {
		p.buf = append(p.buf, byte(tagInt))
		at := len(p.buf)
		p.uint(n)
		if text := lua.LNumber(n).String(); maskTyped(text, p.typed) != text {
			p.buf = p.buf[:at-1]
			p.mask()
		}
		return
	}
	p.buf = append(p.buf, byte(tagInt))
	p.uint(n)
}

func (p *pen) table(t *lua.LTable, deep bool) {
	p.buf = append(p.buf, byte(tagTable))
	if deep {
		p.buf = append(p.buf, byte(tagMore))
		return
	}
	start := len(p.buf)
	key, v := t.Next(lua.LNil)
	for n := 0; key != lua.LNil; n++ {
		if n == mostValues || len(p.buf)-start > mostRecord/2 {
			p.buf = append(p.buf, byte(tagMore))
			return
		}
		name, isText := key.(lua.LString)
		if isText {
			p.text(string(name))
		} else {
			p.value(key, true)
		}
		if isText && p.hides(string(name)) {
			p.mask()
		} else {
			p.value(v, true)
		}
		key, v = t.Next(key)
	}
	p.buf = append(p.buf, byte(tagEnd))
}
