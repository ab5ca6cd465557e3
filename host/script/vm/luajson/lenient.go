package luajson

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// DecodeLenient returns the value of a text that may have mistakes which leave no doubt
// of what is meant, as people and their word processors make them: a byte order mark,
// typographic or single quotes, names without quotes, a comma before a closing bracket,
// comments, blanks and punctuation of other alphabets. A whole number that Lua would
// change (0301234, +49301234, one above 2^53) becomes the text that stands there.
// mistake is the first of them, nil if there is none. err says where the text is none
// that can be understood.
func DecodeLenient(a *vm.Args, text string) (v lua.LValue, mistake, err error) {
	a.ChargeCPU(50 + len(text)/8)
	r := reader{Format: &Format{Comments: true}, a: a, text: text, lenient: true}
	top := a.L.GetTop()
	defer a.L.SetTop(top)
	if r.skipBlanks(); r.at == len(text) {
		return nil, nil, errors.New("it is empty")
	}
	v, err = r.value(r.next(), nil)
	if err == nil {
		if t := r.next(); t.kind != end {
			err = r.expected("the end", t)
		}
	}
	if err != nil {
		return nil, nil, locate(text, err)
	}
	if r.mistake != nil {
		mistake = locate(text, r.mistake)
	}
	return v, mistake, nil
}

// shown limits how much of a text a message shows.
const shown = 40

// locate returns a syntax error with its line, its column and the text that stands there.
func locate(text string, err error) error {
	e, ok := err.(*SyntaxError)
	if !ok {
		return err
	}
	line, column := e.Place(text)
	what := "at its end"
	if e.At <= len(text) {
		rest := text[e.At-1:]
		what = fmt.Sprintf("at %q", strings.ToValidUTF8(rest[:min(len(rest), shown)], "?"))
	}
	return fmt.Errorf("line %d, column %d, %s: %s", line, column, what, e.Message)
}

// note keeps the first mistake.
func (r *reader) note(at int, what string) {
	if r.mistake == nil {
		r.mistake = &SyntaxError{at + 1, what}
	}
}

// noteBlank notes a mistake between two tokens; others than DecodeLenient permit it.
func (r *reader) noteBlank(what string) {
	if r.lenient {
		r.note(r.at, what)
	}
}

// lookalikes lists what stands for a character of JSON, or for a blank.
var lookalikes = map[rune]byte{
	'“': '"', '”': '"', '„': '"', '‟': '"', '«': '"', '»': '"', '＂': '"', '″': '"', '「': '"', '」': '"',
	'\'': '\'', '‘': '\'', '’': '\'', '‚': '\'', '‛': '\'', '′': '\'', '＇': '\'', '`': '\'', '´': '\'',
	'：': ':', '，': ',', '、': ',', '｛': '{', '｝': '}', '［': '[', '］': ']',
	'\u00a0': ' ', '\u2002': ' ', '\u2003': ' ', '\u2009': ' ', '\u200b': ' ', '\u202f': ' ', '\u3000': ' ', '\ufeff': ' ',
	'\u2028': ' ', '\u2029': ' ', '\v': ' ', '\f': ' ',
}

// lookalike returns the character for which the next one stands, and its length; 0 if it
// stands for none.
func (r *reader) lookalike(at int) (byte, int) {
	if at >= len(r.text) {
		return 0, 0
	}
	c, n := utf8.DecodeRuneInString(r.text[at:])
	return lookalikes[c], n
}

// nextLenient reads a token that is none of JSON.
func (r *reader) nextLenient(t token) token {
	switch c, n := r.lookalike(r.at); c {
	case '"', '\'':
		r.note(r.at, "a text has other quotes than \"")
		return r.stringUntil(t, r.at+n, func(at int) int {
			if r.text[at] == c {
				return 1
			}
			if like, n := r.lookalike(at); like == c {
				return n
			}
			return 0
		})
	case 0, ' ':
	default:
		r.note(r.at, fmt.Sprintf("this is no %q", c))
		r.at += n
		t.kind = symbols[c]
		return t
	}
	if n := r.phoneNumber(); n > 0 {
		r.note(r.at, "this number is taken as a text")
		t.kind, t.text = text, r.text[r.at:r.at+n]
		r.at += n
		return t
	}
	t.kind, t.why = wrong, "invalid token"
	return t
}

// phoneNumber returns the length of a whole number that Lua would change: with leading
// zeros or a plus sign, or above 2^53. 0: there is none.
func (r *reader) phoneNumber() int {
	rest := r.text[r.at:]
	digits := strings.TrimPrefix(rest, "+")
	n := len(digits) - len(strings.TrimLeft(digits, "0123456789"))
	if n == 0 || n < len(digits) && strings.IndexByte(".eExX", digits[n]) >= 0 {
		return 0
	}
	const most = "9007199254740992"
	if len(digits) == len(rest) && (digits[0] != '0' || n == 1) && (n < len(most) || n == len(most) && digits[:n] <= most) {
		return 0
	}
	return n + len(rest) - len(digits)
}

// bareName reads a name of an object that has no quotes.
func (r *reader) bareName(t token) token {
	rest := r.text[t.at-1:]
	n := 0
	for n < len(rest) && (rest[n] == '_' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' || n > 0 && rest[n] >= '0' && rest[n] <= '9') {
		n++
	}
	if n == 0 {
		return t
	}
	r.note(t.at-1, "a name has no quotes")
	r.at = t.at - 1 + n
	return token{kind: text, at: t.at, text: rest[:n]}
}
