package switchsim_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
)

// A peer is a bare event-socket client for tests: it writes commands and reads
// packets one after the other.
type peer struct {
	t    *testing.T
	conn net.Conn
	br   *bufio.Reader
	kept []*packet
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, br: bufio.NewReader(conn)}
}

// next returns the next packet, or kind "closed".
func (p *peer) next() *packet {
	p.t.Helper()
	raw, err := readPacket(p.br)
	if err != nil {
		return &packet{kind: "closed"}
	}
	pk, err := parsePacket(raw)
	if err != nil {
		p.t.Fatal(err)
	}
	return pk
}

func (p *peer) send(lines ...string) {
	p.t.Helper()
	if _, err := fmt.Fprint(p.conn, strings.Join(lines, "\n")+"\n\n"); err != nil {
		p.t.Fatal(err)
	}
}

// ask sends a command and returns its reply, skipping events.
func (p *peer) ask(lines ...string) *packet {
	p.t.Helper()
	p.send(lines...)
	for {
		if pk := p.next(); !pk.event && pk.kind != "text/disconnect-notice" {
			return pk
		}
	}
}

func (p *peer) wantReply(want string, lines ...string) {
	p.t.Helper()
	if pk := p.ask(lines...); pk.get("Reply-Text") != want {
		p.t.Fatalf("%s: %q, want %q", lines[0], pk.get("Reply-Text"), want)
	}
}

func (p *peer) execute(app, arg string, more ...string) {
	p.t.Helper()
	lines := append([]string{"sendmsg", "call-command: execute", "execute-app-name: " + app}, more...)
	if arg != "" {
		lines = append(lines, "execute-app-arg: "+arg)
	}
	p.send(lines...)
}

// until reads until an event of that name and returns it.
func (p *peer) until(name string) *packet {
	p.t.Helper()
	for {
		pk := p.next()
		if pk.event && pk.get("Event-Name") == name {
			return pk
		}
		if pk.kind == "closed" {
			p.t.Fatalf("the connection ended before %s", name)
		}
	}
}

// rest reads to the end and lists the titles.
func (p *peer) rest() []string {
	p.t.Helper()
	var titles []string
	for {
		pk := p.next()
		if pk.kind == "closed" {
			return append(titles, "closed")
		}
		titles = append(titles, pk.title())
	}
}

// start runs a switch until the test ends.
func start(t *testing.T, cfg switchsim.Config) *switchsim.Switch {
	t.Helper()
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = -1
	}
	sw := switchsim.New(cfg)
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sw.Close() })
	return sw
}

// inbound connects an authenticated client to the switch.
func inbound(t *testing.T, sw *switchsim.Switch) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	p.next()
	p.wantReply("+OK accepted", "auth ClueCon")
	return p
}

// application listens for the socket application.
type application struct {
	t  *testing.T
	ln net.Listener
}

func listen(t *testing.T) *application {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return &application{t, ln}
}

func (a *application) addr() string { return a.ln.Addr().String() }

func (a *application) accept() *peer {
	a.t.Helper()
	conn, err := a.ln.Accept()
	if err != nil {
		a.t.Fatal(err)
	}
	return newPeer(a.t, conn)
}

// controlled returns a call that an application controls over a connected socket,
// asynchronous and full unless words say otherwise.
func controlled(t *testing.T, sw *switchsim.Switch, who switchsim.Caller, words ...string) (*switchsim.Call, *peer) {
	t.Helper()
	a := listen(t)
	if len(words) == 0 {
		words = []string{"async", "full"}
	}
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: []switchsim.Action{
		{App: "answer"}, {App: "socket", Data: a.addr() + "/flow/7001 " + strings.Join(words, " ")},
		{App: "set", Data: "after=1"}, {App: "park"}}})
	who.Destination = "app"
	if who.Number == "" {
		who.Number = "4711"
	}
	call := sw.Call(who)
	p := a.accept()
	switch p.ask("connect").get("Socket-Mode") {
	case "":
		t.Fatal("connect is answered with the channel's data")
	case "async": // wait until it is parked: a connection that ends before leaves it parked
		p.wantReply("+OK", "sendmsg", "call-command: execute", "execute-app-name: eval", "execute-app-arg: ready")
		happened(t, sw, call.UUID(), "complete", "eval")
	}
	return call, p
}

func subscribed(t *testing.T, sw *switchsim.Switch, who switchsim.Caller) (*switchsim.Call, *peer) {
	t.Helper()
	call, p := controlled(t, sw, who)
	p.wantReply("+OK will linger", "linger")
	p.wantReply("+OK Events Enabled", "myevents")
	return call, p
}

// happened waits until the channel's journal has such an entry.
func happened(t *testing.T, sw *switchsim.Switch, uuid, kind, part string) switchsim.Entry {
	t.Helper()
	e, err := sw.WaitFor(t.Context(), func(e switchsim.Entry) bool {
		return (uuid == "" || e.UUID == uuid) && e.Kind == kind && strings.Contains(e.What, part)
	})
	if err != nil {
		t.Fatalf("%s %s never happened", kind, part)
	}
	return e
}

// inVirtualTime runs a subtest in a time that passes by itself while everybody
// waits. It may not use sockets.
func inVirtualTime(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// manual returns a clock that stands at a whole second.
func manual() *clock.Manual { return clock.NewManual(time.Unix(1800000000, 0)) }
