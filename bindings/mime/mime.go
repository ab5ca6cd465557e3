// Package mime owns the modules mime and ltn12 of LuaSocket: encodings of texts, and
// filters, sources and sinks to put together.
package mime

import (
	_ "embed"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

const (
	after    = "Works as before: it does not concern the call."
	mostText = 1 << 20
)

//go:embed mime.lua
var mimeSource string

//go:embed ltn12.lua
var ltn12Source string

// Mime declares the module mime.
type Mime struct{}

// Bind returns nothing: the module has no state.
func (Mime) Bind(*run.Env) any { return nil }

// LTN12 declares the module ltn12.
type LTN12 struct{}

// Bind returns nothing: the module has no state.
func (LTN12) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (LTN12) Declare() *vm.Module {
	return &vm.Module{
		Name: "ltn12", AfterHangup: after, Required: true, Source: ltn12Source,
		Doc: "Filters, sources, sinks and pumps, as LuaSocket has them: ltn12.filter (chain, cycle), ltn12.source (cat, chain, empty, error, file, rewind, simplify, string, table), " +
			"ltn12.sink (chain, error, file, null, simplify, table) and ltn12.pump (all, step).",
		Constants: []vm.Constant{{Name: "BLOCKSIZE", Value: lua.LNumber(2048), Doc: "the bytes that a source of a file or a text gives at a time"}},
	}
}

// A step encodes or decodes text byte by byte: it returns what comes out, and what has to
// wait for the next bytes. At the end nothing comes after.
type step func(in string, end bool) (out []byte, rest string)

// Declare declares the table.
func (Mime) Declare() *vm.Module {
	text := func(name, doc string) vm.Param {
		return vm.Param{Name: name, Kind: vm.String, Most: mostText, Optional: true, Default: "nil", Doc: doc}
	}
	parts := func(name, doc, example string, do func(marker string) step, more ...vm.Param) vm.Func {
		return vm.Func{
			Name: name, Doc: doc, Example: example,
			Params:  append([]vm.Param{text("text", "the text, or its first part"), text("next", "the part behind it; nil: there is none, and the result is whole")}, more...),
			Results: []vm.Result{{Name: "result", Kind: vm.String, Doc: "nil if it would be empty at the end"}, {Name: "rest", Kind: vm.String, Doc: "what needs the next part, to be given as text with it"}},
			Go: func(a *vm.Args) error {
				marker := "\r\n"
				if a.Has(2) {
					marker = a.String(2)
					ends := strings.Count(a.String(0), "\n") + strings.Count(a.String(1), "\n")
					a.ChargeMemory(2 * ends * len(marker))
					a.ChargeCPU(ends * len(marker) / 16)
				}
				convert(a, do(marker))
				return nil
			},
		}
	}
	low := func(name, doc, example string, do func(*vm.Args) error, middle vm.Param, more ...vm.Param) vm.Func {
		return vm.Func{
			Name: name, Doc: doc, Example: example,
			Params:  append([]vm.Param{{Name: "state", Kind: vm.Int, Doc: "what the call before has returned second"}, middle}, more...),
			Results: []vm.Result{{Name: "result", Kind: vm.String, Doc: "the text; nil if there is none"}, {Name: "state", Kind: vm.Int, Doc: "for the next call"}},
			Go:      do,
		}
	}
	length := vm.Param{Name: "length", Kind: vm.Int, Optional: true, Default: "76", Doc: "the length of a line"}
	filter := func(name, doc, example string, params ...vm.Param) vm.Func {
		return vm.Func{Name: name, Doc: doc, Example: example, Params: params, Results: []vm.Result{{Name: "filter", Kind: vm.Function, Doc: "a filter for ltn12"}}}
	}
	encoding := vm.Param{Name: "encoding", Kind: vm.String, Optional: true, Default: "base64", Doc: `"base64" or "quoted-printable"`}
	return &vm.Module{
		Name: "mime", AfterHangup: after, Required: true, Source: mimeSource,
		Doc: "Encodes and decodes texts, as LuaSocket's module does.",
		Funcs: []vm.Func{
			parts("b64", "Encodes a text in base64.", "print((require(\"mime\").b64(\"user:password\")))", func(string) step { return base64Encode }),
			parts("unb64", "Decodes base64. What does not belong there is left out.", "print((require(\"mime\").unb64(\"dXNlcg==\")))", func(string) step { return base64Decode }),
			parts("qp", "Encodes a text as quoted-printable.", "print((require(\"mime\").qp(\"a=b\")))", qpEncode,
				vm.Param{Name: "marker", Kind: vm.String, Optional: true, Default: "CR LF", Doc: "the end of a line"}),
			parts("unqp", "Decodes quoted-printable.", "print((require(\"mime\").unqp(\"a=3Db\")))", func(string) step { return qpDecode }),
			low("wrp", "Breaks a text into lines.", "print((require(\"mime\").wrp(4, \"abcdefgh\", 4)))", wrap(false), text("text", "the text; nil at the end"), length),
			low("qpwrp", "Breaks quoted-printable text into lines.", "print((require(\"mime\").qpwrp(4, \"abcdefgh\", 4)))", wrap(true), text("text", "the text; nil at the end"), length),
			low("eol", "Makes all ends of lines the same.", "print((require(\"mime\").eol(0, \"a\\nb\\r\\nc\")))", eol, text("text", "the text; nil at the end"),
				vm.Param{Name: "marker", Kind: vm.String, Optional: true, Default: "CR LF", Doc: "the end of a line"}),
			filter("encode", "Returns a filter that encodes.", "local filter = require(\"mime\").encode(\"base64\")", encoding, vm.Param{Name: "mode", Kind: vm.String, Optional: true, Default: `"text"`, Doc: `"binary": ends of lines are encoded too`}),
			filter("decode", "Returns a filter that decodes.", "local filter = require(\"mime\").decode(\"base64\")", encoding),
			filter("wrap", "Returns a filter that breaks lines.", "local filter = require(\"mime\").wrap(\"base64\", 76)",
				vm.Param{Name: "kind", Kind: vm.String, Optional: true, Default: `"text"`, Doc: `"text", "base64" or "quoted-printable"`}, length),
			filter("normalize", "Returns a filter that makes all ends of lines the same.", "local filter = require(\"mime\").normalize()",
				vm.Param{Name: "marker", Kind: vm.String, Optional: true, Default: "CR LF", Doc: "the end of a line"}),
		},
	}
}

// convert does what mime.c's functions of two parts do.
func convert(a *vm.Args, do step) {
	a.Return(lua.LNil, lua.LNil)
	if !a.Has(0) {
		return
	}
	first, second := a.String(0), a.String(1)
	a.ChargeCPU((len(first) + len(second)) * 2)
	a.ChargeMemory(4 * (len(first) + len(second)))
	out, rest := do(first+second, !a.Has(1))
	switch {
	case a.Has(1):
		a.Return(lua.LString(out), lua.LString(rest))
	case len(out) > 0:
		a.Return(lua.LString(out), lua.LNil)
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func base64Encode(in string, end bool) (out []byte, rest string) {
	for len(in) >= 3 {
		n := uint(in[0])<<16 | uint(in[1])<<8 | uint(in[2])
		out = append(out, alphabet[n>>18], alphabet[n>>12&63], alphabet[n>>6&63], alphabet[n&63])
		in = in[3:]
	}
	if !end {
		return out, in
	}
	switch len(in) {
	case 1:
		out = append(out, alphabet[in[0]>>2], alphabet[in[0]&3<<4], '=', '=')
	case 2:
		out = append(out, alphabet[in[0]>>2], alphabet[in[0]&3<<4|in[1]>>4], alphabet[in[1]&15<<2], '=')
	}
	return out, ""
}

func base64Decode(in string, _ bool) (out []byte, rest string) {
	atom := make([]byte, 0, 4)
	for i := range len(in) {
		c := in[i]
		if c != '=' && strings.IndexByte(alphabet, c) < 0 {
			continue
		}
		if atom = append(atom, c); len(atom) < 4 {
			continue
		}
		n, valid := uint(0), 3
		for _, c := range atom {
			n = n<<6 | uint(max(0, strings.IndexByte(alphabet, c)))
		}
		switch {
		case atom[2] == '=':
			valid = 1
		case atom[3] == '=':
			valid = 2
		}
		out = append(out, []byte{byte(n >> 16), byte(n >> 8), byte(n)}[:valid]...)
		atom = atom[:0]
	}
	return out, string(atom)
}

func quoted(out []byte, c byte) []byte {
	return append(out, '=', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
}

func plain(c byte) bool { return c >= 33 && c <= 126 && c != '=' }

// qpEncode follows mime.c:qpencode.
func qpEncode(marker string) step {
	return func(in string, end bool) (out []byte, rest string) {
		for len(in) > 0 {
			c := in[0]
			switch {
			case c == '\r' && len(in) < 2, (c == ' ' || c == '\t') && (len(in) < 3 && (len(in) < 2 || in[1] == '\r') || len(in) < 3):
				if !end {
					return out, in
				}
				for i := range len(in) {
					if plain(in[i]) {
						out = append(out, in[i])
					} else {
						out = quoted(out, in[i])
					}
				}
				return append(out, "=\r\n"...), ""
			case strings.HasPrefix(in, "\r\n"):
				out = append(out, marker...)
				in = in[1:]
			case (c == ' ' || c == '\t') && strings.HasPrefix(in[1:], "\r\n"):
				out = append(quoted(out, c), marker...)
				in = in[2:]
			case plain(c), c == ' ', c == '\t':
				out = append(out, c)
			default:
				out = quoted(out, c)
			}
			in = in[1:]
		}
		return out, ""
	}
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// qpDecode follows mime.c:qpdecode.
func qpDecode(in string, _ bool) (out []byte, rest string) {
	for len(in) > 0 {
		c := in[0]
		switch {
		case c == '=' && len(in) < 3, c == '\r' && len(in) < 2:
			return out, in
		case c == '=':
			high, ok := hexDigit(in[1])
			low, too := hexDigit(in[2])
			switch {
			case in[1:3] == "\r\n":
			case ok && too:
				out = append(out, high<<4|low)
			default:
				out = append(out, in[:3]...)
			}
			in = in[2:]
		case c == '\r':
			if in[1] == '\n' {
				out = append(out, "\r\n"...)
			}
			in = in[1:]
		case c == '\t', c > 31 && c < 127:
			out = append(out, c)
		}
		in = in[1:]
	}
	return out, ""
}

// wrap follows mime.c's functions wrp and qpwrp.
func wrap(qp bool) func(*vm.Args) error {
	brk := "\r\n"
	if qp {
		brk = "=\r\n"
	}
	return func(a *vm.Args) error {
		left, length := a.Int(0), 76
		if a.Has(2) {
			length = a.Int(2)
		}
		if !a.Has(1) {
			a.Return(lua.LNil, lua.LNumber(length))
			if left < length {
				a.Return(lua.LString(brk), lua.LNumber(length))
			}
			return nil
		}
		in := a.String(1)
		a.ChargeCPU(len(in) * 2)
		a.ChargeMemory(6 * len(in))
		var out []byte
		for i := range len(in) {
			c := in[i]
			need := 0
			switch {
			case c == '\r':
				continue
			case c == '\n':
				out, left = append(out, "\r\n"...), length
				continue
			case qp && c == '=':
				need = 3
			case qp:
				need = 1
			}
			if left <= need {
				out, left = append(out, brk...), length
			}
			out = append(out, c)
			left--
		}
		a.Return(lua.LString(out), lua.LNumber(left))
		return nil
	}
}

// eol follows mime.c:eolprocess.
func eol(a *vm.Args) error {
	last, marker := byte(a.Int(0)), "\r\n"
	if a.Has(2) {
		marker = a.String(2)
	}
	if !a.Has(1) {
		a.Return(lua.LNil, lua.LNumber(0))
		return nil
	}
	in := a.String(1)
	a.ChargeCPU(len(in) * 2)
	a.ChargeMemory(len(in) + strings.Count(in, "\n")*len(marker) + strings.Count(in, "\r")*len(marker))
	var out []byte
	for i := range len(in) {
		c := in[i]
		ends, ended := c == '\r' || c == '\n', last == '\r' || last == '\n'
		switch {
		case !ends:
			out, last = append(out, c), 0
		case !ended:
			out, last = append(out, marker...), c
		default:
			if c == last {
				out = append(out, marker...)
			}
			last = 0
		}
	}
	a.Return(lua.LString(out), lua.LNumber(last))
	return nil
}
