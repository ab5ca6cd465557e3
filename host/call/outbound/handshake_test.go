package outbound_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
)

func TestCallWithoutFullOrAsyncGoesOnWithItsDialplan(t *testing.T) {
	async := func(s string) string { return strings.Replace(s, "Socket-Mode: async", "Socket-Mode: static", 1) }
	full := func(s string) string { return strings.Replace(s, "Control: full", "Control: single-channel", 1) }
	// A resume without async would leave the channel in CS_RESET.
	for _, x := range []struct{ name, connect, lacks, ends string }{
		{"recorded", transcript("outbound-sync-full")[0].frames[0], "`async`", "exit"},
		{"no async", async(connectReply), "`async`", "exit"},
		{"no full", full(connectReply), "`full`", "resume, exit"},
		{"neither", full(async(connectReply)), "`full` and `async`", "exit"},
		{"neither, and the call came in", strings.Replace(full(async(connectReply)), "Call-Direction: outbound", "Call-Direction: inbound", 1), "`full` and `async`", "exit"},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.dial()
			p.expect("connect")
			p.expect("linger")
			p.expect("myevents")
			p.send(x.connect, reply("-ERR command not found"), reply("+OK Events Enabled"))
			if said := strings.Join(p.goodbye(), ", "); said != x.ends {
				t.Fatalf("the call ends with %q", said)
			}
			if n := h.server.Status().Unserved; n != 1 {
				t.Errorf("%d calls are counted as not served", n)
			}
			path := field(x.connect, "variable_socket_path")
			if quote := "if an originate dialled this call, quote it there"; strings.Contains(h.log.String(), quote) != (x.name == "neither") {
				t.Errorf("the log on quotes:\n%s", h.log)
			}
			for _, want := range []string{"lacks " + x.lacks, `<action application=\"socket\" data=\"127.0.0.1:8084/` + path + ` async full\"/>`} {
				if strings.Count(h.log.String(), want) != 1 {
					t.Errorf("the log must say %q once:\n%s", want, h.log)
				}
			}
			select {
			case <-h.ended:
				t.Error("it was served")
			default:
			}
		})
	}
}

func TestSilentPeerIsClosedAfter25Seconds(t *testing.T) {
	for _, said := range []string{"", "Content-Type: comm"} {
		h := open(t, outbound.Config{})
		p := h.dial()
		p.greetSilently()
		p.send(said)
		h.clock.WaitForTimer(25 * time.Second)
		h.clock.Advance(24 * time.Second)
		if s := h.server.Status(); s.Waiting != 1 || s.Running != 0 {
			t.Fatalf("closed too early, or it has a call's place: %+v", s)
		}
		h.clock.Advance(time.Second)
		if c := p.command(); c != "" {
			t.Fatalf("instead of the end: %q", c)
		}
		h.says("within 25s")
	}
}

func (p *peer) greetSilently() {
	p.t.Helper()
	p.expect("connect")
	p.expect("linger")
	p.expect("myevents")
}

// says waits for the log, whose line may come after what the peer sees.
func (h *harness) says(want string) {
	h.t.Helper()
	_ = h.listen.Close()
	if err := <-h.served; err != nil {
		h.t.Error(err)
	}
	h.served <- nil // for the cleanup
	if !strings.Contains(h.log.String(), want) {
		h.t.Errorf("the log must say %q:\n%s", want, h.log)
	}
}

func TestGarbageEndsItsConnectionOnly(t *testing.T) {
	h := open(t, outbound.Config{})
	good := h.call()
	for _, garbage := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x00\xff\xfe\x01 no frame\n\n",
		"Content-Length: -1\n\n",
		"Content-Length: 99999999999999999999\n\n",
		strings.Repeat("A", 2<<20),
	} {
		p := h.dial()
		go func() { _, _ = p.nc.Write([]byte(garbage)) }() // may find the connection closed
		for p.command() != "" {
		}
	}
	d := execute(h, "answer", "")
	good.send(ends("answer", good.execute("answer")))
	(<-d).must(t, "_none_")
	h.finish()
	good.goodbye()
	h.says("it hands over no call")
}

