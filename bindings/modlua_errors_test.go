package bindings_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/script/vm"
)

// argumentErrors holds calls with wrong arguments, and what a mod_lua says of each.
// To record it again: ESLUA_LIVE=... go test ./bindings -run TestLiveArgumentErrors -update
const argumentErrors = "testdata/modlua_errors.txt"

// native makes an object of each class in both.
var native = map[string]string{
	"Session": "freeswitch.Session()", "Event": `freeswitch.Event("CUSTOM")`, "API": "freeswitch.API()", "JSON": "freeswitch.JSON()", "Stream": "freeswitch.Stream()",
	"EventConsumer": "freeswitch.EventConsumer()", "Dbh": "freeswitch.Dbh(dsn)", "DTMF": `freeswitch.DTMF("5")`,
	"IVRMenu": "menu",
}

// aMenu is the object that stands for the class IVRMenu.
const aMenu = "local menu = freeswitch.IVRMenu(nil, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 1, 1, 1, 1, 1, 1) "

// wrongCalls returns calls of the functions that mod_lua has, each with one wrong
// argument, or with too few or too many.
func wrongCalls(t *testing.T) (calls []string) {
	t.Helper()
	known, err := os.ReadFile("reference/modlua.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range strings.FieldsSeq(string(known)) {
		names[name] = true
	}
	right := map[vm.Kind]string{vm.Any: "nil", vm.String: `"x"`, vm.Int: "1", vm.Number: "1", vm.Bool: "true", vm.Table: "{}", vm.Function: "print"}
	wrong := map[vm.Kind][]string{vm.String: {"true", "{}"}, vm.Int: {`"x"`, "{}", "true"}, vm.Bool: {"1", `"x"`}, vm.Table: {`"x"`}, vm.Function: {"1"}, vm.Object: {"1", "stream"}}
	call := func(f *vm.Func, function, self string) {
		try := func(args ...string) {
			calls = append(calls, function+"("+strings.TrimPrefix(strings.TrimSuffix(self+", "+strings.Join(args, ", "), ", "), ", ")+")")
		}
		var args []string
		for _, p := range f.Params {
			arg := right[p.Kind]
			if p.Kind == vm.Object {
				arg = native[p.Class]
			}
			args = append(args, arg)
		}
		least, most := f.Arity()
		if least > 0 {
			try(args[:least-1]...)
		}
		if most >= 0 {
			try(append(args[:len(args):len(args)], "nil")...)
		}
		for i, p := range f.Params {
			for _, bad := range wrong[p.Kind] {
				these := append([]string(nil), args[:max(least, i+1)]...)
				these[i] = bad
				try(these...)
			}
		}
		if self != "" {
			calls = append(calls, function+"("+strings.Join(append([]string{"1"}, args[:least]...), ", ")+")")
		}
	}
	for _, m := range bindings.New(bindings.Deps{}).Modules() {
		for i := range m.Funcs {
			if name := m.Name + "." + m.Funcs[i].Name; names[name] {
				call(&m.Funcs[i], name, "")
			}
		}
		for _, c := range m.Classes {
			for i := range c.Methods {
				if names[c.Name+":"+c.Methods[i].Name] {
					call(&c.Methods[i], fmt.Sprintf("(%s).%s", native[c.Name], c.Methods[i].Name), native[c.Name])
				}
			}
		}
	}
	return calls
}

// TestArgumentErrors holds the errors for wrong arguments to mod_lua's words, behind
// which eslua says what to write.
func TestArgumentErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``).withDatabases("")
		link := h.node()
		text, err := os.ReadFile(argumentErrors)
		if err != nil {
			t.Fatal(err)
		}
		recorded := map[string]string{}
		for line := range strings.Lines(string(text)) {
			call, says, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			recorded[call] = says
		}
		for _, call := range wrongCalls(t) {
			want, ok := recorded[call]
			if !ok {
				t.Errorf("%s is not recorded of mod_lua", call)
			}
			if want == "'ok'" || strings.Contains(call, ".setPriority(") && strings.HasSuffix(call, "nil)") { // mod_lua takes it, or a type that no script has
				continue
			}
			o := h.execute(show+aMenu+`local dsn = "cdr" r = show(`+wrongCall(call)+")", link, "")
			if o.err != nil || o.text("r") != want {
				t.Errorf("%s\n     says %s, %v\nmod_lua: %s", call, o.text("r"), o.err, want)
			}
		}
	})
}

// wrongCall returns Lua that makes a call and returns the error, without what eslua adds.
func wrongCall(call string) string {
	function, args, _ := strings.Cut(call, "(")
	if strings.HasPrefix(call, "(") { // (object).method(args)
		cut := strings.LastIndex(call[:strings.Index(call, ").")+2], ")")
		rest := call[cut:]
		name, more, _ := strings.Cut(rest, "(")
		function, args = call[:cut]+name, more
	}
	args = strings.TrimSuffix(args, ")")
	if args != "" {
		args = ", " + args
	}
	return `(function() local ok, e = pcall(` + function + args + `) return ok and "ok" or (tostring(e):gsub("; write [^\n]*$", "")) end)()`
}

func TestLiveArgumentErrors(t *testing.T) {
	live := livetest.Dial(t, 5*time.Minute)
	var out strings.Builder
	for _, call := range wrongCalls(t) {
		says := live.API("lua ~" + strings.ReplaceAll(show, "\n", " ") + aMenu + modLuaDSN + "stream:write(show(" + strings.ReplaceAll(wrongCall(call), "\n", `\n`) + "))")
		out.WriteString(call + "\t" + strings.TrimSuffix(says, "\n") + "\n")
	}
	have, err := os.ReadFile(argumentErrors)
	if *update {
		err = os.WriteFile(argumentErrors, []byte(out.String()), 0o644)
		have = []byte(out.String())
	}
	if err != nil || string(have) != out.String() {
		t.Error("mod_lua says something else now", err)
	}
}
