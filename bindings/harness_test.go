package bindings_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/queue"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	lua "github.com/yuin/gopher-lua"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A harness is a simulated FreeSWITCH and an eslua that runs one script per call;
// only the switch is simulated. Most tests run in a bubble of testing/synctest, where
// a time-out is over when nothing else can happen, and no sooner.
type harness struct {
	t         *testing.T
	ctx       context.Context // ends when the test hangs
	network   *memnet.Network
	sw        *switchsim.Switch
	machine   *vm.Machine
	set       *bindings.Set
	legs      *legs.Registry
	databases *database.Databases                              // nil: none
	links     []*node.Link                                     // to the switch
	http      *network.Client                                  // nil: none
	outbox    *outbox.Outbox                                   // nil: none
	buckets   *kv.Buckets                                      // nil: none
	queues    *queue.Queues                                    // nil: none
	quota     *host.Quota                                      // nil: no limit
	gates     *node.Gates                                      // nil: any number of commands
	reply     func(line string) (answer string, answered bool) // of the switch to API commands
	url       string                                           // of a server that scripts may ask
	dialer    *network.Dialer                                  // nil: none
	mailer    *network.Mailer                                  // nil: none
	addr      string                                           // of the outbound listener
	script    *vm.Script
	grants    *grant.Grants // of every script; nil is the default
	args      []string      // of the flow
	log       *lines
	done      chan outcome

	clock    clock.Clock // of the scripts' environment; nil: the system's
	limits   guard.Limits
	print    func(line string)                 // nil writes to the test's log
	readFile func(name string) (string, error) // of the script's tree
	require  func(name string) (*vm.Script, error)
	root     string          // of the tree; "": none
	name     string          // of the script, argv[0]; "": flow
	ended    func(*vm.State) // is called before the state is closed; may be nil
}

// outcome says how a run of the script ended.
type outcome struct {
	uuid    string
	err     error
	globals map[string]lua.LValue
}

// text returns a global variable as the script left it.
func (o outcome) text(name string) string {
	if v := o.globals[name]; v != nil {
		return v.String()
	}
	return "nil"
}

// lines collects the log and runs a test's function when a line is written.
type lines struct {
	t    *testing.T
	mu   sync.Mutex
	all  []string
	said []string // the messages of all, since the last call's end
	when map[string]func()

	quiet bool // keeps nothing
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lines) WithGroup(string) slog.Handler            { return l }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	if l.quiet {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Level, r.Message)
	r.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&b, " %s=%v", a.Key, a.Value); return true })
	l.mu.Lock()
	l.all = append(l.all, b.String())
	l.said = append(l.said, r.Message)
	act := l.when[r.Message]
	l.mu.Unlock()
	if act != nil {
		act()
	}
	return nil
}

func (l *lines) logger() *slog.Logger { return slog.New(l) }

func (l *lines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, part) {
			return true
		}
	}
	return false
}

func (l *lines) dump() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

const prompt = "prompt.wav"

// recording names the silence that a channel plays while recordFile records.
const recording = "silence_stream://-1,1400"

// open starts a harness whose calls run the script.
func open(t *testing.T, script string, endpoints ...switchsim.Endpoint) *harness {
	t.Helper()
	testproc.WatchBubble(t)
	network := memnet.New()
	listener := network.Listen()
	h := &harness{
		t: t, ctx: testproc.BubbleContext(t), network: network, addr: listener.Addr().String(), legs: legs.New(clock.System()),
		log: &lines{t: t, when: map[string]func(){}}, done: make(chan outcome, 64),
		reply: func(string) (string, bool) { return "", false },
	}
	h.use()
	h.compile(script)
	h.sw = switchsim.New(switchsim.Config{
		Listener: network.Listen(), Dial: network.Dial,
		Dialplan: switchsim.Dialplan{"default": {
			{Match: "^(flow|number-.*)$", Actions: []switchsim.Action{{App: "socket", Data: h.addr + "/flow/first async full"}, {App: "set", Data: "after=yes"}, {App: "park"}}},
			{Match: "outlives", Actions: []switchsim.Action{
				{App: "set", Data: "socket_resume=true"}, {App: "socket", Data: h.addr + "/flow async full"},
				{App: "socket", Data: h.addr + "/flow async full"}, {App: "socket", Data: h.addr + "/flow async full"},
				{App: "set", Data: "after=yes"}, {App: "park"},
			}},
			{Match: "twice", Actions: []switchsim.Action{
				{App: "socket", Data: h.addr + "/flow async full"}, {App: "socket", Data: h.addr + "/flow async full"}, {App: "park"},
			}},
			{Match: "elsewhere", Actions: []switchsim.Action{{App: "set", Data: "arrived=yes"}, {App: "park"}}},
		}},
		Endpoints:    endpoints,
		Media:        map[string]time.Duration{prompt: 40 * time.Millisecond, "long.wav": time.Minute, "bad.wav": 10 * time.Millisecond},
		DefaultMedia: 20 * time.Millisecond,
		Globals:      map[string]string{"domain": "example.org"},
		Heartbeat:    -1,
		Reply:        func(line string) (string, bool) { return h.reply(line) },
		Log:          slog.New(slog.DiscardHandler),
	})
	if err := h.sw.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := outbound.New(outbound.Config{Linger: time.Second}, h.serve, slog.New(h.log), clock.System())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		_ = h.sw.Close()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log("the log:\n" + h.log.dump())
		}
	})
	return h
}

