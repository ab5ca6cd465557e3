package recovery

import (
	"bufio"
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
)

// TestParkedCallsOfASimulatedSwitch and TestLiveParkedCalls run the same scenario.
func TestParkedCallsOfASimulatedSwitch(t *testing.T) {
	sim := switchsim.New(switchsim.Config{})
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	testParkedCalls(t, sim.Addr(), "ClueCon")
}

func TestLiveParkedCalls(t *testing.T) {
	address, password := livetest.Address(t)
	testParkedCalls(t, address, password)
}

func testParkedCalls(t *testing.T, address, password string) {
	node := connect(t, address, password)
	for name, do := range map[string]config.Parked{
		"report":  {Action: config.Report},
		"hangup":  {Action: config.HangupParked, Cause: "USER_BUSY"},
		"reenter": {Action: config.Reenter},
	} {
		t.Run(name, func(t *testing.T) {
			us, other := listen(t), listen(t)
			nobody := vacant(t)
			left := node.call(t, us.address()+"/flow/a async full")
			second := node.call(t, nobody+"/flow/b|localhost:"+us.port()+"/flow/b async full")
			came := node.call(t, us.address()+"/flow/came async full")
			theirs := node.call(t, nobody+"/flow/c|localhost:"+other.port()+"/flow/c|"+us.address()+"/flow/c async full")
			busy := listen(t)
			busy.lend(t)
			unsure := node.call(t, "127.0.0.1:"+busy.port()+"/flow/d|"+us.address()+"/flow/d async full")
			third := node.call(t, us.address()+"/flow/e|127.0.0.1:"+other.port()+"/flow/e async full")
			stuck := node.callInReset(t)
			for _, id := range []string{left, second, third, came, theirs, unsure, stuck} {
				node.awaitSocket(t, id)
			}
			us.serve()

			clk := clock.NewManual(time.Unix(0, 0))
			said := &story{}
			s := New(Config{Policy: do, Grace: 30 * time.Second}, []Node{{node.link, address}}, slog.New(said), clk)
			s.Track(came)
			done := make(chan error, 1)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() { done <- s.Run(ctx, us.address()) }()
			clk.WaitForTimer(30 * time.Second)
			late := node.call(t, other.address()+"/flow/late async full")
			node.awaitSocket(t, late)
			clk.Advance(30 * time.Second)
			clk.WaitForTimer(sweepPause)
			stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}

			for name, id := range map[string]string{"one that came to us": came, "another host's": theirs, "one that may be another's": unsure, "a later one": late} {
				if got := node.application(t, id); got != "socket" {
					t.Errorf("%s call is touched: it runs %q", name, got)
				}
				if said.tells(id) != (id == unsure) {
					t.Errorf("what is said of %s call is wrong: %s", name, said.text())
				}
			}
			if state := node.state(t, stuck); !said.tells(stuck) || state != map[config.ParkedAction]string{config.Report: "CS_RESET", config.Reenter: "CS_EXECUTE"}[do.Action] {
				t.Errorf("a call left in CS_RESET is in the state %q: %s", state, said.text())
			}
			for id, path := range map[string]string{left: "flow/a", second: "flow/b", third: "flow/e"} {
				if !said.tells(id) {
					t.Errorf("nothing is said of %s: %s", id, said.text())
				}
				switch do.Action {
				case config.HangupParked:
					if got := node.application(t, id); got != "" {
						t.Errorf("a call left parked runs %q, it should be hung up", got)
					}
				case config.Reenter:
					if got := <-us.paths; got != "flow/a" && got != "flow/b" && got != "flow/e" {
						t.Errorf("%q was handed to us, want %s", got, path)
					}
				default:
					if got := node.application(t, id); got != "socket" {
						t.Errorf("a call that is only reported runs %q", got)
					}
				}
			}
			if want := map[config.ParkedAction]string{config.Report: "found=4 handled=0"}[do.Action]; !strings.Contains(said.text(), cmp.Or(want, "found=4 handled=4")) {
				t.Errorf("no summary: %s", said.text())
			}
		})
	}
}

// A switchNode makes calls on a switch.
type switchNode struct{ link *node.Link }

