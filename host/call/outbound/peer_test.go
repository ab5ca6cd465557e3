package outbound_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A harness is a Server on loopback whose calls do what the test sends them.
type harness struct {
	t      *testing.T
	clock  *clock.Manual
	log    *testproc.Log
	server *outbound.Server
	listen net.Listener
	dials  func(ctx context.Context, address string) (net.Conn, error)
	abort  context.CancelFunc
	work   chan func(context.Context, *outbound.Call)
	served chan error // what Serve returned
	ended  chan struct{}
}

func open(t *testing.T, cfg outbound.Config) *harness {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return openOn(t, cfg, l)
}

// openInBubble does what open does, in a bubble.
func openInBubble(t *testing.T, cfg outbound.Config) *harness {
	t.Helper()
	n := memnet.New()
	h := openOn(t, cfg, n.Listen())
	h.dials = n.Dial
	return h
}

func openOn(t *testing.T, cfg outbound.Config, l net.Listener) *harness {
	h := &harness{
		t: t, clock: clock.NewManual(time.Unix(1e9, 0)), log: &testproc.Log{}, listen: l,
		dials: func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
		work: make(chan func(context.Context, *outbound.Call)), served: make(chan error, 1), ended: make(chan struct{}, 100),
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.server = outbound.New(cfg, h.serve, log, h.clock)
	ctx, abort := context.WithCancel(context.Background())
	h.abort = abort
	go func() { h.served <- h.server.Serve(ctx, l) }()
	t.Cleanup(func() {
		abort()
		if err := <-h.served; err != nil {
			t.Error("Serve:", err)
		}
	})
	return h
}

// serve runs the functions from work until it gets nil or the server ends.
func (h *harness) serve(ctx context.Context, c *outbound.Call) {
	defer func() { h.ended <- struct{}{} }()
	for {
		select {
		case f := <-h.work:
			if f == nil {
				return
			}
			f(ctx, c)
		case <-ctx.Done():
			return
		}
	}
}

// on runs f as part of the flow of a call that has nothing to do, and sends its result.
func on[T any](h *harness, f func(context.Context, *outbound.Call) T) <-chan T {
	h.t.Helper()
	out := make(chan T, 1)
	h.work <- func(ctx context.Context, c *outbound.Call) { out <- f(ctx, c) }
	return out
}

// finish ends the flow of a call that has nothing to do.
func (h *harness) finish() {
	h.work <- nil
}

// letGo lets the host end the connection of a call whose flow has ended and that has
// moved on: our socket application ends, a while passes, and it is not parked.
func (h *harness) letGo(p *peer) {
	h.t.Helper()
	p.send(ends("socket", "the dialplan's", "Channel-State-Number", "2"))
	h.pass(200 * time.Millisecond)
	p.expect("api uuid_dump ")
	p.send(output("Channel-State: CS_EXECUTE\nvariable_current_application: playback\n"))
}

// pass moves the clock by d as soon as something waits for that long.
func (h *harness) pass(d time.Duration) {
	h.clock.WaitForTimer(d)
	h.clock.Advance(d)
}

// A peer is the switch's end of one connection, with a codec of its own.
type peer struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

func (h *harness) dial() *peer {
	h.t.Helper()
	nc, err := h.dials(h.t.Context(), h.listen.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = nc.Close() })
	return &peer{t: h.t, nc: nc, r: bufio.NewReader(nc)}
}

// call dials and answers the handshake with the captured reply to connect.
func (h *harness) call() *peer {
	h.t.Helper()
	p := h.dial()
	p.greet(connectReply)
	return p
}

func (p *peer) greet(connect string) {
	p.t.Helper()
	p.expect("connect")
	p.expect("linger 10")
	p.expect("myevents")
	p.send(connect, reply("+OK will linger 10 seconds"), reply("+OK Events Enabled"))
	if strings.Contains(connect, "variable_socket_resume: true") {
		p.expect("api uuid_setvar " + callID + " execute_on_blind_transfer_eslua unset socket_resume")
		p.send(output("+OK\n"))
	}
}

