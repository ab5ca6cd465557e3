package switchsim_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func TestFaultsAtACommand(t *testing.T) {
	for name, c := range map[string]struct {
		fault switchsim.Fault
		check func(t *testing.T, p *peer)
	}{
		"cut": {switchsim.Fault{CutAtCommand: 2}, func(t *testing.T, p *peer) {
			p.send("api status")
			same(t, p.rest(), []string{"closed"})
		}},
		"half a frame": {switchsim.Fault{HalfAtCommand: 2}, func(t *testing.T, p *peer) {
			p.send("api echo 0123456789")
			rest := make([]byte, 4096)
			n := 0
			for {
				k, err := p.br.Read(rest[n:])
				n += k
				if err != nil {
					break
				}
			}
			if got := string(rest[:n]); !strings.HasPrefix(got, "Content-Type: api/") || strings.Contains(got, "56789") {
				t.Errorf("%q", got)
			}
		}},
		"garbage": {switchsim.Fault{GarbageAtCommand: 2, Garbage: "\x00garbage\n\n"}, func(t *testing.T, p *peer) {
			p.send("api status")
			if line, _ := p.br.ReadString('\n'); line != "\x00garbage\n" {
				t.Errorf("%q", line)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			sw := start(t, switchsim.Config{})
			sw.SetFault(c.fault)
			c.check(t, inbound(t, sw))
		})
	}
}

func TestFaultRefuse(t *testing.T) {
	sw := start(t, switchsim.Config{})
	sw.SetFault(switchsim.Fault{Refuse: true})
	conn, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	same(t, newPeer(t, conn).rest(), []string{"closed"})
	a := listen(t)
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: actions("answer", "socket "+a.addr()+" async full", "park")})
	call := sw.Call(switchsim.Caller{Number: "1", Destination: "app"})
	happened(t, sw, call.UUID(), "execute", "park")
}

func TestFaultDelay(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	p := inbound(t, sw)
	p.conn.Close()
	sw.SetFault(switchsim.Fault{Delay: 3 * time.Second})
	conn, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	p = newPeer(t, conn)
	p.next()
	p.send("exit")
	happened(t, sw, "", "command", "exit") // now the limit for the first command is stopped
	clk.WaitForTimer(3 * time.Second)
	clk.Advance(3 * time.Second)
	if pk := p.next(); pk.get("Reply-Text") != "+OK bye" {
		t.Error(pk.title())
	}
}

func TestFaultsInAnApplication(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{})
	sw.SetFault(switchsim.Fault{HangupInApp: "record"})
	p.execute("record", "/tmp/x.wav")
	p.until("CHANNEL_EXECUTE")
	p.until("CHANNEL_HANGUP")
	<-call.Done()

	call, p = subscribed(t, sw, switchsim.Caller{})
	sw.SetFault(switchsim.Fault{CutInApp: "sleep"})
	p.execute("sleep", "60000")
	for {
		if pk := p.next(); pk.kind == "closed" {
			break
		}
	}
	if call.Cause() != "" {
		t.Error("the call outlives its socket")
	}
}

func TestCutMuteInject(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{})
	sw.Inject(call.UUID(), "Content-Type: text/unknown\nContent-Length: 2\n\nhi")
	if pk := p.next(); pk.kind != "text/unknown" || pk.body != "hi" {
		t.Error(pk.title())
	}
	sw.Mute(call.UUID())
	p.send("api status") // swallowed
	happened(t, sw, call.UUID(), "command", "api status")
	sw.Cut(call.UUID())
	same(t, p.rest(), []string{"closed"})
	happened(t, sw, call.UUID(), "execute", "park")
}

// The race that a connection without linger can lose.
func TestEarlyDisconnect(t *testing.T) {
	sw := start(t, switchsim.Config{})
	sw.SetFault(switchsim.Fault{EarlyDisconnect: true})
	call, p := controlled(t, sw, switchsim.Caller{})
	p.wantReply("+OK Events Enabled", "myevents")
	p.execute("playback", "tone_stream://%(3600000,0,440)")
	p.until("CHANNEL_EXECUTE")
	call.Hangup("")
	got := p.rest()
	if got[len(got)-1] != "closed" || got[len(got)-2] != "text/disconnect-notice  disconnect" {
		t.Error(got)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	sw := start(t, switchsim.Config{})
	a := parkedCall(t, sw)
	b, p := subscribed(t, sw, switchsim.Caller{})
	p.execute("playback", "tone_stream://%(3600000,0,440)")
	p.until("CHANNEL_EXECUTE")
	if err := sw.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*switchsim.Call{a, b} {
		<-c.Done()
		if c.Cause() != "SYSTEM_SHUTDOWN" {
			t.Error(c.Cause())
		}
	}
	if err := sw.Close(); err != nil {
		t.Error("closing twice is harmless")
	}
	late := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
	<-late.Done()
	if _, err := net.Dial("tcp", sw.Addr()); err == nil {
		t.Error("the port is closed")
	}
}

// A connection that lets its channel go too late ends the next socket
// application, whose connection stays; and so does that one's end.
func TestFaultLateRelease(t *testing.T) {
	const late = 70 * time.Millisecond
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	sw.SetFault(switchsim.Fault{LateRelease: late})
	a := listen(t)
	socket := "socket " + a.addr() + " async full"
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: actions("set socket_resume=true", "answer", socket, socket, socket, "set after=1", "park")})
	call := sw.Call(switchsim.Caller{Destination: "app"})
	next := func() *peer {
		p := a.accept()
		p.ask("connect")
		p.wantReply("+OK Events Enabled", "myevents")
		return p
	}
	next().conn.Close()
	displaced := next() // by the first
	clk.WaitForTimer(late)
	clk.Advance(late)
	next()
	if e := displaced.until("CHANNEL_EXECUTE_COMPLETE"); e.get("Application") != "socket" || e.get("Channel-State-Number") != "4" {
		t.Errorf("%s in state %s", e.get("Application"), e.get("Channel-State-Number"))
	}
	displaced.ask("api uuid_setvar " + call.UUID() + " anything yes")
	if call.Variable("anything") != "yes" || call.Variable("after") != "" {
		t.Errorf("anything=%q after=%q", call.Variable("anything"), call.Variable("after"))
	}
	displaced.conn.Close()
	happened(t, sw, call.UUID(), "execute", "set after=1")
}
