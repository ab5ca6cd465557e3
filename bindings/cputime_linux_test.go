package bindings_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/queue"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// large lists arguments as large as a script can make them, each of a kind that some
// function reads piece by piece.
var large = []string{
	`text("a", 4e6)`, `text("=", 4e6)`, `text("9", 4e6)`, `text(" ", 4e6)`, `text("\n", 4e6)`, `text("\xff", 4e6)`, `text("\0", 4e6)`, `text("0x", 4e6)`,
	`text("a", 65000)`, `text("=", 65000)`, `text("9", 65000)`, `text(" ", 65000)`, `text("\n", 60000)`, `text("\xff", 65000)`, `text("'", 65000)`, `text("\\", 65000)`,
	`text("${a}", 65000)`, `text("${system x}", 65000)`, `text("a=", 65000)`, `text("a,", 65000)`, `text("a|", 65000)`, `text("[", 65000)`, `text("{a=b}", 65000)`,
	`text("x' ", 65000)`, `text("a]=", 65000)`, `text("loopback/x ", 65000)`, `text(":_:", 65000)`, `text("user/1,", 65000)`, `text("expand ", 65000)`,
	`text("origination_nested_vars=", 65000)`, `text("execute_on_answer=", 65000)`, `text("^^a", 65000)`, `text("<a>", 65000)`, `text("a::b ", 65000)`, `text("%[a=b]", 65000)`, `text("$", 65000)`,
	`text("%a", 4e6)`, `text(".-", 300) .. "b"`, `text("a*", 300) .. "b"`, `text("(a", 60)`, `text("[a", 65000)`, `text("%b()", 65000)`, `text("(", 65000)`, `text("%f[a]", 65000)`, `text("%1", 60)`, `text("%c", 1e6)`, `text("%99.99f", 1e6)`, `text("%s", 1e6)`, `text("%q", 1e6)`,
	`'{"a":[' .. text("0,", 1e6) .. '0]}'`, `"{" .. text('"a":["x"],', 1e6) .. '"z":1}'`, `text('{"a":', 260000)`, `text("[", 260000)`, `"[" .. text("{},", 260000) .. "1]"`, `'"' .. text("\\\\u0041", 260000) .. '"'`,
	`text("x=x ", 262000)`, `text("return ", 6e4)`, `text("f{", 262000)`, `text("--[[", 262000)`, `text("a.", 262000) .. "b()"`, `"return " .. text("(", 180) .. "1" .. text(")", 180)`, `"return " .. text("1 + ", 262000) .. "1"`,
	`list(5e5, function(i) return i end)`, `list(5e5, function(i) return "x" end)`, `list(3e2, function(i) return text("x", 4e4) end)`, `list(1e5, function(i) return {} end)`, `list(1e4, function(i) return text("a", 1000) .. i end)`,
	`holes(9e5)`, `keys(5e4, function(i) return "k" .. i end)`, `keys(300, function(i) return text("k", 4e4) .. i end)`, `keys(5e4, function(i) return i + 0.5 end)`, `nested(60)`, `nested(1e5)`, `chain()`,
	`many(4000)`, `function(...) return ... end`, `function() return text("a", 4e6) end`, `coroutine.wrap(function() while true do coroutine.yield(text("a", 4e6)) end end)`, `setmetatable({}, {__tostring = function() return text("a", 4e6) end})`,
	`0`, `1`, `-1`, `2`, `36`, `5e5`, `2^53`, `1e308`, `0/0`, `nil`, `true`, `"json"`, `"*a"`, `"*t"`, `"L"`, `session`,
}

// makers has functions that make the objects.
const makers = `
	function text(s, n) return (s:rep(math.floor(n / #s))) end
	function list(n, f) local t = {} for i = 1, n do t[i] = f(i) end return t end
	function holes(n) local t = list(n, function() return 1 end) for i = 1, n - 1 do t[i] = nil end return t end
	function keys(n, f) local t = {} for i = 1, n do t[f(i)] = i end return t end
	function nested(n) local t = {} for i = 1, n do t = {t} end return t end
	function chain() local t = keys(20, tostring) for i = 1, 95 do t = setmetatable(keys(20, tostring), {__index = t}) end return t end
	function many(n) local e = freeswitch.Event("CUSTOM", "a::b") for i = 1, n do e:addHeader("h" .. i, "v") end return e end
	session:answer()`

// luaSQLConnection makes one connection and returns it each time: there is no other.
const luaSQLConnection = `(function() con = con or require("luasql.sqlite3").sqlite3():connect("cdr") return con end)()`