// use gives the scripts more modules.
// compile gives the calls another script.
func (h *harness) compile(script string) {
	h.t.Helper()
	var err error
	if h.script, err = vm.Compile("test.lua", []byte(script)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) use(more ...bindings.Module) {
	h.t.Helper()
	h.set = bindings.New(bindings.Deps{Legs: h.legs, Databases: h.databases, HTTP: h.http, Dialer: h.dialer, Mailer: h.mailer, Outbox: h.outbox, Buckets: h.buckets, Queues: h.queues, Nodes: h.links}, more...)
	var err error
	if h.machine, err = vm.NewMachine(h.set.Modules()...); err != nil {
		h.t.Fatal(err)
	}
}

// grant lets the scripts have what the harness has, and no less than by default.
func (h *harness) grant(more func(*grant.Grants)) {
	h.t.Helper()
	g := grant.Default()
	more(&g)
	h.grants = &g
	h.use()
}

// withNode lets scripts have the switch's events.
func (h *harness) withNode() *harness {
	h.links = append(h.links, h.node())
	h.use()
	return h
}

func (h *harness) serve(ctx context.Context, c *outbound.Call) {
	if h.legs.Deliver(ctx, c) {
		return
	}
	print := h.print
	if print == nil {
		print = func(line string) { h.t.Log(line) }
	}
	st := h.machine.NewState(vm.StateOptions{Limits: h.limits, Print: print, ReadFile: h.readFile, Require: h.require, Root: h.root})
	defer st.Close()
	keep := checkpoint.Open(c, checkpoint.Stamp{Flow: "flow", Generation: "g1", Version: "v1"}, slog.New(h.log))
	if keep.Ended() {
		return
	}
	keep.Begin(ctx)
	end := h.set.Bind(&host.Env{
		Quota: h.quota, Gates: h.gates,
		State: st, Switch: c, Call: c, Checkpoint: keep, Listener: c.Addr(), Flow: "flow", Grants: h.grants, Log: slog.New(h.log), Clock: cmp.Or(h.clock, clock.System()), Args: h.args, Root: h.root,
		Console: host.NewConsole(slog.New(h.log), nil), Burden: grant.NewBurden(16<<20, nil, func() {}), Print: print,
	})
	err := st.Run(ctx, h.script, []string{cmp.Or(h.name, "flow"), "first"})
	if h.ended != nil {
		h.ended(st)
	}
	end(ctx)
	if ctx.Err() == nil {
		keep.End(ctx)
	}
	h.done <- outcome{uuid: c.UUID(), err: err, globals: globals(st)}
}

// bindAlone binds a state to a run without a call and without a FreeSWITCH.
func bindAlone(set *bindings.Set, st *vm.State, grants *grant.Grants) (end func(context.Context)) {
	return set.Bind(aloneEnv(st, grants))
}

func aloneEnv(st *vm.State, grants *grant.Grants) *host.Env {
	return &host.Env{State: st, Switch: host.NoSwitch{}, Grants: grants, Print: func(string) {}, Log: slog.New(slog.DiscardHandler), Clock: clock.System(), Console: host.NewConsole(slog.New(slog.DiscardHandler), nil)}
}

// globals returns the variables in which a test script may leave its results.
func globals(st *vm.State) map[string]lua.LValue {
	out := map[string]lua.LValue{}
	for _, name := range []string{"r", "r2", "r3", "r4", "ready", "finished", "hooked", "log"} {
		if v := st.Global(name); v != lua.LNil {
			out[name] = v
		}
	}
	return out
}

// call makes a caller that takes the steps.
func (h *harness) call(steps ...switchsim.Step) *switchsim.Call {
	return h.sw.Call(switchsim.Caller{Number: "1000", Name: "Alice", Destination: "flow", Script: steps})
}

// when runs act in its own goroutine when the line is first logged since the last call's
// end, which may be before.
func (h *harness) when(line string, act func()) {
	done := make(chan struct{})
	var once sync.Once
	h.log.mu.Lock()
	run := func() { once.Do(func() { go func() { defer close(done); act() }() }) }
	h.log.when[line] = run
	if slices.Contains(h.log.said, line) {
		run()
	}
	h.log.mu.Unlock()
	h.t.Cleanup(func() {
		once.Do(func() { close(done) })
		<-done
	})
}

// end waits for the script's end.
func (h *harness) end() outcome {
	h.t.Helper()
	select {
	case o := <-h.done:
		h.log.mu.Lock()
		h.log.said = nil
		h.log.mu.Unlock()
		return o
	case <-h.ctx.Done():
		h.t.Fatalf("the script does not end: %v", context.Cause(h.ctx))
		return outcome{}
	}
}

// run makes one call with a script that must end well.
func run(t *testing.T, script string, steps ...switchsim.Step) (*harness, outcome) {
	t.Helper()
	h := open(t, script)
	h.call(steps...)
	o := h.end()
	if o.err != nil {
		t.Fatalf("the script failed: %v", o.err)
	}
	return h, o
}

// want compares global variables that the script has left with pairs of name and
// text.
func (o outcome) want(t *testing.T, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := o.text(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}
