package luajson

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// reader reads tokens, and makes values of them, as lua_cjson.c does.
type reader struct {
	*Format
	a     *vm.Args
	text  string
	at    int
	depth int

	lenient bool         // see DecodeLenient
	mistake *SyntaxError // the first
}

type kind string

// The kinds of tokens, by the names that lua-cjson's errors have for them.
const (
	objectBegin kind = "T_OBJ_BEGIN"
	objectEnd   kind = "T_OBJ_END"
	arrayBegin  kind = "T_ARR_BEGIN"
	arrayEnd    kind = "T_ARR_END"
	text        kind = "T_STRING"
	figure      kind = "T_NUMBER"
	boolean     kind = "T_BOOLEAN"
	null        kind = "T_NULL"
	colon       kind = "T_COLON"
	comma       kind = "T_COMMA"
	end         kind = "T_END"
	wrong       kind = "T_ERROR"
)

type token struct {
	kind   kind
	at     int // the byte, counted from 1
	text   string
	number float64
	truth  bool
	why    string // of a wrong one
}

var symbols = map[byte]kind{'{': objectBegin, '}': objectEnd, '[': arrayBegin, ']': arrayEnd, ':': colon, ',': comma}

func (r *reader) expected(what string, t token) *SyntaxError {
	found := string(t.kind)
	if t.kind == wrong {
		found = t.why
	}
	return &SyntaxError{t.at, fmt.Sprintf("Expected %s but found %s", what, found)}
}

// value makes the value that begins with a token. store is told of a table before it
// is filled, so that the memory limit finds it; the outermost is put on the stack.
func (r *reader) value(t token, store func(lua.LValue)) (lua.LValue, error) {
	r.a.ChargeCPU(40)
	switch t.kind {
	case text:
		r.a.ChargeMemory(len(t.text) + 32)
		return lua.LString(t.text), nil
	case figure:
		return lua.LNumber(t.number), nil
	case boolean:
		return lua.LBool(t.truth), nil
	case null:
		if r.Null != nil {
			return r.Null, nil
		}
		return lua.LNil, nil
	case objectBegin, arrayBegin:
		if r.depth++; r.depth > r.Format.depth() {
			return nil, &SyntaxError{t.at, fmt.Sprintf("Found too many nested data structures (%d)", r.depth)}
		}
		r.a.ChargeMemory(guard.TableSize(0, 0))
		table := &lua.LTable{Metatable: lua.LNil}
		if store == nil {
			r.a.L.Push(table)
		} else {
			store(table)
		}
		if r.Read != nil {
			r.Read(table, t.kind == arrayBegin)
		}
		fill := r.object
		if t.kind == arrayBegin {
			fill = r.array
		}
		err := fill(table)
		r.depth--
		return table, err
	}
	return nil, r.expected("value", t)
}

func (r *reader) array(table *lua.LTable) error {
	n := 0
	t := r.next()
	if r.Length {
		defer func() { r.a.SetIndex(table, 0, lua.LNumber(n)) }()
	}
	if t.kind == arrayEnd {
		return nil
	}
	for {
		n++
		at := n
		v, err := r.value(t, func(v lua.LValue) { r.a.SetIndex(table, at, v) })
		if err != nil {
			return err
		}
		if _, stored := v.(*lua.LTable); !stored && v != lua.LNil {
			r.a.SetIndex(table, n, v)
		}
		switch t = r.next(); t.kind {
		case arrayEnd:
			return nil
		case comma:
			if t = r.next(); r.lenient && t.kind == arrayEnd {
				r.note(t.at-1, "a comma comes before this")
				return nil
			}
		default:
			return r.expected("comma or array end", t)
		}
	}
}

func (r *reader) object(table *lua.LTable) error {
	t := r.next()
	if t.kind == objectEnd {
		return nil
	}
	for {
		if r.lenient && t.kind != text {
			t = r.bareName(t)
		}
		if t.kind != text {
			return r.expected("object key string", t)
		}
		key := t.text
		if t = r.next(); t.kind != colon {
			return r.expected("colon", t)
		}
		r.a.ChargeMemory(len(key) + 32)
		v, err := r.value(r.next(), func(v lua.LValue) { r.a.SetKey(table, key, v) })
		if err != nil {
			return err
		}
		if _, stored := v.(*lua.LTable); !stored && v != lua.LNil {
			r.a.SetKey(table, key, v)
		}
		switch t = r.next(); t.kind {
		case objectEnd:
			return nil
		case comma:
			if t = r.next(); r.lenient && t.kind == objectEnd {
				r.note(t.at-1, "a comma comes before this")
				return nil
			}
		default:
			return r.expected("comma or object end", t)
		}
	}
}

// next reads a token.
func (r *reader) next() token {
	r.skipBlanks()
	t := token{at: r.at + 1}
	if r.at >= len(r.text) {
		t.kind = end
		return t
	}
	c := r.text[r.at]
	if k, ok := symbols[c]; ok {
		r.at++
		t.kind = k
		return t
	}
	rest := r.text[r.at:]
	switch {
	case c == '"':
		return r.string(t)
	case r.lenient && (c >= utf8.RuneSelf || c == '\'' || c == '`' || r.phoneNumber() > 0):
		return r.nextLenient(t)
	case strings.HasPrefix(rest, "true"):
		t.kind, t.truth = boolean, true
		r.at += len("true")
	case strings.HasPrefix(rest, "false"):
		t.kind = boolean
		r.at += len("false")
	case strings.HasPrefix(rest, "null"):
		t.kind = null
		r.at += len("null")
	default:
		n := 0
		if t.number, n = readNumber(rest); n == 0 {
			t.kind, t.why = wrong, "invalid token"
			if c == '-' {
				t.why = "invalid number"
			}
			return t
		}
		t.kind = figure
		r.at += n
	}
	return t
}

