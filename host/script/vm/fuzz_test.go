package vm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// author writes a Lua program as its bytes decide.
type author struct {
	seed  []byte
	b     strings.Builder
	depth int
}

// pick takes the next decision, one of n.
func (a *author) pick(n int) int {
	if len(a.seed) == 0 {
		return 0
	}
	c := int(a.seed[0])
	a.seed = a.seed[1:]
	return c % n
}

func (a *author) one(list ...string) string { return list[a.pick(len(list))] }

func (a *author) name() string { return a.one("a", "b", "c", "t", "f", "s", "co", "mt") }

func (a *author) expr() string {
	if a.depth++; a.depth > 6 || len(a.seed) == 0 {
		a.depth--
		return a.one("nil", "1", "a", "t", "f", `"x"`)
	}
	defer func() { a.depth-- }()
	switch a.pick(20) {
	case 0:
		return a.one("nil", "true", "false", "0", "1", "-1", "0.5", "1e9", "2^53", "1/0", "0/0", `""`, `"abc"`, `"12"`, "...")
	case 1, 2, 3:
		return a.name()
	case 4:
		return "(" + a.expr() + a.one("+", "-", "*", "/", "%", "^", "..", "==", "<", "<=", "~=", " and ", " or ") + a.expr() + ")"
	case 5:
		return a.one("-", "not ", "#") + "(" + a.expr() + ")"
	case 6:
		return "{" + a.expr() + "," + a.name() + "=" + a.expr() + ",[" + a.expr() + "]=" + a.expr() + a.one("", ",...", ","+a.expr()) + "}"
	case 7:
		return a.name() + "[" + a.expr() + "]"
	case 8:
		return a.name() + "." + a.name()
	case 9:
		return "function(" + a.one("", "a", "a,b", "...", "a,...") + ") " + a.block() + a.one("", " return "+a.expr()) + " end"
	case 10, 11:
		return a.call()
	case 12:
		return "(" + a.one(`("x")`, "s", `("a b c")`) + "):" + a.one("rep", "sub", "find", "gsub", "byte", "upper", "format", "gmatch", "match", "len") + "(" + a.expr() + a.one("", ","+a.expr(), ","+a.expr()+","+a.expr()) + ")"
	case 13:
		return "setmetatable({},{" + a.one("__index", "__newindex", "__call", "__add", "__concat", "__eq", "__lt", "__le", "__len", "__unm", "__tostring", "__pairs") + "=" + a.expr() + "})"
	case 14:
		return "coroutine.wrap(" + a.expr() + ")"
	case 15:
		return "loadstring(" + a.one(`"return a,..."`, `"x="`, `"return function() return t end"`, a.expr()) + ")"
	default:
		return a.one("a", "b", "1", "2", `"k"`, "t", "f")
	}
}

func (a *author) call() string {
	return a.one(a.name(), "pcall", "xpcall", "error", "select", "tostring", "tonumber", "unpack", "next", "type", "rawset",
		"rawget", "assert", "setfenv", "getfenv", "load", "require", "ipairs", "pairs", "getmetatable",
		"coroutine.create", "coroutine.resume", "coroutine.yield", "coroutine.status", "coroutine.wrap",
		"table.insert", "table.remove", "table.concat", "table.sort", "string.rep", "string.format", "math.random",
		"math.floor", "debug.traceback", "debug.getinfo", "os.date", "os.time") +
		"(" + a.one("", a.expr(), a.expr()+","+a.expr(), a.expr()+","+a.expr()+","+a.expr(), "...") + ")"
}

func (a *author) block() string {
	var b strings.Builder
	for range a.pick(4) {
		b.WriteString(a.statement())
		b.WriteString(" ")
	}
	return b.String()
}