func TestHalfFrameIsNoCall(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.dial()
	p.greetSilently()
	p.send(connectReply[:len(connectReply)/2])
	_ = p.nc.(*net.TCPConn).CloseWrite()
	if c := p.command(); c != "" {
		t.Fatalf("instead of the end: %q", c)
	}
	h.says("level=WARN")
	if !strings.Contains(h.log.String(), "malformed") {
		t.Errorf("the log does not say why:\n%s", h.log)
	}
}

func TestPortCheckIsNotWorthAWarning(t *testing.T) {
	for _, reset := range []bool{false, true} {
		h := open(t, outbound.Config{})
		p := h.dial()
		p.greetSilently()
		if reset { // as the kernel does for one who has not read the greeting
			_ = p.nc.(*net.TCPConn).SetLinger(0)
		}
		_ = p.nc.Close()
		h.says("level=DEBUG")
		if strings.Contains(h.log.String(), "WARN") {
			t.Errorf("a connection that is just closed (reset: %v): %s", reset, h.log)
		}
	}
}

func TestFreeSWITCHThatDoesNotKnowTheCall(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.dial()
	p.greet(reply("+OK"))
	if c := p.command(); c != "" {
		t.Fatalf("instead of the end: %q", c)
	}
	h.says("is it the socket application of a FreeSWITCH?")
}

// While another application runs, as with execute_on_answer, the reply does not hold
// the socket application's data.
func TestPathAndAddressWithoutTheData(t *testing.T) {
	for host, want := range map[string]string{"127.0.0.1": "127.0.0.1", "eslua.example": "eslua.example", "": "127.0.0.1"} {
		h := open(t, outbound.Config{})
		p := h.dial()
		p.greet(strings.NewReplacer(
			"variable_current_application: socket", "variable_current_application: sleep",
			"variable_socket_path: invite", "variable_socket_path: a/b",
			"variable_socket_host: 127.0.0.1\n", "variable_socket_host: "+host+"\n",
		).Replace(connectReply))
		_, port, _ := net.SplitHostPort(h.listen.Addr().String())
		if path, addr := ask(h, (*outbound.Call).Path), ask(h, (*outbound.Call).Addr); path != "a/b" || addr != net.JoinHostPort(want, port) {
			t.Errorf("host %q: path %q, address %q", host, path, addr)
		}
		h.finish()
		p.goodbye()
	}
}

func TestPathAndAddress(t *testing.T) {
	for _, x := range []struct{ data, host, path, wantPath, wantAddr string }{
		{"127.0.0.1:8084/invite async full", "127.0.0.1", "invite", "invite", "127.0.0.1:8084"},
		{"10.0.0.7:9000/a/b/c?d=1 async full", "10.0.0.7", "a/b/c?d=1", "a/b/c?d=1", "10.0.0.7:9000"},
		{"one:9000/x|two async full", "two", "x", "", "two:9000"}, // the port is inherited, the path is left over
		{"one|two:7000/y|three/z full async", "three", "z", "z", "three:7000"},
		{"lonely/p async full", "lonely", "p", "p", "lonely:8084"},
		{"::1:8084/v6 async full", "::1", "v6", "v6", "[::1]:8084"},
	} {
		t.Run(x.data, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.dial()
			p.greet(strings.NewReplacer(
				"variable_current_application_data: 127.0.0.1%3A8084/invite%20async%20full", "variable_current_application_data: "+strings.NewReplacer(":", "%3A", " ", "%20").Replace(x.data),
				"variable_socket_path: invite", "variable_socket_path: "+x.path,
				"variable_socket_host: 127.0.0.1", "variable_socket_host: "+strings.ReplaceAll(x.host, ":", "%3A"),
			).Replace(connectReply))
			if got := ask(h, (*outbound.Call).Path); got != x.wantPath {
				t.Errorf("path %q, want %q", got, x.wantPath)
			}
			if got := ask(h, (*outbound.Call).Addr); got != x.wantAddr {
				t.Errorf("addr %q, want %q", got, x.wantAddr)
			}
			h.finish()
			p.goodbye()
		})
	}
}