func (r *reader) skipBlanks() {
	if r.at == 0 && r.Comments && !r.lenient {
		r.text = strings.TrimPrefix(r.text, "\xEF\xBB\xBF")
	}
	for r.at < len(r.text) {
		switch rest := r.text[r.at:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			r.at++
		case r.Comments && strings.HasPrefix(rest, "//"):
			r.noteBlank("a comment")
			r.at += lengthUntil(rest, "\n")
		case r.Comments && strings.HasPrefix(rest, "/*"):
			r.noteBlank("a comment")
			r.at += 2 + lengthUntil(rest[2:], "*/")
		default:
			c, n := r.lookalike(r.at)
			if !r.lenient || c != ' ' {
				return
			}
			r.noteBlank("a blank that JSON does not have")
			r.at += n
		}
	}
}

func lengthUntil(s, stop string) int {
	if i := strings.Index(s, stop); i >= 0 {
		return i + len(stop)
	}
	return len(s)
}

// readNumber reads what strtod takes, and returns its length.
func readNumber(s string) (x float64, n int) {
	i := 0
	negative := s[0] == '-'
	if negative {
		i++
	}
	lower := strings.ToLower(s[i:min(len(s), i+8)])
	switch {
	case strings.HasPrefix(lower, "infinity"):
		x, n = math.Inf(1), i+8
	case strings.HasPrefix(lower, "inf"):
		x, n = math.Inf(1), i+3
	case strings.HasPrefix(lower, "nan"):
		x, n = math.NaN(), i+3
	default:
		n = i
		hex := strings.HasPrefix(lower, "0x")
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.' || hex && strings.IndexByte("xXabcdefABCDEFpP", s[n]) >= 0 ||
			!hex && (s[n]|0x20 == 'e') || (s[n] == '+' || s[n] == '-') && n > i && strings.IndexByte("eEpP", s[n-1]) >= 0) && n-i < 200 {
			n++
		}
		for ok := false; n > i; n-- {
			if x, ok = number.Parse(s[i:n]); ok {
				break
			}
		}
		if n <= i {
			return 0, 0
		}
	}
	if negative {
		x = -x
	}
	return x, n
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// string reads a string, whose first quote is next.
func (r *reader) string(t token) token {
	begin := r.at + 1
	i := begin
	for i < len(r.text) && r.text[i] != '"' && r.text[i] != '\\' {
		i++
	}
	r.a.ChargeCPU((i - begin) / 16)
	if i < len(r.text) && r.text[i] == '"' {
		t.kind, t.text = text, strings.Clone(r.text[begin:i])
		r.at = i + 1
		return t
	}
	return r.stringUntil(t, begin, func(at int) int {
		if r.text[at] == '"' {
			return 1
		}
		return 0
	})
}

// stringUntil reads a string that begins at a byte. closes returns the length of the quote
// that ends it, if one stands at a byte.
func (r *reader) stringUntil(t token, begin int, closes func(at int) int) token {
	t.kind = text
	fail := func(at int, why string) token {
		t.kind, t.at, t.why = wrong, at+1, why
		return t
	}
	i, quote := begin, 0
	ends := func() bool { quote = closes(i); return quote > 0 }
	var b []byte
	for i < len(r.text) && !ends() {
		if r.text[i] != '\\' {
			b = append(b, r.text[i])
			i++
			continue
		}
		if i+1 >= len(r.text) {
			return fail(i, "invalid escape code")
		}
		switch c := r.text[i+1]; {
		case c == 'u':
			code, n := unicodeEscape(r.text[i:])
			if n == 0 {
				return fail(i, "invalid unicode escape code")
			}
			b = utf8.AppendRune(b, code)
			i += n
		case escapes[c] != 0:
			b = append(b, escapes[c])
			i += 2
		default:
			return fail(i, "invalid escape code")
		}
	}
	if quote == 0 {
		return fail(len(r.text), "unexpected end of string")
	}
	r.a.ChargeCPU(len(b) / 2)
	t.text = string(b)
	r.at = i + quote
	return t
}

// unicodeEscape reads \uXXXX, or two of them for one character, and returns the
// length, 0 if it is wrong.
func unicodeEscape(s string) (code rune, n int) {
	high, ok := hex4(s)
	switch {
	case !ok:
		return 0, 0
	case high&0xF800 != 0xD800:
		return high, 6
	case high&0x400 != 0:
		return 0, 0
	}
	low, ok := hex4(s[6:])
	if !ok || low&0xFC00 != 0xDC00 {
		return 0, 0
	}
	return (high&0x3FF)<<10 + low&0x3FF + 0x10000, 12
}

func hex4(s string) (code rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		} else if d < 10 {
			return 0, false
		}
		code = code<<4 + rune(d)
	}
	return code, true
}