// objects make an object of each class.
var objects = map[string]string{
	"Session": "session", "Event": "many(2000)", "API": "freeswitch.API()", "JSON": "freeswitch.JSON()", "file": `io.open("long.txt")`,
	"ESLevent": `require("ESL").ESLevent("CUSTOM", "a::b")`, "ESLconnection": `require("ESL").ESLconnection(0)`, "tcp": `require("socket").tcp()`, "udp": `require("socket").udp()`, "LuaSQLEnvironment": `require("luasql.sqlite3").sqlite3()`,
	"LuaSQLConnection": luaSQLConnection, "LuaSQLCursor": luaSQLConnection + `:execute("select 1 as a")`, "DTMF": `freeswitch.DTMF("5", 100)`,
	"Stream": `(function() local s = freeswitch.Stream() s:write(("x"):rep(2^19)) return s end)()`, "EventConsumer": "freeswitch.EventConsumer()", "Dbh": `freeswitch.Dbh("cdr")`, "db": `database("cdr")`,
	"Timer":   "every(60, function() end)",
	"IVRMenu": "freeswitch.IVRMenu(nil, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 1, 1, 1, 1, 1, 1)",
	"answer":  "http.get(url)", "request": "http.async(url)",
	"bucket": `kv.bucket("agents")`, "entries": "select(2, kv.each())", "delivery": "(assert(queue.publish('orders', 'x')) and queue.next('orders'))", "watch": "(function() local w = kv.watch() w:close() return w end)()",
}

// callable returns an expression for each function that a script can call, and one
// for its self if it is a method.
func callable(modules []*vm.Module) (all [][2]string) {
	for _, name := range vm.StandardNames() {
		if name != "_VERSION" && !strings.HasPrefix(name, "package.") && name != "math.pi" && name != "math.huge" {
			all = append(all, [2]string{name})
		}
	}
	for _, m := range modules {
		for _, f := range m.Funcs {
			all = append(all, [2]string{called(m, f.Name)})
		}
		for _, c := range m.Classes {
			for _, f := range c.Methods {
				all = append(all, [2]string{fmt.Sprintf("self.%s", f.Name), objects[c.Name]})
			}
		}
	}
	return all
}

// called returns how a script names a function of a module.
func called(m *vm.Module, name string) string {
	if m.Required {
		return fmt.Sprintf("require(%q).%s", m.Name, name)
	}
	return strings.TrimPrefix(m.Name+"."+name, ".")
}

// impatient is a clock whose timers fire at once if they would fire in an hour.
type impatient struct{ clock.Clock }

func (c impatient) NewTimer(d time.Duration) *clock.Timer {
	if d > time.Minute {
		d = time.Millisecond
	}
	return c.Clock.NewTimer(d)
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// No function that a script can call computes for long, whatever it is given: the
// call ends, or its budget ends it, once and when it is repeated. The calls are made
// at random, those of a seed always in the same way. They are made in parts, which
// run beside each other.
func TestNoFunctionComputesForLong(t *testing.T) {
	seed := uint64(1)
	if s := os.Getenv("ESLUA_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	for part := range 4 {
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			computeForLong(t, part*testproc.Size(150, 60, 15), testproc.Size(150, 60, 15), rand.New(rand.NewPCG(seed, uint64(part))))
		})
	}
}

func computeForLong(t *testing.T, first, calls int, r *rand.Rand) {
	const burst = 50 * time.Millisecond
	bound := 2*burst + 200*time.Millisecond // the budget as it is measured, and what cannot be interrupted
	if testproc.Race {
		bound *= 10
	}
	h := newCaller(t, guard.Limits{Burst: burst, CPU: time.Minute})
	all := callable(h.set.Modules())
	slow := map[string]bool{}
	for i := first; i < first+calls; i++ {
		pick := all[i%len(all)]
		args := make([]string, r.IntN(5))
		for j := range args {
			args[j] = large[r.IntN(len(large))]
		}
		var b strings.Builder
		b.WriteString(makers)
		params := ""
		if pick[1] != "" {
			fmt.Fprintf(&b, "\nlocal self = %s", pick[1])
			params = "self"
		}
		for j, a := range args {
			fmt.Fprintf(&b, "\nfreeswitch.msleep(1) local a%d = %s", j, a)
			params += fmt.Sprintf(", a%d", j)
		}
		params = strings.TrimPrefix(params, ", ")
		call := fmt.Sprintf("pcall(%s)", strings.TrimSuffix(strings.TrimSuffix(pick[0]+", "+params, " "), ","))
		if i%20 == 0 {
			call = "while true do " + call + " end"
		}
		fmt.Fprintf(&b, "\nfreeswitch.msleep(1) begin() %s done()", call)
		took, err := h.run(b.String())
		if took > bound {
			slow[pick[0]] = true
			t.Errorf("call %d: %s(%s) with self %s took %v: %.200v", i, call, strings.Join(args, ", "), pick[1], took, err)
		}
	}
	t.Logf("of %d functions slow: %v", len(all), slow)
}

