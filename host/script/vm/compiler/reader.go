package compiler

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eslua/eslua/host/script/vm/number"
)

// The reader goes through a source text before gopher-lua's parser does. It
// refuses what would overflow Go's stack, which nothing can recover, or take
// longer than a script may. It rewrites what the parser reads otherwise than PUC
// Lua: numbers, \x and \z, comments, a byte order mark. Line numbers do not change.

const (
	maxNested    = 196        // nested brackets and blocks, as LUAI_MAXCCALLS of 200
	maxChain     = 3000       // operators and calls that nest in the tree, over all brackets
	maxConstants = 60_000_000 // comparisons of constants the compiler may make, about a second
	maxFunctions = 2000       // in one text: the compiler keeps 9 KiB for each until it is done
	maxElements  = 25_000     // of one table constructor: beyond, gopher-lua's compiler miscounts
)

type reader struct {
	file string
	src  string
	at   int
	line int
	out  []byte

	prev  kind
	open  []nesting
	total int // depth of the syntax tree at most, of all in open
	cost  int // comparisons of constants

	tokens    int
	functions int
	local     byte // after "local" 1, after "local function" 2
}

// Read checks src and rewrites it for gopher-lua; file is what errors show.
func Read(file, src string) (*Text, *SyntaxError) {
	r := &reader{file: file, src: src, line: 1, out: make([]byte, 0, len(src)+16)}
	r.src = strings.TrimPrefix(r.src, "\xef\xbb\xbf")
	if strings.HasPrefix(r.src, "\x1b") {
		return nil, r.fail("a precompiled chunk, not source text")
	}
	if strings.HasPrefix(r.src, "#") {
		r.at = lineEnd(r.src, 0)
	}
	_ = r.push('e', true) // the first block always fits
	for r.at < len(r.src) {
		if err := r.token(); err != nil {
			return nil, err
		}
	}
	for len(r.open) > 0 {
		r.pop()
	}
	if r.cost > maxConstants {
		return nil, r.fail("too many constants in one function: split the table, or build it in a loop")
	}
	return &Text{
		name:   file,
		source: string(r.out),
		Work:   r.cost + 4*len(r.out) + 60*r.tokens,
		Memory: 9000*r.functions + 30*len(r.out),
	}, nil
}

func (r *reader) fail(message string) *SyntaxError { return &SyntaxError{r.file, r.line, message} }

func (r *reader) near(message, token string) *SyntaxError {
	return r.fail(message + " near '" + token + "'")
}

func lineEnd(s string, at int) int {
	if i := strings.IndexAny(s[at:], "\r\n"); i >= 0 {
		return at + i
	}
	return len(s)
}

// token reads one token, blank or comment.
func (r *reader) token() *SyntaxError {
	c := r.src[r.at]
	switch {
	case c == '\n' || c == '\r':
		r.newline()
		r.out = append(r.out, '\n')
		return nil
	case c == ' ' || c >= '\t' && c <= '\r':
		r.at++
		r.out = append(r.out, ' ')
		return nil
	case strings.HasPrefix(r.src[r.at:], "--"):
		return r.comment()
	}
	r.tokens++
	switch {
	case letter(c):
		return r.word()
	case digit(c) || c == '.' && r.at+1 < len(r.src) && digit(r.src[r.at+1]):
		return r.number()
	case c == '"' || c == '\'':
		return r.text(c)
	case c == '[' && longBracket(r.src[r.at:]) >= 0:
		from := r.at
		if err := r.long("string"); err != nil {
			return err
		}
		r.out = append(r.out, r.src[from:r.at]...)
		return r.literal(r.src[from:r.at])
	}
	return r.symbol(c)
}

// newline steps over a line break: LF, CR, CRLF or LFCR.
func (r *reader) newline() {
	c := r.src[r.at]
	r.at++
	if r.at < len(r.src) {
		if d := r.src[r.at]; (d == '\n' || d == '\r') && d != c {
			r.at++
		}
	}
	r.line++
}

