package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/google/uuid"
)

// TestScenarios runs every scenario against a simulator of its own.
func TestScenarios(t *testing.T) {
	t.Parallel()
	inBubbles(t, scenarios(), scenario.run)
}

// TestLiveScenarios runs them against the FreeSWITCH named by ESLUA_LIVE.
func TestLiveScenarios(t *testing.T) {
	liveScenarios(t, scenarios(), scenario.run)
}

// A venue is where a scenario is played: a switch, and a host that serves the flow.
type venue struct {
	ground
	listen string // the host's address
	seen   *stage
}

// inBubbles plays each scenario where time passes only while everybody waits, so that
// neither a busy machine nor a slow script can bring what happens into another order.
func inBubbles(t *testing.T, list []scenario, play func(scenario, *testing.T, venue)) {
	for i, s := range list {
		if testproc.Race && len(list) > 100 && i%4 > 0 {
			continue // that many differ in what scripts do, and not in which goroutines do it
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			testproc.Bubble(t, func(t *testing.T) {
				v := venue{ground: groundInBubble(t, switchsim.Config{})}
				v.listen, v.seen = serveScenarios(t, v.open(), []scenario{s}, seams{guest: true})
				play(s, t, v)
			})
		})
	}
}

func liveScenarios(t *testing.T, list []scenario, play func(scenario, *testing.T, venue)) {
	address, password := livetest.Address(t)
	listen, seen := serveScenarios(t, listening(t), list, seams{})
	// The group returns when its parallel scenarios have ended.
	t.Run("calls", func(t *testing.T) {
		for _, s := range list {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				play(s, t, venue{liveGround(t, address, password), listen, seen})
			})
		}
	})
}

// serveScenarios serves the scenarios' flows.
func serveScenarios(t *testing.T, l net.Listener, list []scenario, test seams) (listen string, seen *stage) {
	files := fstest.MapFS{}
	cfg := config.Default()
	cfg.Flows = map[string]config.Flow{}
	cfg.Grants.API.Allow, cfg.Grants.Apps.Allow = []grant.Name{"global_setvar"}, []grant.Name{"no_such_application"}
	for _, s := range list {
		source, err := s.source()
		if err != nil {
			t.Fatal(err)
		}
		files[s.name+".lua"] = &fstest.MapFile{Data: []byte(source)}
		cfg.Flows[s.name] = s.own
	}
	seen = newStage()
	test.scripts, test.traced, test.ended = files, seen.called, seen.ended
	serving(t, l, cfg, clock.System(), stageLog{stage: seen}, test)
	return l.Addr().String(), seen
}

// run places the call and compares what was seen of it.
func (s scenario) run(t *testing.T, v venue) {
	ctx, sw := v.ctx, v.sw
	id := uuid.NewString() + s.callID
	act := v.seen.expect(id)
	if s.bridged != "" {
		subscribe, err := esl.Subscribe("plain", "CHANNEL_BRIDGE")
		sw.do(ctx, t, subscribe, err)
	}
	if answer := sw.api(ctx, t, s.originate(id, v.listen)); !strings.HasPrefix(answer, "+OK") {
		t.Fatalf("originate: %s", answer)
	}
	if s.bridged != "" {
		leg := sw.next(ctx, t, "CHANNEL_BRIDGE", id).Get("Bridge-B-Unique-ID")
		if answer := sw.api(ctx, t, strings.NewReplacer("%call", id, "%leg", leg).Replace(s.bridged)); !strings.HasPrefix(answer, "+OK") {
			t.Fatalf("%s: %s", s.bridged, answer)
		}
	}
	if s.press != "" {
		sw.pressAgain(ctx, t, id, s.press, act.over)
	}
	select {
	case <-act.over:
	case <-ctx.Done():
		t.Fatalf("the script did not end; it logged %q", act.logged())
	}
	if got := act.logged(); s.lines != nil && !slices.Equal(got, s.lines) {
		t.Errorf("logged %q\n  want %q", got, s.lines)
	}
	for name, want := range s.calls {
		if act.has(name) != want {
			t.Errorf("called %s: %v, want %v (logged %q)", name, act.has(name), want, act.logged())
		}
	}
	// A hangup can show before its cause does; the channel's own is compared below.
	if s.cause != "" && act.cause != "" && act.cause != s.cause {
		t.Errorf("the host saw the cause %q, want %q", act.cause, s.cause)
	}
	want := cmp.Or(s.after, s.cause)
	if got := sw.hangup(ctx, t, id); want != "" && got != want {
		t.Errorf("the channel ended with %q, want %q", got, want)
	}
}