// No function reads a text that is longer than it may be: the error comes first and
// names the bound.
func TestTextsAreBounded(t *testing.T) {
	values := map[vm.Kind]string{vm.Any: `"x"`, vm.String: `"x"`, vm.Int: "1", vm.Number: "1", vm.Bool: "true", vm.Table: "{}", vm.Function: "print"}
	h := newCaller(t, guard.Limits{})
	h.patience = time.Minute // nothing here waits, but for what the machine does beside
	tried := 0
	try := func(f *vm.Func, function, self string) {
		for i := range f.Params {
			if f.Params[i].Kind != vm.String || f.Params[i].Most == math.MaxInt { // the log's text is cut
				continue
			}
			args := make([]string, len(f.Params))
			for j := range args {
				if args[j] = values[f.Params[j].Kind]; f.Params[j].Kind == vm.Object {
					args[j] = objects[f.Params[j].Class]
				}
			}
			most := cmp.Or(f.Params[i].Most, vm.MaxText)
			args[i] = fmt.Sprintf("text('x', %d)", most+1)
			call := fmt.Sprintf("%s(%s)", function, strings.TrimPrefix(strings.Join(append([]string{self}, args...), ", "), ", "))
			tried++
			if _, err := h.run(makers + "; begin(); " + call); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("at most %d are possible", most)) {
				t.Errorf("%s ended with %.200v", call, err)
			}
		}
	}
	for _, m := range h.set.Modules() {
		for i := range m.Funcs {
			if m.Funcs[i].Go != nil { // else it is Lua
				try(&m.Funcs[i], called(m, m.Funcs[i].Name), "")
			}
		}
		for _, c := range m.Classes {
			for i := range c.Methods {
				try(&c.Methods[i], "("+objects[c.Name]+")."+c.Methods[i].Name, objects[c.Name])
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d texts were tried", tried)
	}
	for name, source := range map[string]string{
		"texts together": `session:setVariable(text("x", 40000), text("y", 40000))`,
		"a number":       `session:sleep(text("0", 1e6))`,
		"an event":       `many(400):fire()`,
		"a body":         `local e = freeswitch.Event("MESSAGE") e:addBody(text("x", 65537)) session:sendEvent(e)`,
	} {
		if _, err := h.run(makers + "; begin(); " + source); err == nil || !strings.Contains(err.Error(), "at most 65536 are possible") {
			t.Errorf("%s ended with %.200v", name, err)
		}
	}
	for _, source := range []string{
		`session:setVariable("x", text("x", 65000)) assert(#session:getVariable("x") == 65000)`,
		`many(300):fire()`, `freeswitch.consoleLog("info", text("x", 1e6))`, `local e = freeswitch.Event("MESSAGE") e:addBody(text("x", 1e6))`,
	} {
		if _, err := h.run(makers + "; begin(); " + source); err != nil {
			t.Errorf("%s ended with %.200v", source, err)
		}
	}
}

// caller runs scripts for the calls of a simulated switch, one after the other.
type caller struct {
	t        *testing.T
	set      *bindings.Set
	machine  *vm.Machine
	url      string // of a server that scripts may ask, whose answers are long
	sw       *switchsim.Switch
	limits   guard.Limits
	patience time.Duration // after begin(), before the call is hung up
	script   *vm.Script
	prepare  func(*vm.State) // nil: nothing more
	took     time.Duration
	err      error
	started  chan struct{}
	done     chan struct{}
}

func newCaller(t *testing.T, limits guard.Limits) *caller {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	databases, err := database.New(map[string]config.Database{
		"cdr": {DSN: config.DSN("sqlite://" + filepath.Join(t.TempDir(), "cdr.db")), Connections: 1, Timeout: config.Duration(time.Minute)},
	}, impatient{clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(databases.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("[", 500)+strings.Repeat("[1],", 200_000))
	}))
	asking, err := network.NewClient(config.Default().HTTP, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { asking.Close(); server.Close() })
	c := &caller{url: server.URL, t: t, limits: limits, patience: 200 * time.Millisecond, started: make(chan struct{}), done: make(chan struct{})}
	c.sw = switchsim.New(switchsim.Config{
		Dialplan: switchsim.Dialplan{"default": {
			{Match: "flow", Actions: []switchsim.Action{{App: "socket", Data: listener.Addr().String() + "/flow async full"}}},
		}},
		DefaultMedia: time.Millisecond, Heartbeat: -1, Log: slog.New(slog.DiscardHandler),
	})
	if err := c.sw.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	link := node.New(node.Node{Name: "sim", Address: c.sw.Addr(), Password: "ClueCon"}, slog.New(slog.DiscardHandler), clock.System(), node.Options{})
	linked := make(chan error, 1)
	go func() { linked <- link.Run(ctx) }()
	if err := link.Await(ctx); err != nil {
		t.Fatal(err)
	}
	store := newStore(t)
	if _, err := newQueues(store).Publish(t.Context(), queue.Message{Queue: "orders"}); err != nil { // waits until it is ready
		t.Fatal(err)
	}
	c.set = bindings.New(bindings.Deps{Legs: legs.New(impatient{clock.System()}), Databases: databases, HTTP: asking, Nodes: []*node.Link{link}, Buckets: newBuckets(store), Queues: newQueues(store)})
	if c.machine, err = vm.NewMachine(c.set.Modules()...); err != nil {
		t.Fatal(err)
	}
	calls := outbound.New(outbound.Config{Linger: time.Second}, c.serve, slog.New(slog.DiscardHandler), impatient{clock.System()})
	served := make(chan error, 1)
	go func() { served <- calls.Serve(ctx, listener) }()
	t.Cleanup(func() {
		_ = c.sw.Close()
		cancel()
		for _, err := range []error{<-served, <-linked} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return c
}

// run runs a script for a call of its own and returns the processor time between
// its begin() and its done(), or its end.
func (c *caller) run(source string) (time.Duration, error) {
	var err error
	if c.script, err = vm.Compile("test.lua", []byte(source)); err != nil {
		c.t.Fatalf("%v in\n%s", err, source)
	}
	call := c.sw.Call(switchsim.Caller{Number: "1000", Name: "Alice", Destination: "flow"})
	<-c.started // a call that is hung up before never starts
	<-c.done
	call.Hangup("NORMAL_CLEARING")
	return c.took, c.err
}

func (c *caller) serve(ctx context.Context, call *outbound.Call) {
	c.started <- struct{}{}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	st := c.machine.NewState(vm.StateOptions{Limits: c.limits, Clock: impatient{clock.System()}, HungUp: call.Gone,
		ReadFile: func(string) (string, error) { return strings.Repeat("1 line\n", 1<<18), nil }})
	defer st.Close()
	log := slog.New(slog.DiscardHandler)
	keep := checkpoint.Open(call, checkpoint.Stamp{Flow: "flow", Generation: "g1", Version: "v1"}, log)
	grants := grant.Default()
	grants.Databases, grants.Hosts, grants.Buckets, grants.Queues = []string{"cdr"}, []grant.Host{"127.0.0.1"}, []string{"agents"}, []string{"orders"}
	end := c.set.Bind(&host.Env{
		State: st, Flow: "flow", Grants: &grants, Switch: call, Call: call, Checkpoint: keep, Listener: call.Addr(), Log: log, Clock: impatient{clock.System()},
		Console: host.NewConsole(log, nil), Hook: &host.Hook{},
	})
	var began, took time.Duration
	hangUp := func() { c.sw.API("uuid_kill " + call.UUID()) } // ends what would wait without end
	var hangup *time.Timer
	st.SetGlobal("url", lua.LString(c.url))
	st.SetGlobal("begin", guard.GoFunction(func(*lua.LState) int {
		hangup = time.AfterFunc(c.patience, hangUp)
		began = threadTime()
		return 0
	}))
	st.SetGlobal("done", guard.GoFunction(func(*lua.LState) int { took = threadTime() - began; return 0 }))
	if c.prepare != nil {
		c.prepare(st)
	}
	c.err = st.Run(ctx, c.script, []string{"flow"})
	if hangup != nil {
		hangup.Stop()
	}
	if took == 0 && began > 0 {
		took = threadTime() - began
	}
	c.took = took
	end(ctx)
	c.done <- struct{}{}
}
