package bindings_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/bindings/reference"
	"github.com/eslua/eslua/bindings/session"
	"github.com/eslua/eslua/host/script/vm"
)

// TestEveryDeclarationIsDocumented finds what the reference would say nothing
// about.
func TestEveryDeclarationIsDocumented(t *testing.T) {
	modules := bindings.New(bindings.Deps{}).Modules()
	classes := map[string]bool{}
	documented := map[string]bool{}
	for _, m := range modules {
		documented[m.Name] = documented[m.Name] || m.Doc != "" || m.Name == ""
		for _, c := range append(append([]*vm.Class{}, m.Classes...), m.Records...) {
			classes[c.Name] = true
			sentence(t, c.Name, c.Doc)
			example(t, c.Name, c.Example)
			for _, f := range c.Fields {
				phrase(t, c.Name+"."+f.Name, f.Doc)
			}
		}
		for _, c := range m.Constants {
			phrase(t, m.Name+"."+c.Name, c.Doc)
		}
		for _, v := range m.Variables {
			sentence(t, v.Name, v.Doc)
			example(t, v.Name, v.Example)
		}
	}
	for name, ok := range documented {
		if !ok {
			t.Errorf("no module says what the table %s is", name)
		}
	}
	for _, m := range modules {
		for _, f := range m.Funcs {
			checkFunc(t, m.Name+"."+f.Name, f, m.AfterHangup, classes)
		}
		for _, c := range append(append([]*vm.Class{}, m.Classes...), m.Records...) {
			after := m.AfterHangup
			if c.AfterHangup != "" {
				after = c.AfterHangup
			}
			for _, f := range c.Methods {
				checkFunc(t, c.Name+":"+f.Name, f, after, classes)
			}
		}
	}
}

func checkFunc(t *testing.T, name string, f vm.Func, after string, classes map[string]bool) {
	sentence(t, name, f.Doc)
	example(t, name, f.Example)
	if f.AfterHangup != "" {
		after = f.AfterHangup
	}
	sentence(t, name+", after the hangup", after)
	for _, p := range f.Params {
		phrase(t, name+", parameter "+p.Name, p.Doc)
		if p.Optional == (p.Default == "") {
			t.Errorf("%s: the parameter %s is optional or has a default, but not both", name, p.Name)
		}
	}
	for _, r := range f.Results {
		phrase(t, name+", result "+r.Name, r.Doc)
		if r.Kind == vm.Object && !classes[r.Class] {
			t.Errorf("%s: the result %s is of the class %q, which no module declares", name, r.Name, r.Class)
		}
	}
}

func sentence(t *testing.T, name, doc string) {
	t.Helper()
	if doc == "" || strings.ToUpper(doc[:1]) != doc[:1] && !strings.HasPrefix(doc, "eslua") || !strings.HasSuffix(doc, ".") && !strings.HasSuffix(doc, ".\"") && !strings.HasSuffix(doc, "\".") {
		t.Errorf("%s: the text is not a sentence: %q", name, doc)
	}
}

func phrase(t *testing.T, name, doc string) {
	t.Helper()
	if doc == "" || strings.HasSuffix(doc, ".") {
		t.Errorf("%s: the text is not a phrase without a full stop: %q", name, doc)
	}
}

// example compiles an example as the guard compiles scripts.
func example(t *testing.T, name, lua string) {
	t.Helper()
	if lua == "" {
		t.Errorf("%s has no example", name)
	}
	if _, err := vm.Compile("example.lua", []byte(lua)); err != nil {
		t.Errorf("%s: the example is not Lua: %v", name, err)
	}
}

// A task is a record, which is described apart from its Go methods.
func TestTheTaskIsDescribedAsItIs(t *testing.T) {
	described := map[string]bool{}
	for _, m := range bindings.New(bindings.Deps{}).Modules() {
		for _, c := range m.Records {
			for _, f := range c.Methods {
				described[f.Name] = true
			}
		}
	}
	task := reflect.TypeFor[session.Task]()
	described["holds"] = true // it is not for scripts: TestObjectsSayWhatTheyHold
	if task.NumMethod() != len(described) {
		t.Errorf("%d methods are described, a task has %d", len(described), task.NumMethod())
	}
	for i := range task.NumMethod() {
		if name := strings.ToLower(task.Method(i).Name); !described[name] {
			t.Errorf("task:%s is not described", name)
		}
	}
}

// afterHangup calls methods of a session that has hung up, with what their
// reference says they return then.
var afterHangup = map[string]string{
	`s:preAnswer()`: "0", `s:waitForAnswer(s)`: "nothing", `s:hangup()`: "nothing", `s:hangupState()`: "nothing",
	`s:transfer("x")`: "1", `s:answer()`: "0", `s:sleep(1)`: "1", `s:mediaReady()`: "false", `s:bridged()`: "false",
	`s:streamFile("x.wav")`: "0", `s:recordFile("x.wav")`: "0", `s:say("1", "en", "number", "pronounced")`: "nothing", `s:sayPhrase("x")`: "nothing",
	`s:detectSpeech("stop")`: "nothing", `s:playAndDetectSpeech("x", "y", "z")`: `""`, `s:collectDigits(1)`: "0", `s:read(1, 1, "x", 1, "#")`: `""`,
	`s:playAndGetDigits(1, 1, 1, 1, "#", "x", "", ".")`: `""`, `s:sendEvent(freeswitch.Event("MESSAGE"))`: "nothing",
	`s:print("x")`: "0", `s:check_hangup_hook()`: "nothing",
}

// TestAfterTheHangup holds the methods of a session to what the reference says
// of them.
func TestAfterTheHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ref := reference.New(bindings.New(bindings.Deps{}).Modules())
		h := open(t, ``)
		for call, want := range afterHangup {
			name, _, _ := strings.Cut(strings.TrimPrefix(call, "s:"), "(")
			said := ref.Find("session:" + name)[0].AfterHangup
			doc := "Does nothing and returns " + want + "."
			if want == "nothing" {
				doc = "Does nothing."
			}
			if !strings.HasPrefix(said, doc) {
				t.Errorf("session:%s: the reference says %q", name, said)
			}
			_, o := h.runScript(`local s = session
			session:hangup()
			local function show(...)
				if select("#", ...) == 0 then return "nothing" end
				local v = ...
				return type(v) == "string" and string.format("%q", v) or tostring(v)
			end
			r = show(` + call + `)`)
			if o.err != nil {
				t.Error(o.err)
			}
			o.want(t, "r", want)
		}
		documented := 0
		for _, e := range ref.Find("session")[1].Members { // the first is the global
			if strings.HasPrefix(e.AfterHangup, "Does nothing") && e.Name != "session:speak" {
				documented++
			}
		}
		if documented != len(afterHangup) {
			t.Errorf("%d methods do nothing after the hangup, %d are tried", documented, len(afterHangup))
		}
	})
}
