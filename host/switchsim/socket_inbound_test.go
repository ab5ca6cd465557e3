package switchsim_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func TestAuthLimit(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	conn, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	if p.next().kind != "auth/request" {
		t.Fatal("no auth/request")
	}
	clk.WaitForTimer(25 * time.Second)
	clk.Advance(25 * time.Second)
	same(t, p.rest(), []string{"text/disconnect-notice", "closed"})
}

func TestRudeRejection(t *testing.T) {
	sw := start(t, switchsim.Config{Rude: true})
	conn, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	if pk := p.next(); pk.kind != "text/rude-rejection" || pk.body != "Access Denied, go away.\n" {
		t.Errorf("%+v", pk)
	}
	same(t, p.rest(), []string{"text/disconnect-notice", "closed"})
}

func TestUserAuth(t *testing.T) {
	sw := start(t, switchsim.Config{Users: map[string]switchsim.User{
		"ops@example.org": {Password: "secret", AllowedEvents: "CHANNEL_ANSWER HEARTBEAT", AllowedAPI: "status,bgapi,uuid_exists"},
	}})
	dial := func() *peer {
		conn, err := net.Dial("tcp", sw.Addr())
		if err != nil {
			t.Fatal(err)
		}
		p := newPeer(t, conn)
		p.next()
		return p
	}
	p := dial()
	reply := p.ask("userauth ops@example.org:secret")
	if reply.get("Reply-Text") != "+OK accepted" || reply.get("Allowed-Events") == "" || reply.get("Allowed-LOG") != "false" {
		t.Fatalf("%+v", reply.headers)
	}
	for cmd, want := range map[string]string{
		"api sofia status":            "-ERR permission denied",
		"bgapi sofia status":          "-ERR permission denied",
		"api bgapi originate x":       "-ERR permission denied",
		"api sched_api +1 g status":   "-ERR permission denied",
		"event plain CHANNEL_HANGUP":  "-ERR permission denied",
		"log DEBUG":                   "-ERR permission denied",
		"event plain HEARTBEAT":       "+OK event listener enabled plain",
		"event json CHANNEL_ANSWER x": "-ERR permission denied",
	} {
		if got := p.ask(cmd).get("Reply-Text"); got != want {
			t.Errorf("%s: %q, want %q", cmd, got, want)
		}
	}
	if got := p.ask("api uuid_exists x").body; got != "false" {
		t.Errorf("an allowed command answers %q", got)
	}
	for _, wrong := range []string{"userauth ops@example.org:nope", "userauth nobody@example.org:secret", "userauth ops", "userauth ops@example.org"} {
		p := dial()
		p.wantReply("-ERR invalid", wrong)
		same(t, p.rest(), []string{"text/disconnect-notice", "closed"})
	}
	p = dial()
	p.wantReply("+OK accepted", "userauth ops:secret@example.org")
}

func TestSubscriptions(t *testing.T) {
	sw := start(t, switchsim.Config{})
	p := inbound(t, sw)
	fire := func(name string, headers ...string) {
		t.Helper()
		p.wantOK(append([]string{"sendevent " + name}, headers...)...)
	}
	p.wantReply("-ERR not listening for events", "noevents")
	p.wantReply("-ERR no keywords supplied", "event plain NOSUCH")
	p.wantReply("+OK event listener enabled plain", "event plain HEARTBEAT MESSAGE CUSTOM a::b c::d")
	fire("GENERAL")
	fire("CUSTOM", "Event-Subclass: other::x")
	fire("MESSAGE", "n: 1")
	wantEvent(t, p, "n", "1") // the two before were not wanted
	fire("CUSTOM", "Event-Subclass: c::d", "n: 2")
	wantEvent(t, p, "n", "2")
	p.wantReply("+OK events nixed", "nixevent MESSAGE")
	p.wantReply("+OK filter added. [n]=[/^3]", "filter n /^3")
	fire("MESSAGE", "n: 3")
	fire("HEARTBEAT", "n: 4")
	fire("HEARTBEAT", "n: 33")
	wantEvent(t, p, "n", "33")
	p.wantReply("+OK filter added. [n]=[-34]", "filter add n -34")
	fire("HEARTBEAT", "n: 34")
	fire("HEARTBEAT", "n: 35")
	wantEvent(t, p, "n", "35")
	p.wantReply("+OK filter deleted. [n][/^3]", "filter delete n /^3")
	fire("HEARTBEAT", "n: 36") // only a negative filter is left: nothing passes
	p.wantReply("+OK filter deleted. [all][]", "filter delete all")
	p.wantReply("+OK event listener enabled json", "event json ALL")
	fire("NOSUCHNAME", "n: 37") // becomes CLONE
	if pk := wantEvent(t, p, "n", "37"); pk.get("Event-Name") != "CLONE" || pk.kind != "text/event-json" {
		t.Error(pk.title(), pk.kind)
	}
	p.wantReply("+OK no longer listening for events", "noevents")
}

