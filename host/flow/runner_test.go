package flow_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/checkpoint"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/config"
	"github.com/eslua/eslua/host/flow"
	"github.com/eslua/eslua/host/grant"
	"github.com/eslua/eslua/host/outbound"
	"github.com/eslua/eslua/host/store"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/vm"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestHowCallsEnd gives calls to flows that are well, broken or not there: what
// the admin reads, and how the channel ends. The dialplan goes on with
// hangup NO_ANSWER where nothing else ends the call.
func TestHowCallsEnd(t *testing.T) {
	const dialplanWentOn = "NO_ANSWER"
	for name, c := range map[string]struct {
		path   string            // of the socket
		files  map[string]string // the script tree
		config string
		cause  string
		logged []string // parts of the log
	}{
		"returns at once": {
			path: "a", files: map[string]string{"a.lua": ""}, cause: dialplanWentOn,
		},
		"is not there": {
			path: "missing/7001", files: map[string]string{"a.lua": ""}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "missing.lua"},
		},
		"does not compile": {
			path: "a", files: map[string]string{"a.lua": "local x = 1\nif x the"}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "a.lua:2:"},
		},
		"fails at run time": {
			path: "a", files: map[string]string{"a.lua": "local function f(x)\n  return x.y.z\nend\nf({})"}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "a.lua:2: attempt to index field 'y' (a nil value)", "fallback=continue"},
		},
		"fails in a module": {
			path: "a", files: map[string]string{"a.lua": "require 'lib.m'.go()", "lib/m.lua": "return {go = function() error('no') end}"},
			cause: dialplanWentOn, logged: []string{"lib/m.lua:1: no"},
		},
		"falls back to a hangup": {
			path: "a", files: map[string]string{"a.lua": "error('x')"}, config: "fallback: hangup USER_BUSY", cause: "USER_BUSY",
			logged: []string{`fallback="hangup USER_BUSY"`},
		},
		"falls back to a transfer of its own": {
			path: "a", files: map[string]string{"a.lua": "error('x')"},
			config: "fallback: hangup USER_BUSY\nflows: {a: {fallback: transfer 9000 XML default}}", cause: "CALL_REJECTED",
		},
		"reaches its memory limit": {
			path: "a", files: map[string]string{"a.lua": "local t = {}\nwhile true do t[#t+1] = ('x'):rep(1000) .. #t end"},
			config: "flows: {a: {limits: {memory: 1MiB}}}", cause: dialplanWentOn,
			logged: []string{"a.lua:2: memory limit of 1 MiB reached"},
		},
		"does what it is not granted": {
			path: "a", files: map[string]string{"a.lua": "\nfreeswitch.API():execute('system', 'ls')"}, cause: dialplanWentOn,
			config: "flows: {b: {grants: {api: {allow: [system]}}}}",
			logged: []string{`a.lua:2: the API command \"system\" is not granted to this flow; add it under grants: api: allow:`},
		},
		"has grants of its own": {
			path: "a", files: map[string]string{"a.lua": "if freeswitch.API():execute('system', 'ls'):find('not found') then session:hangup('USER_BUSY') end"},
			config: "grants: {fire_events: false}\nflows: {a: {grants: {api: {allow: [system]}}}}", cause: "USER_BUSY",
		},
		"has the general grants": {
			path: "a", files: map[string]string{"a.lua": "session:answer()\nsession:execute('log', 'x')"}, cause: dialplanWentOn,
			config: "grants: {apps: {deny: [log]}}\nflows: {a: {grants: {fire_events: false}}}",
			logged: []string{`a.lua:2: the application \"log\" is not granted`},
		},
		"is chosen by a route": {
			files:  map[string]string{"a.lua": "session:hangup(argv[1])"},
			config: "routes: [{destination: ^flow$, flow: a, args: [USER_BUSY]}]", cause: "USER_BUSY",
		},
		"is the default": {
			files: map[string]string{"a.lua": "session:hangup('USER_BUSY')"}, config: "default_flow: a", cause: "USER_BUSY",
		},
		"is not named": {
			files: map[string]string{"a.lua": ""}, cause: dialplanWentOn,
			logged: []string{"no flow for this call", "/FLOW async full"},
		},
		"has settings": {
			path: "a", files: map[string]string{"a.lua": "session:hangup(settings.causes .. (settings.n + 1) .. tostring(settings.yes))"},
			config: "flows: {a: {settings: {causes: X, n: 1, yes: true}}}", cause: "NORMAL_CLEARING", // FreeSWITCH does not know X2TRUE
		},
	} {
		t.Run(name, func(t *testing.T) {
			cause, log := call(t, c.path, c.files, c.config)
			if cause != c.cause {
				t.Errorf("ended with %s, want %s; log:\n%s", cause, c.cause, log)
			}
			for _, part := range c.logged {
				if !strings.Contains(log, part) {
					t.Errorf("the log lacks %q:\n%s", part, log)
				}
			}
		})
	}
}

// call runs one call of a simulated switch through the flow its socket names
// and returns the channel's hangup cause and the host's log.
func call(t *testing.T, path string, files map[string]string, settings string) (cause, logged string) {
	t.Helper()
	dir := t.TempDir()
	for name, source := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Parse("eslua.yaml", []byte(settings))
	if err != nil {
		t.Fatal(err)
	}
	out := &lockedBuffer{}
	log := slog.New(slog.NewTextHandler(out, nil))
	tree, err := store.Open(dir, store.Config{}, vm.Compile, log, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	set := bindings.New(bindings.Deps{})
	machine, err := vm.NewMachine(set.Modules(), set.Classes())
	if err != nil {
		t.Fatal(err)
	}
	runner := flow.New(cfg, flow.Deps{
		Choose:  func(string, string) (*store.Generation, func(bool)) { return tree.Current(), func(bool) {} },
		Machine: machine, Clock: clock.System(),
		Bind: func(st *vm.State, c *outbound.Call, keep *checkpoint.Keeper, grants *grant.Grants, log *slog.Logger) func(context.Context) {
			return set.Bind(st, c, keep, grants, log).End
		},
		Seed: func() uint64 { return 1 },
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := outbound.New(outbound.Config{}, runner.Serve, log, clock.System())
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(t.Context(), l) }()

	socket := l.Addr().String()
	if path != "" {
		socket += "/" + path
	}
	sim := switchsim.New(switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "flow", Actions: []switchsim.Action{{App: "answer"}, {App: "socket", Data: socket + " async full"}, {App: "hangup", Data: "NO_ANSWER"}}},
		{Match: "9000", Actions: []switchsim.Action{{App: "hangup", Data: "CALL_REJECTED"}}},
	}}})
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	caller := sim.Call(switchsim.Caller{Number: "1000", Destination: "flow"})
	<-caller.Done()
	_ = l.Close()
	<-served
	_ = sim.Close()
	return caller.Cause(), out.String()
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
