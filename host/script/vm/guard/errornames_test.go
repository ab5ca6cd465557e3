package guard_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// failing writes programs that fail at a value with a name: after blocks that have
// ended, inside some that have not, in a function, in the main chunk.
type failing struct{ writer }

// wrong writes a statement that fails at v, a nil, or at a field of t that is none.
func (w *failing) wrong(v string) string {
	return w.one(
		"print("+v+".x)", v+".x = 1", "print("+v+"[1])", v+"()", v+":m()", "print(#"+v+")", "print(-"+v+")", "print("+v+" + 1)", "print(2 * "+v+")",
		"print('s' .. "+v+")", "print("+v+" .. 's')", "print('a' .. "+v+" .. 'b')", "print('a' .. 1 .. "+v+" .. s)", "print(s .. s .. "+v+")", "print({} .. "+v+")", "print("+v+" .. {})",
		"local q = "+v+".x", "return "+v+".x", "return "+v+"()", "return ("+v+"())", "if "+v+".x then print(1) end", "while "+v+".x do break end", "repeat local o = 1 until "+v+".x",
		"for i = 1, "+v+".n do print(i) end", "for k in "+v+".it() do print(k) end", "print(1, 's' .. "+v+")", "x = "+v+".x", "x = "+v+" ^ 2", "local a, b = 1, "+v+".x", "print(print == "+v+".x)",
		"t.foo()", "t.foo.bar = 1", "print(t.foo.bar)", "t.foo('x')", "t:foo()", "print(t.foo + 1)", "print('s' .. t.foo)", "nothing()", "print(nothing.x)", "t[s]()", "print(t[1].x)", "t.a.b()", "print(t.a.b.c)",
		"print(u.x)", "u()", "print('a' .. u)", "print(u + s)", "s()", "s.x.y = 1", "print(s < 1)", "print({} < {})", "print(t < "+v+")",
	)
}

// ended writes a block that has ended before the failure.
func (w *failing) ended() string {
	return w.one(
		"if s then local inner = 5 end", "if s then local i1, i2 = 1, 2 print(i1) else local i3 = 3 end", "do local b = 2 end", "do local p1, p2 = 1, 2 end", "for i = 1, 2 do local q = i end",
		"for k, v in pairs({1}) do local q = k end", "while true do local w1 = 1 break end", "repeat local r1 = 1 until r1", "local function lf() local l1 = 1 return l1 end", "do local fn = function() local deep = 1 end end",
		"local "+w.fresh()+" = 1", "local "+w.fresh()+", "+w.fresh()+" = 1, 2", "local "+w.fresh(), "do do local d1 = 1 end local d2 = 2 end", "if not s then else local e1 = {} end", "print(s)", "x = s", "local y = s and t or 1",
		"if s == 'x' then local i1 = 1 elseif s then local i2 = 2 end",
	)
}

func (w *failing) body(deep int) string {
	var b strings.Builder
	for range w.IntN(4) {
		b.WriteString(w.ended() + "\n")
	}
	v := w.one("z", "z1", "zz")
	b.WriteString("local " + v + w.one("", " = nil") + "\n")
	for range w.IntN(3) {
		b.WriteString(w.ended() + "\n")
	}
	if deep > 0 && w.IntN(3) > 0 {
		inside := w.body(deep - 1)
		b.WriteString(w.one("if s then\n"+inside+"end\n", "do\n"+inside+"end\n", "for i = 1, 1 do\n"+inside+"end\n", "for _, e in pairs({1}) do\n"+inside+"end\n",
			"local function f(par)\n"+inside+"end\nf(1)\n", "while true do\n"+inside+"end\n", "; (function(...) local n = ...\n"+inside+"end)(1)\n", "if not s then local no = 1 else\n"+inside+"end\n"))
		return b.String()
	}
	return b.String() + w.wrong(v) + "\n"
}

// TestErrorsNameThePUCVariable runs programs that fail here and in lua5.1.
func TestErrorsNameThePUCVariable(t *testing.T) {
	t.Parallel()
	programs := uint64(testproc.Size(4000, 400, 100))
	var list []string
	for seed := range programs {
		w := &failing{writer: writer{Rand: rand.New(rand.NewPCG(seed, 2))}}
		body := w.body(3)
		head := "local t, s, u = {a = {}}, 's', nil\nlocal function up() return u end\n"
		if w.IntN(2) == 0 {
			body = "local function inner()\n" + body + "end\ninner()\n"
		}
		if w.IntN(2) == 0 {
			body = strings.ReplaceAll(body, "\n", " ")
		}
		list = append(list, head+body)
	}
	want := theirs(t, list)
	failed := 0
	for i, s := range list {
		got, want := unplaced(ours(t, s)), unplaced(want[i])
		if got != want {
			if failed++; failed > 12 {
				t.Fatal("and more")
			}
			t.Errorf("program %d\n%s\nours:   %slua5.1: %s", i, s, got, want)
		}
	}
}