// A stage records what happens to each call in the host.
type stage struct {
	mu   sync.Mutex
	acts map[string]*act
}

type act struct {
	over chan struct{}

	mu    sync.Mutex
	names []string
	lines []string
	cause string
}

func newStage() *stage { return &stage{acts: map[string]*act{}} }

func (s *stage) expect(id string) *act {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts[id] = &act{over: make(chan struct{})}
	return s.acts[id]
}

// of returns nil for calls that no scenario waits for, such as second legs.
func (s *stage) of(id string) *act {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acts[id]
}

func (s *stage) called(c *outbound.Call, t vm.Trace) {
	if a := s.of(c.UUID()); a != nil {
		a.mu.Lock()
		a.names = append(a.names, t.Name)
		a.mu.Unlock()
	}
}

func (s *stage) ended(c *outbound.Call) {
	if a := s.of(c.UUID()); a != nil {
		a.cause, _ = c.HungUp()
		close(a.over)
	}
}

func (a *act) logged() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.lines)
}

func (a *act) has(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.names, name)
}

// A stageLog is a log handler that gives the scripts' lines to the stage.
type stageLog struct {
	stage *stage
	uuid  string
	flow  bool
}

func (h stageLog) Enabled(context.Context, slog.Level) bool { return true }
func (h stageLog) WithGroup(string) slog.Handler            { return h }

func (h stageLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "uuid" {
			h.uuid = a.Value.String()
		}
		h.flow = h.flow || a.Key == "flow"
	}
	return h
}

func (h stageLog) Handle(_ context.Context, r slog.Record) error {
	a := h.stage.of(h.uuid)
	if a == nil || !h.flow || r.Level != slog.LevelInfo {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, r.Message)
	return nil
}

// switchEvents is a connection to the switch's inbound event socket.
type switchEvents struct{ conn *esl.Conn }

// dialing has connections made one after the other: FreeSWITCH's listener has a
// backlog of 5 (mod_event_socket.c:mod_event_socket_runtime), and 32 parallel tests
// would have some of theirs reset.
var dialing sync.Mutex

func dialSwitch(t *testing.T, address, password string) *switchEvents {
	t.Helper()
	dialing.Lock()
	defer dialing.Unlock()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return logIn(testproc.Context(t), t, nc, password)
}

func logIn(ctx context.Context, t *testing.T, nc net.Conn, password string) *switchEvents {
	t.Helper()
	conn := esl.NewConn(nc, esl.Options{QueueLen: 100_000, QueueBytes: 256 << 20})
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Next(ctx); err != nil { // auth/request
		t.Fatal(err)
	}
	sw := &switchEvents{conn: conn}
	auth, err := esl.Auth(password)
	sw.do(ctx, t, auth, err)
	subscribe, err := esl.Subscribe("plain", "CHANNEL_HANGUP_COMPLETE", "BACKGROUND_JOB")
	sw.do(ctx, t, subscribe, err)
	return sw
}

func (sw *switchEvents) do(ctx context.Context, t *testing.T, cmd esl.Command, err error) {
	t.Helper()
	var r esl.Reply
	if err == nil {
		r, err = sw.conn.Do(ctx, cmd)
	}
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// api runs a command in the background, so that events come meanwhile.
func (sw *switchEvents) api(ctx context.Context, t *testing.T, line string) string {
	t.Helper()
	job, err := sw.conn.StartJob(line)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := job.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// pressAgain presses digits once a second, because FreeSWITCH may lose some where
// originate takes the channel over after its answer.
func (sw *switchEvents) pressAgain(ctx context.Context, t *testing.T, id, digits string, over <-chan struct{}) {
	t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		sw.api(ctx, t, syntax.ForChannel("uuid_recv_dtmf", id, digits))
		select {
		case <-again.C:
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

// hangup waits for the channel's end and returns its cause.
func (sw *switchEvents) hangup(ctx context.Context, t *testing.T, id string) string {
	t.Helper()
	return sw.next(ctx, t, "CHANNEL_HANGUP_COMPLETE", id).Get("Hangup-Cause")
}

// next waits for an event of the channel.
func (sw *switchEvents) next(ctx context.Context, t *testing.T, name, id string) esl.Event {
	t.Helper()
	for {
		e, err := sw.conn.Next(ctx)
		if err != nil {
			t.Fatalf("there is no %s: %v", name, err)
		}
		if e.Name() == name && strings.HasPrefix(e.Get("Unique-ID"), id[:36]) {
			return e
		}
	}
}
