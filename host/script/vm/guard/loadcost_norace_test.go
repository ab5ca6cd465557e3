//go:build linux && !race

package guard_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
)

// ordinary is the source that looks as scripts do.
const ordinary = "an ordinary script"

// sources returns texts that a script may give to load, each of a kind that takes the
// reader or the compiler long.
func sources() map[string]string {
	const size = 256 << 10
	fill := func(head, body, tail string) string {
		return head + strings.Repeat(body, (size-len(head)-len(tail))/len(body)) + tail
	}
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	locals := "local " + strings.TrimSuffix(numbered("a#,", 180), ",") + "\n"
	return map[string]string{
		"globals":          fill("", "x=x ", ""),
		"names in sight":   fill(strings.Repeat(locals+"local function f()\n", 150), "x=x ", strings.Repeat("end ", 150)),
		"upvalues":         fill(locals+"local function f() ", "a0=a179 ", "end"),
		"deep upvalues":    fill(locals+strings.Repeat("local function f()\n", 180), "a0=a179 ", strings.Repeat("end ", 180)),
		"gotos forward":    numbered("if x then goto l# end ", 4500) + numbered("::l#:: ", 4500),
		"gotos back":       numbered("::l#:: ", 5000) + numbered("if x then goto l# end ", 5000),
		"one label":        fill("::l:: ", "if x then goto l end ", ""),
		"labels":           fill("", "do ::l:: end ", ""),
		"calls":            fill("", "f() ", ""),
		"methods":          fill("", "a:b() ", ""),
		"long names":       fill("", "x."+strings.Repeat("y", 1000)+"=1 ", ""),
		"one long name":    "x." + strings.Repeat("y", size-100) + "=1",
		"strings":          fill("x = ", `"a"..`, `"a"`)[:180*5+4] + `"a"`,
		"one string":       `x = "` + strings.Repeat(`\065`, size/4-10) + `"`,
		"long string":      "x = [[" + strings.Repeat("]", size-100) + "]]",
		"comments":         fill("", "--[[ ]] ", ""),
		"comment lines":    fill("", "--\n", ""),
		"blank lines":      strings.Repeat("\n", size-1),
		"numbers":          "x = " + strings.Repeat("9", size-100),
		"constants":        numbered("x=# ", 240),
		"table":            fill("x={", "1,", "}"),
		"nested tables":    strings.Repeat("x=", 1) + strings.Repeat("{", 180) + strings.Repeat("}", 180),
		"rows of tables":   fill("x={", "{},", "}"),
		"functions":        fill("", "f(function(a,b) return a end) ", ""),
		"nested blocks":    fill("", strings.Repeat("do ", 100)+strings.Repeat("end ", 100), ""),
		"loops":            fill("", "for i=1,2 do end ", ""),
		"locals in loops":  fill("", "for i=1,2 do local a,b,c,d,e,f,g,h,i,j end ", ""),
		"blocks of locals": fill("", "do local a,b,c,d,e,f,g,h end ", ""),
		"ifs":              fill("", "if x then y() else z() end ", ""),
		"elseifs":          fill("if x then ", "elseif x then ", "end")[:180*14] + "end",
		"returns":          fill("", "do return end ", ""),
		"assignments":      fill("", strings.TrimSuffix(strings.Repeat("x,", 90), ",")+"="+strings.TrimSuffix(strings.Repeat("1,", 90), ",")+" ", ""),
		"many locals":      fill(strings.Repeat(locals, 1)[:len(locals)-1]+" ", "x=a1 ", ""),
		"200 variables":    fill("local "+strings.TrimSuffix(numbered("b#,", 199), ",")+" ", "b1=b2 ", ""),
		"no end":           fill("", "do ", ""),
		"brackets":         strings.Repeat("(", size-1),
		"operators":        fill("x=", "-", "1"),
		"nots":             fill("x=", "not ", "1"),
		"chain":            fill("x=x", ".y", ""),
		"wrong at the end": fill("", "x=x ", "x"),
		"varargs":          fill("", "f(...) ", ""),
		"nils":             fill("", "x=nil ", ""),
		"conditions":       fill("", "x = a and b or c ", ""),
		"comparisons":      fill("", "x = a < b ", ""),
		"folding":          fill("", "x = 1+2 ", ""),
		ordinary: fill("", `
-- Greets the caller, and asks for an extension until there is one.
local function greet(caller, attempts)
  session:setVariable("greeted_at", os.date("%H:%M"))
  for attempt = 1, attempts do
    local extension = session:read(3, 4, "ivr/ivr-please_enter_extension_followed_by_pound.wav", 5000, "#")
    if extension ~= "" then return extension end -- FreeSWITCH returns "" for none
  end
end
`, ""),
	}
}

// What load is charged covers what it takes: nobody can stop it once it runs.
func TestLoadIsChargedWhatItTakes(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for name, source := range sources() {
		b := newBench(guard.Limits{Burst: time.Hour, CPU: time.Hour, Memory: 1 << 30})
		var took time.Duration
		b.register("begin", func() { took = -threadTime() })
		b.register("done", func() { took += threadTime() })
		b.L().G.Global.RawSetString("s", guard.Text(source))
		used := b.Used()
		if _, err := b.run(`begin() load(s) done()`); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		charged := b.Used() - used
		if name == ordinary && charged > 8*took { // a busy machine takes longer, not shorter
			t.Errorf("%s: took %v and is charged %v", name, took, charged)
		}
		if took > 4*charged+10*time.Millisecond {
			t.Errorf("%s: took %v and is charged %v", name, took, charged)
		}
	}
}