func connect(t *testing.T, address, password string) switchNode {
	l := node.New(node.Node{Name: "node", Address: address, Password: password}, slog.New(slog.DiscardHandler), clock.System(), node.Options{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !l.Up() {
		<-again.C
	}
	return switchNode{l}
}

func (n switchNode) api(t *testing.T, line string) string {
	t.Helper()
	answer, err := n.link.API(context.Background(), line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return answer
}

// call makes a call whose dialplan is a single socket. The null endpoint answers at
// once and has no second leg, which loopback has and sometimes leaves unrouted.
func (n switchNode) call(t *testing.T, socket string) (id string) {
	t.Helper()
	id = uuid.NewString()
	if answer := n.api(t, "originate {origination_uuid="+id+"}null/parked 'm:^:socket:"+socket+"^hangup' inline"); !strings.HasPrefix(answer, "+OK") {
		t.Fatal(answer)
	}
	t.Cleanup(func() { n.api(t, "uuid_kill "+id) })
	return id
}

// callInReset makes a call that is transferred just before its host dies. That host has
// not told FreeSWITCH what eslua's does (see outbound), so the call stays in CS_RESET.
func (n switchNode) callInReset(t *testing.T) (id string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	id = uuid.NewString()
	if answer := n.api(t, "originate {socket_resume=true,origination_uuid="+id+"}null/parked 'm:^:socket:"+l.Addr().String()+"/flow async full^hangup' inline"); !strings.HasPrefix(answer, "+OK") {
		t.Fatal(answer)
	}
	t.Cleanup(func() { n.api(t, "uuid_kill "+id) })
	host, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	if _, err := host.Write([]byte("connect\n\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(host).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	n.api(t, "uuid_transfer "+id+" 'm:^:playback:tone_stream://%(20000,0,440)^park' inline")
	for n.application(t, id) != "playback" {
	}
	return id
}

// state returns a channel's state, or "" if it is gone.
func (n switchNode) state(t *testing.T, id string) string {
	t.Helper()
	dump := n.api(t, "uuid_dump "+id)
	_, state, _ := strings.Cut(dump, "Channel-State: ")
	state, _, _ = strings.Cut(state, "\n")
	return strings.Trim(state, "[]")
}

// application returns what a channel runs, or "" if the channel is gone.
func (n switchNode) application(t *testing.T, id string) string {
	t.Helper()
	if n.api(t, "uuid_exists "+id) != "true" {
		return ""
	}
	return strings.TrimSpace(n.api(t, "uuid_getvar "+id+" current_application"))
}

// awaitSocket waits until the table of channels shows a call in its socket.
func (n switchNode) awaitSocket(t *testing.T, id string) {
	t.Helper()
	for {
		calls, err := callsInSocket(t.Context(), Node{Switch: n.link})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(calls, func(c call) bool { return c.uuid == id }) {
			return
		}
	}
}

// A listener closes its connections like a host that dies, and later serves them.
type listener struct {
	net.Listener
	mu      sync.Mutex
	serving bool
	lent    chan net.Conn // the next connection goes there
	paths   chan string
}

func listen(t *testing.T) *listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := &listener{Listener: l, paths: make(chan string, 10)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			own.mu.Lock()
			switch {
			case own.lent != nil:
				own.lent <- c
				own.lent = nil
			case own.serving:
				all.Go(func() { own.answer(c) })
			default:
				_ = c.Close()
			}
			own.mu.Unlock()
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return own
}

func (l *listener) address() string { return l.Addr().String() }

func (l *listener) port() string {
	_, port, _ := net.SplitHostPort(l.address())
	return port
}

func (l *listener) serve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serving = true
}

// lend makes another process hold a connection that came here, until the test ends.
func (l *listener) lend(t *testing.T) {
	t.Helper()
	lent := make(chan net.Conn, 1)
	l.mu.Lock()
	l.lent = lent
	l.mu.Unlock()
	far, err := net.Dial("tcp", l.address())
	if err != nil {
		t.Fatal(err)
	}
	release := lendToChild(t, <-lent)
	t.Cleanup(func() { release(); _ = far.Close() })
}

// answer sends connect, reports the path and lets the call continue.
func (l *listener) answer(c net.Conn) {
	defer c.Close()
	_, _ = c.Write([]byte("connect\n\n"))
	r := bufio.NewScanner(c)
	for r.Scan() && r.Text() != "" {
		if data, ok := strings.CutPrefix(r.Text(), "variable_socket_path: "); ok {
			path, _ := url.PathUnescape(data)
			l.paths <- path
		}
	}
}

// vacant returns an address where nothing listens.
func vacant(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A story is a log handler that keeps what is logged.
type story struct {
	mu   sync.Mutex
	said strings.Builder
	with string
	root *story
}

func (s *story) Enabled(context.Context, slog.Level) bool { return true }
func (s *story) WithGroup(string) slog.Handler            { return s }
func (s *story) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := &story{with: s.with, root: cmp.Or(s.root, s)}
	for _, a := range attrs {
		next.with += " " + a.String()
	}
	return next
}

func (s *story) Handle(_ context.Context, r slog.Record) error {
	root := cmp.Or(s.root, s)
	root.mu.Lock()
	defer root.mu.Unlock()
	root.said.WriteString(r.Message + s.with)
	r.Attrs(func(a slog.Attr) bool { root.said.WriteString(" " + a.String()); return true })
	root.said.WriteString("\n")
	return nil
}

func (s *story) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

func (s *story) tells(id string) bool { return strings.Contains(s.text(), id) }
