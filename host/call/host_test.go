package call_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/call"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

// host serves the calls of a simulated switch, whose dialplan continues with hangup
// NO_ANSWER where nothing else ends a call.
type host struct {
	testing.TB
	dir     string
	log     *testproc.Log
	tree    *store.Store
	rollout *rollout.Rollout
	account *run.Account
	failed  []bool // of each call for which a generation was chosen
	sim     *switchsim.Switch
	sockets int // in the dialplan, one after the other; 0 is one
	source  *call.Source
	traced  func(c *outbound.Call, t vm.Trace)    // in the call's goroutine
	serve   func(context.Context, *outbound.Call) // Source.Serve by default
}

func newHost(t testing.TB, files map[string]string, settings string) *host {
	t.Helper()
	h := &host{TB: t, dir: t.TempDir(), log: &testproc.Log{}}
	for name, source := range files {
		h.put(name, source)
	}
	cfg := parse(t, settings)
	log := slog.New(slog.NewTextHandler(h.log, nil))
	history, err := store.OpenHistory("", 100, log, clock.System())
	must(t, err)
	t.Cleanup(func() { _ = history.Close(context.Background()) })
	h.tree, err = store.Open(context.Background(), h.dir, store.Config{History: history}, vm.Compile, log, clock.System())
	must(t, err)
	h.rollout = rollout.New(cfg, rollout.Deps{Scripts: h.tree, History: history, Log: log, Clock: clock.System()})
	set := bindings.New(bindings.Deps{})
	machine, err := vm.NewMachine(set.Modules()...)
	must(t, err)
	h.account = run.NewAccount()
	h.source = call.New(cfg, call.Deps{
		Choose: func(flow, callUUID string) (*store.Generation, func() func(bool)) {
			g, begin := h.rollout.Choose(flow, callUUID)
			return g, func() func(bool) {
				ended := begin()
				return func(failed bool) { h.failed = append(h.failed, failed); ended(failed) }
			}
		},
		Runner:  run.New(run.Deps{Machine: machine, Binder: set, Clock: unhurried.Clock(), Seed: func() uint64 { return 1 }}),
		Account: h.account,
		Clock:   clock.NewManual(time.Unix(0, 0)),
		Refusal: h.tree.Refusal,
		Trace: func(c *outbound.Call, t vm.Trace) {
			if h.traced != nil {
				h.traced(c, t)
			}
		},
	})
	h.serve = h.source.Serve
	return h
}

// put saves a script; reload lets it serve.
func (h *host) put(name, source string) {
	h.Helper()
	file := filepath.Join(h.dir, name)
	must(h, os.MkdirAll(filepath.Dir(file), 0o755))
	must(h, os.WriteFile(file, []byte(source), 0o644))
}

func (h *host) reload() {
	h.Helper()
	must(h, h.tree.Reload(context.Background()))
}

// call makes one call to a socket with the given path and returns the channel's
// hangup cause. An empty uuid stands for a new one.
func (h *host) call(path, uuid string) (cause string) {
	h.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(h, err)
	server := outbound.New(outbound.Config{}, h.serve, slog.New(slog.NewTextHandler(h.log, nil)), unhurried.Clock())
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(context.Background(), l) }()

	socket := l.Addr().String()
	if path != "" {
		socket += "/" + path
	}
	actions := []switchsim.Action{{App: "answer"}}
	if h.sockets > 1 {
		actions = append(actions, switchsim.Action{App: "set", Data: "socket_resume=true"})
	}
	for range max(1, h.sockets) {
		actions = append(actions, switchsim.Action{App: "socket", Data: socket + " async full"})
	}
	actions = append(actions, switchsim.Action{App: "hangup", Data: "NO_ANSWER"})
	sim := switchsim.New(switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "flow", Actions: actions},
		{Match: "9000", Actions: []switchsim.Action{{App: "hangup", Data: "CALL_REJECTED"}}},
	}}})
	must(h, sim.Start())
	h.sim = sim
	caller := sim.Call(switchsim.Caller{Number: "1000", Destination: "flow", UUID: uuid})
	<-caller.Done()
	_ = l.Close()
	<-served
	_ = sim.Close()
	return caller.Cause()
}

func parse(t testing.TB, settings string) config.Config {
	t.Helper()
	cfg, err := config.Parse("eslua.yaml", []byte(settings))
	must(t, err)
	return cfg
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
