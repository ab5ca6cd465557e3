package guard_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// writer writes programs that end, and that print the same in every Lua 5.1.
type writer struct {
	*rand.Rand
	scopes [][]string // the local variables
	depth  int
	loops  int
	vararg bool
	n      int
}

func (w *writer) one(list ...string) string { return list[w.IntN(len(list))] }

func (w *writer) fresh() string {
	w.n++
	return w.one("a", "b", "x", "v") + fmt.Sprint(w.n%7)
}

func (w *writer) name() string {
	var all []string
	for _, s := range w.scopes {
		all = append(all, s...)
	}
	if len(all) == 0 || w.IntN(8) == 0 {
		return w.one("g1", "g2", "g3")
	}
	return all[w.IntN(len(all))]
}

func (w *writer) open()  { w.scopes = append(w.scopes, nil) }
func (w *writer) close() { w.scopes = w.scopes[:len(w.scopes)-1] }
func (w *writer) declare(names ...string) {
	top := len(w.scopes) - 1
	w.scopes[top] = append(w.scopes[top], names...)
}

func (w *writer) exprs(n int) string {
	var list []string
	for range n {
		list = append(list, w.expr())
	}
	return strings.Join(list, ", ")
}

func (w *writer) expr() string {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > 5 {
		return w.one("nil", "true", "false", "0", "1", "2", "3.5", `"s"`, `"7"`, w.name())
	}
	switch w.IntN(24) {
	case 0:
		return w.one("nil", "true", "false", "0", "1", "-2", "10", "0.25", "1e3", `""`, `"abc"`, `"12"`, "0x1F")
	case 1, 2, 3, 4, 5:
		return w.name()
	case 6:
		return "(" + w.one("1", "2", "10", `"3"`) + " " + w.one("+", "-", "*", "/", "%") + " " + w.one("3", "t[1]", "select('#', f1())", "4.5") + ")"
	case 7:
		return "(" + w.expr() + " " + w.one("+", "-", "*", "/", "%") + " " + w.expr() + ")"
	case 8:
		return w.expr() + w.one(" == ", " ~= ") + w.one(w.name(), "1", "nil", `"abc"`)
	case 9:
		return "(" + w.expr() + w.one(" < ", " <= ", " > ", " >= ") + w.expr() + ")"
	case 10, 11:
		return "(" + w.expr() + w.one(" and ", " or ") + w.expr() + ")"
	case 12:
		return "not " + w.expr()
	case 13:
		return "(" + w.expr() + " .. " + w.one("1", `"x"`, "2.5", w.name()) + ")"
	case 14:
		return "{" + w.exprs(1+w.IntN(3)) + w.one("", "; k = "+w.expr(), "; [5] = "+w.expr()) + "}"
	case 15:
		return "(" + w.name() + ")." + w.one("k", "k", "y")
	case 16:
		return w.name() + "[" + w.one("1", "2", `"k"`, w.name()) + "]"
	case 17:
		return "f" + fmt.Sprint(w.IntN(3)) + "(" + w.exprs(w.IntN(4)) + ")"
	case 18:
		return "(f" + fmt.Sprint(w.IntN(3)) + "(" + w.exprs(w.IntN(3)) + "))"
	case 19:
		return w.function()
	case 20:
		if w.vararg {
			return w.one("...", "(...)", "select('#', ...)", "{...}")
		}
		return "-" + w.name()
	case 21:
		return "select(2, pcall(" + w.function() + ", " + w.exprs(1+w.IntN(2)) + "))"
	case 22:
		return w.one("type", "tostring", "tostring", "tonumber") + "(" + w.expr() + ")"
	default:
		return `("` + w.one("xyz", "k=%s", "7") + `"):` + w.one("upper()", "len()", "rep(2)", "sub(2)", "format("+w.one("1", `"q"`)+")")
	}
}

func (w *writer) function() string {
	vararg, loops := w.vararg, w.loops
	w.vararg, w.loops = w.IntN(3) == 0, 0
	w.open()
	params := []string{}
	for range w.IntN(3) {
		p := w.fresh()
		params = append(params, p)
		w.declare(p)
	}
	if w.vararg {
		params = append(params, "...")
	}
	body := w.block(2) + w.one("", "return "+w.exprs(1+w.IntN(3))+" ")
	w.close()
	w.vararg, w.loops = vararg, loops
	return "(function(" + strings.Join(params, ", ") + ") " + body + "end)"
}

func (w *writer) block(n int) string {
	w.open()
	defer w.close()
	var b strings.Builder
	for range w.IntN(n + 1) {
		b.WriteString(w.statement() + "\n")
	}
	return b.String()
}