func (p *peer) wantOK(lines ...string) {
	p.t.Helper()
	p.send(lines...)
	for {
		pk := p.next()
		if pk.event {
			p.kept = append(p.kept, pk)
			continue
		}
		if !strings.HasPrefix(pk.get("Reply-Text"), "+OK") {
			p.t.Fatalf("%s: %s", lines[0], pk.title())
		}
		return
	}
}

// wantEvent reads the next event and compares one header.
func wantEvent(t *testing.T, p *peer, header, want string) *packet {
	t.Helper()
	for {
		pk := p.take()
		if pk.get("Event-Name") == "API" {
			continue
		}
		if !pk.event || pk.get(header) != want {
			t.Fatalf("got %s with %s=%q, want %q", pk.title(), header, pk.get(header), want)
		}
		return pk
	}
}

// take returns the next packet, first one that was put aside.
func (p *peer) take() *packet {
	p.t.Helper()
	if len(p.kept) > 0 {
		pk := p.kept[0]
		p.kept = p.kept[1:]
		return pk
	}
	return p.next()
}

// An inbound connection that took a channel over hears of it only, steers it,
// and un-parks it when it goes.
func TestMyEventsOfAnother(t *testing.T) {
	sw := start(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {{Match: "x", Actions: actions("answer", "park", "set after=1", "park")}}}})
	other := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
	call := sw.Call(switchsim.Caller{Number: "2", Destination: "x"})
	happened(t, sw, call.UUID(), "execute", "park")
	happened(t, sw, other.UUID(), "execute", "park")
	p := inbound(t, sw)
	p.wantReply("-ERR invalid uuid", "myevents nosuch plain")
	p.wantReply("-ERR not controlling a session", "linger")
	p.wantReply("+OK Events Enabled", "myevents "+call.UUID())
	p.wantReply("+OK", "sendmsg "+other.UUID(), "call-command: execute", "execute-app-name: set", "execute-app-arg: a=1")
	p.execute("set", "b=2")
	if pk := p.until("CHANNEL_EXECUTE"); pk.get("Application-Data") != "b=2" || pk.get("Unique-ID") != call.UUID() {
		t.Error(pk.title())
	}
	p.wantReply("+OK bye", "exit")
	happened(t, sw, call.UUID(), "execute", "set after=1")
	if other.Variable("after") != "" {
		t.Error("the other call was let go too")
	}
}

func TestJobs(t *testing.T) {
	sw := start(t, switchsim.Config{})
	p := inbound(t, sw)
	p.ask("event plain BACKGROUND_JOB")
	if pk := p.ask("bgapi echo hello there", "Job-UUID: mine"); pk.get("Job-UUID") != "mine" || pk.get("Reply-Text") != "+OK Job-UUID: mine" {
		t.Errorf("%+v", pk.headers)
	}
	pk := p.until("BACKGROUND_JOB")
	if pk.get("Job-UUID") != "mine" || pk.get("Job-Command") != "echo" || pk.get("Job-Command-Arg") != "hello there" || pk.body != "hello there" {
		t.Errorf("%+v %q", pk.headers, pk.body)
	}
	// On a channel's own socket the owner's jobs pass the restriction.
	_, app := subscribed(t, sw, switchsim.Caller{})
	app.wantReply("+OK event listener enabled plain", "event plain BACKGROUND_JOB")
	p.ask("bgapi echo foreign")
	app.ask("bgapi echo own")
	if pk := app.until("BACKGROUND_JOB"); pk.body != "own" || pk.get("Job-Owner-UUID") == "" {
		t.Errorf("%q of %q", pk.body, pk.get("Job-Owner-UUID"))
	}
}

func TestLogLines(t *testing.T) {
	sw := start(t, switchsim.Config{})
	p := inbound(t, sw)
	p.wantReply("-ERR invalid log level", "log LOUD")
	p.wantReply("-ERR not loging", "nolog")
	p.wantReply("+OK log level INFO [6]", "log INFO")
	sw.API("log DEBUG not this")
	sw.API("log INFO but this")
	for {
		if pk := p.next(); pk.kind == "log/data" {
			if pk.body != "but this\n" || pk.get("Log-Level") != "6" {
				t.Errorf("%q %s", pk.body, pk.get("Log-Level"))
			}
			break
		}
	}
	p.wantReply("+OK no longer logging", "nolog")
}

func TestHeartbeat(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk, Heartbeat: 20 * time.Second})
	p := inbound(t, sw)
	p.ask("event plain HEARTBEAT")
	for range 2 {
		clk.WaitForTimer(20 * time.Second)
		clk.Advance(20 * time.Second)
		if pk := p.until("HEARTBEAT"); pk.get("Session-Count") != "0" || pk.get("Heartbeat-Interval") != "20" {
			t.Errorf("%+v", pk.headers)
		}
	}
}