func isHex(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func (r *reader) word() *SyntaxError {
	from := r.at
	for r.at < len(r.src) && (letter(r.src[r.at]) || digit(r.src[r.at])) {
		r.at++
	}
	w := r.src[from:r.at]
	after := r.local
	r.local = 0
	switch {
	case w == "function" && after == 1:
		r.local = 2
	case after == 2: // repair must tell it from local f = function
		r.out = append(r.out, w+" "+w+"=function"...)
	default:
		r.out = append(r.out, w...)
	}
	switch w {
	case "and", "or", "not":
		return r.chain()
	case "nil", "true", "false":
		return r.operand("")
	case "function":
		r.prev = separator
		if r.functions++; r.functions > maxFunctions {
			return r.fail("more than " + strconv.Itoa(maxFunctions) + " functions in one text: split it")
		}
		return r.push('e', true)
	case "do", "if", "repeat":
		r.separate()
		return r.push('e', false)
	case "end", "until":
		r.separate()
		if len(r.open) > 1 {
			r.pop()
		}
		r.prev = operandEnd
		if w == "until" {
			r.separate()
		}
	case "elseif":
		r.separate()
		r.open[len(r.open)-1].branches++
		return r.deeper()
	case "local":
		r.separate()
		r.local = 1
	case "break", "else", "for", "goto", "in", "return", "then", "while":
		r.separate()
	default:
		if r.prev == operandEnd {
			r.separate() // a name after an operand begins a statement
		}
		return r.operand(w)
	}
	return nil
}

// number reads a number as llex.c:read_numeral does, and writes one that
// gopher-lua reads as the same.
func (r *reader) number() *SyntaxError {
	from := r.at
	for r.at < len(r.src) && (digit(r.src[r.at]) || r.src[r.at] == '.') {
		r.at++
	}
	hex := r.at == from+1 && r.src[from] == '0' && r.at < len(r.src) && r.src[r.at]|0x20 == 'x'
	if !hex && r.at < len(r.src) && r.src[r.at]|0x20 == 'e' {
		r.at++
		if r.at < len(r.src) && (r.src[r.at] == '+' || r.src[r.at] == '-') {
			r.at++
		}
	}
	for r.at < len(r.src) && (letter(r.src[r.at]) || digit(r.src[r.at]) || hex && r.src[r.at] == '.') {
		r.at++
	}
	w := r.src[from:r.at]
	x, ok := number.Parse(w)
	switch {
	case !ok:
		return r.near("malformed number", w)
	case math.IsInf(x, 0):
		r.out = append(r.out, "(1/0)"...)
	case x == math.Trunc(x) && x < 1e15:
		r.out = strconv.AppendInt(r.out, int64(x), 10)
	default:
		r.out = strconv.AppendFloat(r.out, x, 'e', -1, 64)
	}
	return r.operand(w)
}

// text reads a quoted string.
func (r *reader) text(quote byte) *SyntaxError {
	from, skipped := r.at, 0
	r.out = append(r.out, quote)
	r.at++
	for {
		if r.at == len(r.src) || r.src[r.at] == '\n' || r.src[r.at] == '\r' {
			near := r.src[from:r.at]
			if r.at == len(r.src) {
				near = "<eof>"
			}
			return r.near("unfinished string", near)
		}
		c := r.src[r.at]
		r.at++
		r.out = append(r.out, c)
		if c == quote {
			break
		}
		if c == '\\' {
			n, err := r.escape(from)
			if err != nil {
				return err
			}
			skipped += n
		}
	}
	for range skipped {
		r.out = append(r.out, '\n')
	}
	return r.literal(r.src[from:r.at])
}

// literal records a string, which after an operand is the argument of a call.
func (r *reader) literal(s string) *SyntaxError {
	if r.prev == operandEnd {
		if err := r.chain(); err != nil {
			return err
		}
	}
	return r.operand(s)
}

// escape reads what follows a backslash, which is written already. It returns
// how many line breaks \z skipped.
func (r *reader) escape(from int) (lines int, err *SyntaxError) {
	if r.at == len(r.src) {
		return 0, nil // text reports it
	}
	switch c := r.src[r.at]; {
	case c == '\n' || c == '\r':
		r.newline()
		r.out = append(r.out, '\n')
	case c == 'z':
		r.out = r.out[:len(r.out)-1]
		r.at++
		for r.at < len(r.src) && (r.src[r.at] == ' ' || r.src[r.at] >= '\t' && r.src[r.at] <= '\r') {
			if c := r.src[r.at]; c == '\n' || c == '\r' {
				r.newline()
				lines++
			} else {
				r.at++
			}
		}
	case c == 'x':
		n := 0
		for i := 1; i <= 2; i++ {
			d := -1
			if r.at+i < len(r.src) {
				d = strings.IndexByte("0123456789abcdef", r.src[r.at+i]|0x20)
				if digit(r.src[r.at+i]) {
					d = int(r.src[r.at+i] - '0')
				}
			}
			if d < 0 {
				return 0, r.near("hexadecimal digit expected", r.src[from:r.at])
			}
			n = n*16 + d
		}
		r.at += 3
		r.out = append(r.out, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	case c == 'u' && strings.HasPrefix(r.src[r.at:], "u{"): // of 5.3
		code, n, i := rune(0), 0, 2
		for ; r.at+i < len(r.src) && isHex(r.src[r.at+i]) && n < 6; i, n = i+1, n+1 {
			d, _ := strconv.ParseUint(r.src[r.at+i:r.at+i+1], 16, 8)
			code = code<<4 + rune(d)
		}
		if n == 0 || r.at+i == len(r.src) || r.src[r.at+i] != '}' {
			return 0, r.near("hexadecimal digit expected", r.src[from:r.at])
		}
		r.at += i + 1
		r.out = r.out[:len(r.out)-1]
		for _, b := range utf8.AppendRune(nil, code) {
			r.out = append(r.out, '\\', byte('0'+b/100), byte('0'+b/10%10), byte('0'+b%10))
		}
	case digit(c):
		n, i := 0, 0
		for ; i < 3 && r.at+i < len(r.src) && digit(r.src[r.at+i]); i++ {
			n = n*10 + int(r.src[r.at+i]-'0')
		}
		r.at += i
		if n > 255 {
			return 0, r.near("escape sequence too large", r.src[from:r.at])
		}
		r.out = append(r.out, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	default:
		r.at++
		r.out = append(r.out, c)
	}
	return lines, nil
}

// comment steps over a comment and writes its line breaks.
func (r *reader) comment() *SyntaxError {
	r.at += 2
	if longBracket(r.src[r.at:]) < 0 {
		r.at = lineEnd(r.src, r.at)
		return nil
	}
	line := r.line
	if err := r.long("comment"); err != nil {
		return err
	}
	r.out = append(r.out, ' ')
	for range r.line - line {
		r.out = append(r.out, '\n')
	}
	return nil
}

// longBracket returns the number of '=' in the long bracket that s begins with,
// or -1 without one.
func longBracket(s string) int {
	if s == "" || s[0] != '[' {
		return -1
	}
	n := 1
	for n < len(s) && s[n] == '=' {
		n++
	}
	if n == len(s) || s[n] != '[' {
		return -1
	}
	return n - 1
}

// long steps over a long string or comment.
func (r *reader) long(what string) *SyntaxError {
	n := longBracket(r.src[r.at:])
	closer := "]" + strings.Repeat("=", n) + "]"
	r.at += n + 2
	for r.at < len(r.src) {
		switch c := r.src[r.at]; {
		case c == '\n' || c == '\r':
			r.newline()
		case c == ']' && strings.HasPrefix(r.src[r.at:], closer):
			r.at += len(closer)
			return nil
		default:
			r.at++
		}
	}
	return r.near("unfinished long "+what, "<eof>")
}

// laterOperators are the operators of Lua 5.3, each with a function that does the same. The longer come first.
var laterOperators = [...]struct{ operator, instead string }{
	{"//", "math.floor(a / b)"}, {"<<", "bit32.lshift(a, n)"}, {">>", "bit32.rshift(a, n)"},
	{"&", "bit32.band(a, b)"}, {"|", "bit32.bor(a, b)"}, {"~", "bit32.bxor(a, b), and bit32.bnot(a) for one operand"},
}

// later refuses what Lua 5.3 and 5.4 have and eslua lacks.
func (r *reader) later(rest string) *SyntaxError {
	for _, o := range laterOperators {
		if strings.HasPrefix(rest, o.operator) && !strings.HasPrefix(rest, "~=") {
			return r.fail("the operator " + o.operator + " is of Lua 5.3, and eslua runs Lua 5.1 with goto: write " + o.instead)
		}
	}
	for _, attribute := range []string{"<const>", "<close>"} {
		if r.prev == operandEnd && strings.HasPrefix(rest, attribute) {
			return r.fail("the attribute " + attribute + " is of Lua 5.4, and eslua runs Lua 5.1 with goto: leave it out")
		}
	}
	return nil
}

func (r *reader) symbol(c byte) *SyntaxError {
	n := 1
	rest := r.src[r.at:]
	for _, s := range [...]string{"...", "..", "==", "~=", "<=", ">=", "::"} {
		if strings.HasPrefix(rest, s) {
			n = len(s)
			break
		}
	}
	if wrong := r.later(rest); wrong != nil {
		return wrong
	}
	s := rest[:n]
	r.at += n
	r.out = append(r.out, s...)
	switch s {
	case "...":
		return r.operand("")
	case ",", ";":
		r.separate()
		top := &r.open[len(r.open)-1]
		if top.elements++; top.closer == '}' && top.elements > maxElements {
			return r.fail("more than " + strconv.Itoa(maxElements) + " elements in one table constructor: split it")
		}
	case "=", "::":
		r.separate()
	case "(", "[", "{":
		if s != "{" || r.prev == operandEnd {
			if err := r.chain(); err != nil {
				return err
			}
		}
		r.prev = separator
		return r.push(closers[s[0]], false)
	case ")", "]", "}":
		if len(r.open) < 2 || r.open[len(r.open)-1].closer != s[0] {
			return r.near("unexpected symbol", s)
		}
		r.pop()
		r.prev = operandEnd
	case "+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", ".", ":", "#":
		return r.chain()
	default:
		return r.near("unexpected symbol", s)
	}
	return nil
}