func (w *writer) statement() string {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > 5 {
		return "show(" + w.name() + ")"
	}
	switch w.IntN(20) {
	case 0, 1, 2:
		names := []string{w.fresh(), w.fresh(), w.fresh()}[:1+w.IntN(3)]
		s := "local " + strings.Join(names, ", ") + w.one("", " = "+w.exprs(1+w.IntN(3)))
		w.declare(names...)
		return s
	case 3, 4:
		return w.name() + " = " + w.one(w.expr(), w.expr()+w.one(" and ", " or ")+w.expr(), "f1("+w.exprs(2)+") and "+w.expr(), "f0("+w.name()+") or "+w.expr())
	case 5, 6:
		return w.name() + ", " + w.name() + w.one("", ", "+w.name()) + " = " + w.exprs(1+w.IntN(3))
	case 7:
		return w.name() + ", t[" + w.one("1", "2") + "], t.k = " + w.exprs(1+w.IntN(4))
	case 8:
		return "t." + w.one("k", "y") + " = " + w.expr()
	case 9:
		return "if " + w.expr() + " then " + w.block(2) + w.one("", "elseif "+w.expr()+" then "+w.block(1)) + w.one("", "else "+w.block(2)) + "end"
	case 10:
		i := w.fresh()
		w.loops++
		w.open()
		w.declare(i)
		s := "for " + i + " = " + w.one("1, 3", "3, 1, -1", "1, 2, 0.5", "2, 1") + " do " + w.block(2) + w.one("", "break ", "if "+w.expr()+" then break end ") + "end"
		w.close()
		w.loops--
		return s
	case 11:
		k, v := w.fresh(), w.fresh()
		list := w.one("ipairs({7, 8})", "ipairs(t)", "next, {5}", "ipairs({"+w.exprs(3)+"})")
		w.open()
		w.declare(k, v)
		s := "for " + k + ", " + v + " in " + list + " do " + w.block(2) + w.one("", "break ") + "end"
		w.close()
		return s
	case 12:
		return "do local n = 0 while " + w.one("true", w.expr()) + " do n = n + 1 if n > 2 then break end " + w.block(1) + "end end"
	case 13:
		return "do local n = 0 repeat n = n + 1 " + w.block(1) + "until n > 2 or " + w.expr() + " end"
	case 14:
		return "do " + w.block(3) + "end"
	case 15:
		return "local " + w.one("f0", "f1", "f2") + " = " + w.function()
	case 16:
		return "show(pcall(" + w.function() + ", " + w.exprs(1) + "))"
	case 17:
		vararg := w.vararg
		w.vararg = false
		s := "for y in coroutine.wrap(function() for i = 1, 2 do coroutine.yield(" + w.exprs(1) + ") end end) do show(y) break end"
		w.vararg = vararg
		return s
	default:
		return "show(" + w.exprs(1+w.IntN(3)) + ")"
	}
}

func (w *writer) program() string {
	const head = `local calls = 0
local function show(...) local o = {} for i = 1, select("#", ...) do local v = select(i, ...)
  o[i] = (type(v) == "table" or type(v) == "function") and type(v) or tostring(v) end print(unpack(o)) end
local function f0(...) calls = calls + 1 if calls > 50 then return end return ... end
local function f1(a, b) return b, a end
local function f2(a, ...) return select("#", ...), a end
local t = {1, 2, k = "v"} g1, g2, g3 = 1, "g", nil
`
	w.open()
	w.declare("t")
	var b strings.Builder
	b.WriteString(head)
	for range 6 {
		b.WriteString("show(pcall(function(...)\n")
		w.open()
		w.vararg = true
		for range 1 + w.IntN(4) {
			b.WriteString(w.statement() + "\n")
		}
		w.vararg = false
		w.close()
		b.WriteString("end, 1, nil, 'three'))\n")
	}
	return b.String()
}

// asPUC reports whether a line is lua5.1's. Of a value that comes from and or or, with
// a constant before it, lua5.1 may know the name where we do not.
func asPUC(line, theirs string) bool {
	return line == theirs || line == named.ReplaceAllString(theirs, "$1")
}

// unplaced takes lines out of errors: on which of its lines an expression stands is
// the compiler's affair.
func unplaced(out string) string { return lines.ReplaceAllString(out, "t:") }

var (
	named = regexp.MustCompile(`\w+ '[^']*' \((a \w+ value)\)`)
	lines = regexp.MustCompile(`\bt:\d+:`)
)

// TestGeneratedAsPUC runs programs that nobody wrote here and in lua5.1.
func TestGeneratedAsPUC(t *testing.T) {
	t.Parallel()
	programs := uint64(testproc.Size(1500, 150, 40))
	var list []string
	for seed := range programs {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 1))}
		list = append(list, w.program())
	}
	want := theirs(t, list)
	failed := 0
	for i, s := range list {
		g, w := strings.Split(unplaced(ours(t, s)), "\n"), strings.Split(unplaced(want[i]), "\n")
		for l := range max(len(g), len(w)) {
			if l < min(len(g), len(w)) && asPUC(g[l], w[l]) {
				continue
			}
			if failed++; failed > 3 {
				t.Fatal("and more")
			}
			t.Errorf("program %d\n%s\nours:    %s\nlua5.1:  %s", i, s, strings.Join(g[l:], "\n"), strings.Join(w[l:], "\n"))
			break
		}
	}
}
