//go:build !race

package bindings_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
	lua "github.com/yuin/gopher-lua"
)

// othersEnv has the test binary be the child of TestWhatOthersComputeIsCharged.
const othersEnv = "ESLUA_TEST_OTHERS"

// reaching lists the modules whose functions have other goroutines of this process work for a
// script. What asks FreeSWITCH is not among them: the simulated one computes in the process
// too.
var reaching = []string{"kv", "queue", "http", "socket", "socket.dns"}

// TestWhatOthersComputeIsCharged calls each function that has somebody else in this process
// work for the script, again and again, and holds what the process has computed against what
// the script was charged: a loop without an end reaches its limits, whoever computes. The
// child has the process for itself.
func TestWhatOthersComputeIsCharged(t *testing.T) {
	stdout, stderr, state := testproc.Run(t, "", []string{othersEnv + "=1"}, testproc.Binary(t), "-test.run=^TestOthersChild$", "-test.v")
	if !state.Success() {
		t.Errorf("%s\n%s", stdout, stderr)
	}
}

// TestOthersChild runs in the child.
func TestOthersChild(t *testing.T) {
	if os.Getenv(othersEnv) == "" {
		return
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }))
	defer server.Close()
	h := newCaller(t, guard.Limits{Burst: time.Minute, CPU: time.Minute})
	h.patience, h.url = 2*time.Second, server.URL
	_, _ = h.run(makers) // what the process does at its beginning is nobody's
	tried := 0
	try := func(function, self string, f *vm.Func) {
		if tried++; tried%testproc.Short(1, 4) > 0 {
			return
		}
		args := strings.Join(arguments(f), ", ")
		if self != "" {
			args = strings.TrimSuffix("self, "+args, ", ")
		}
		spent := &spending{}
		h.prepare = spent.bind
		source := fmt.Sprintf("%s\nlocal self = %s\nbegin() start() repeat for i = 1, 10 do pcall(%s) end until enough() done()",
			makers, strings.TrimSpace(self+" or nil"), strings.TrimSuffix(function+", "+args, ", "))
		if self == "" {
			source = strings.Replace(source, "local self = or nil", "", 1)
		}
		_, err := h.run(source)
		if spent.process > 4*spent.script+15*time.Millisecond && spent.process > spent.wall/4 { // else it waits
			t.Errorf("%s(%s): the process computed %v, and the script was charged %v: %v", function, args, spent.process, spent.script, err)
		}

	}
	for _, m := range h.set.Modules() {
		if !slices.Contains(reaching, m.Name) {
			continue
		}
		for i := range m.Funcs {
			if f := &m.Funcs[i]; f.Go != nil {
				try(called(m, f.Name), "", f)
			}
		}
		for _, c := range m.Classes {
			for i := range c.Methods {
				try("self."+c.Methods[i].Name, objects[c.Name], &c.Methods[i])
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d functions were tried", tried)
	}
}

// arguments returns small ones that a function accepts, so that it does what it is for.
func arguments(f *vm.Func) (args []string) {
	kinds := map[vm.Kind]string{vm.Int: "1", vm.Number: "1", vm.Bool: "true", vm.Table: "{}", vm.Function: "function() end"}
	names := map[string]string{"url": "url", "host": `"127.0.0.1"`, "port": "9", "queue": `"orders"`, "milliseconds": "0", "read": "{}", "write": "{}", "seconds": "0", "timeout": "0", "name": `"orders"`}
	for _, p := range f.Params {
		switch {
		case names[p.Name] != "":
			args = append(args, names[p.Name])
		case p.Optional:
			return args
		case p.Kind == vm.Object:
			args = append(args, objects[p.Class])
		case kinds[p.Kind] != "":
			args = append(args, kinds[p.Kind])
		default:
			args = append(args, `"x"`)
		}
	}
	return args
}

// A spending measures what a script costs, from start() on.
type spending struct {
	state           *vm.State
	began           time.Time
	wall            time.Duration
	process, script time.Duration // before start(), and then what was spent since
}

func (s *spending) bind(st *vm.State) {
	s.state = st
	st.SetGlobal("start", guard.GoFunction(func(*lua.LState) int {
		s.began, s.process, s.script = time.Now(), processTime(), st.Used()
		return 0
	}))
	st.SetGlobal("enough", guard.GoFunction(func(L *lua.LState) int {
		enough := processTime()-s.process > 50*time.Millisecond || time.Since(s.began) > 300*time.Millisecond
		if enough {
			s.process, s.script, s.wall = processTime()-s.process, st.Used()-s.script, time.Since(s.began)
		}
		L.Push(lua.LBool(enough))
		return 1
	}))
}