func (a *author) statement() string {
	if a.depth++; a.depth > 8 || len(a.seed) == 0 {
		a.depth--
		return a.name() + " = " + a.one("1", "{}", "f", "t") + ";"
	}
	defer func() { a.depth-- }()
	switch a.pick(14) {
	case 0:
		return "local " + a.name() + a.one("", " = "+a.expr()) + ";"
	case 1:
		return a.name() + " = " + a.expr() + ";"
	case 2:
		return a.name() + ", " + a.name() + "[" + a.expr() + "] = " + a.expr() + ", " + a.expr() + ";"
	case 3:
		return a.name() + "." + a.name() + " = " + a.expr() + ";"
	case 4:
		return "if " + a.expr() + " then " + a.block() + a.one("", "else "+a.block()) + " end"
	case 5:
		return "for i = " + a.one("1", "0", a.expr()) + "," + a.one("3", "20", a.expr()) + a.one("", ",1", ","+a.expr()) + " do " + a.block() + " end"
	case 6:
		return "for k, v in " + a.one("pairs(t)", "ipairs(t)", "next, t", "f", a.expr()) + " do " + a.block() + a.one("", "break") + " end"
	case 7:
		return "while " + a.one("a", "true", a.expr()) + " do " + a.block() + a.one("break", "", "") + " end"
	case 8:
		return "local function " + a.name() + "(" + a.one("", "a", "...") + ") " + a.block() + a.one("", "return "+a.expr(), "return "+a.call()) + " end"
	case 9:
		return "do " + a.block() + " end"
	case 10:
		return "repeat " + a.block() + " until " + a.one("true", a.expr()) + ";"
	default:
		return a.call() + ";"
	}
}

func (a *author) program() string {
	a.b.WriteString("local a, b, c, t, s = 1, 2, 'c', {1, 2, 3, k = 'v'}, 'text' local function f(...) return ... end local mt, co = {}, coroutine.wrap(f)\n")
	for len(a.seed) > 0 && a.b.Len() < 20000 {
		// each statement alone, so that one error does not hide what follows
		fmt.Fprintf(&a.b, "pcall(function(...) %s end, a, t)\n", a.statement())
	}
	return a.b.String()
}

// FuzzPrograms runs generated programs under the guard: whatever they do, they
// end, within their budgets, and without a Go panic.
func FuzzPrograms(f *testing.F) {
	m, err := vm.NewMachine()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "a", "the quick brown fox jumps over the lazy dog", "\x04\x09\x0a\x0b\x0c\x0d\x0e\x0f pcall xpcall \xff\xfe\x80\x81",
		strings.Repeat("\x0a\x09\x0e\x05\x07\x03", 40), strings.Repeat("\x0d\x0c\x08\x01\x0f\x14\x13", 60)} {
		f.Add([]byte(seed))
	}
	limits := guard.Limits{Memory: 2 << 20, Burst: 30 * time.Millisecond, Stack: 2000}
	f.Fuzz(func(t *testing.T, seed []byte) {
		src := (&author{seed: seed}).program()
		sc, err := vm.Compile("fuzz.lua", []byte(src))
		if err != nil {
			var wrong *vm.CompileError
			if !errors.As(err, &wrong) {
				t.Fatalf("%v\n%s", err, src)
			}
			return
		}
		s := m.NewState(vm.StateOptions{Limits: limits})
		defer s.Close()
		err = s.Run(context.Background(), sc, []string{"fuzz"})
		var failed *vm.ScriptError
		var internal *guard.InternalError
		switch {
		case errors.As(err, &internal):
			t.Fatalf("%v\n%s\n%s", err, internal.Stack, src)
		case err != nil && !errors.As(err, &failed):
			t.Fatalf("%v\n%s", err, src)
		case s.Memory() > 2*limits.Memory:
			t.Fatalf("held %d bytes\n%s", s.Memory(), src)
		case s.Used() > 10*limits.Burst:
			t.Fatalf("used %v\n%s", s.Used(), src)
		}
	})
}

// FuzzSource compiles any text: it is a function or an error with a line.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{"", "x=1", "return 0x10..'a\\x41\\z  b'", "--[==[ c ]] ]==] goto a ::a::", "for k,v in next,t do a,b[c]=1,2 end",
		"#!\nlocal function f(...) return ... end", "\xef\xbb\xbfreturn {[1]=2;3,a=4}", "f'x'{y}[[z]]:m(1)", "if a then elseif b then else end"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		sc, err := vm.Compile("fuzz.lua", []byte(src))
		var wrong *vm.CompileError
		switch {
		case err == nil && sc == nil:
			t.Fatal("neither script nor error")
		case err != nil && !errors.As(err, &wrong):
			t.Fatal(err)
		case err != nil && (wrong.File != "fuzz.lua" || strings.Contains(wrong.Message, "compiler failed")):
			t.Fatal(err)
		}
	})
}