// command returns the next command with its body and with LF line ends, or "" after the last.
func (p *peer) command() string {
	p.t.Helper()
	var b strings.Builder
	length := 0
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return ""
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if name, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(value)
		}
		b.WriteString(line + "\n")
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(p.r, body); err != nil {
		p.t.Fatal("command without its body:", err)
	}
	return b.String() + string(body)
}

func (p *peer) expect(prefix string) string {
	p.t.Helper()
	c := p.command()
	if !strings.HasPrefix(c, prefix) {
		p.t.Fatalf("the command is %q, want %q...", c, prefix)
	}
	return c
}

// silent fails the test if a command comes within a moment.
func (p *peer) silent() {
	p.t.Helper()
	_ = p.nc.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := p.r.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("a command came too early (%v)", err)
	}
	_ = p.nc.SetReadDeadline(time.Time{})
}

// execute expects an application, answers +OK and returns the id it was given.
func (p *peer) execute(app string) (id string) {
	p.t.Helper()
	c := p.expect("sendmsg")
	if got := field(c, "execute-app-name"); got != app {
		p.t.Fatalf("the application is %q, want %q in\n%s", got, app, c)
	}
	p.send(reply("+OK"))
	return field(c, "Event-UUID")
}

func (p *peer) send(frames ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.nc, strings.Join(frames, "")); err != nil {
		p.t.Fatal("sending:", err)
	}
}

// goodbye reads the last commands of a call, and answers and closes as FreeSWITCH does.
func (p *peer) goodbye() (said []string) {
	p.t.Helper()
	for {
		c := strings.TrimSpace(p.command())
		if c == "" {
			return said
		}
		said = append(said, c)
		if c == "exit" {
			// A call that has hung up does not wait for the answer.
			_, _ = io.WriteString(p.nc, reply("+OK bye")+"Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 4\n\nBye\n")
			_ = p.nc.Close()
			return said
		}
		p.send(reply("+OK"))
	}
}

// field returns the value of a header of a command or a plain frame.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ": "); ok && strings.EqualFold(k, name) {
			return strings.TrimRight(v, "\r\n")
		}
	}
	return ""
}

func reply(text string) string { return "Content-Type: command/reply\nReply-Text: " + text + "\n\n" }

func output(text string) string {
	return "Content-Type: api/response\nContent-Length: " + strconv.Itoa(len(text)) + "\n\n" + text
}

const lingerNotice = "Content-Type: text/disconnect-notice\nContent-Disposition: linger\nLinger-Time: 10\nContent-Length: 0\n\n"

// callID is the Unique-ID of the calls made by hand.
const callID = "76992de5-44e1-4843-8a86-8fb1e513402d"

// event returns an event of the call, with headers in FreeSWITCH's order. A given
// Channel-State, Channel-State-Number or Answer-State replaces that of an answered
// call.
func event(name string, headers ...string) string {
	all := [][2]string{{"Event-Name", name}, {"Channel-State", "CS_EXECUTE"}, {"Channel-State-Number", "4"},
		{"Unique-ID", callID}, {"Answer-State", "answered"}}
given:
	for i := 0; i < len(headers); i += 2 {
		for j := range all {
			if all[j][0] == headers[i] {
				all[j][1] = headers[i+1]
				continue given
			}
		}
		all = append(all, [2]string{headers[i], headers[i+1]})
	}
	var b strings.Builder
	for _, h := range all {
		b.WriteString(h[0] + ": " + h[1] + "\n")
	}
	b.WriteString("\n")
	return "Content-Length: " + strconv.Itoa(b.Len()) + "\nContent-Type: text/event-plain\n\n" + b.String()
}

func begins(app, id string) string {
	return event("CHANNEL_EXECUTE", "Application", app, "Application-UUID", id)
}

func ends(app, id string, headers ...string) string {
	return event("CHANNEL_EXECUTE_COMPLETE", append(headers, "Application", app, "Application-Response", "_none_", "Application-UUID", id)...)
}

func dtmf(digit string) string {
	return event("DTMF", "DTMF-Digit", digit, "DTMF-Duration", "2000", "DTMF-Source", "RTP")
}

// hangup returns an event that shows a hangup.
func hangup(name, cause string) string {
	return event(name, "Channel-State-Number", "10", "Answer-State", "hangup", "Hangup-Cause", cause)
}
