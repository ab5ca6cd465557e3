package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

// TestTheProxyOfTheExample runs Kamailio, which ESLUA_KAMAILIO names, as examples/cluster has it,
// in front of two nodes that the test plays: it spreads the calls, gives one that a node refuses
// with 503 or does not answer to the other, and passes on what a callee says.
func TestTheProxyOfTheExample(t *testing.T) {
	t.Parallel()
	kamailio := os.Getenv("ESLUA_KAMAILIO")
	if kamailio == "" {
		t.Skip("set ESLUA_KAMAILIO to /usr/sbin/kamailio")
	}
	nodes := []*sipNode{newSIPNode(t), newSIPNode(t)}
	proxy := newSIPProxy(t, kamailio, nodes)
	check := func(when string, calls int, want string, tried ...int) {
		t.Helper()
		for _, n := range nodes {
			n.take()
		}
		for _, got := range proxy.call(calls) {
			if got != want {
				t.Errorf("%s: a caller gets %s, want %s", when, got, want)
			}
		}
		for i, n := range nodes {
			if got := n.take(); tried[i] >= 0 && got != tried[i] || tried[i] < 0 && got < -tried[i] {
				t.Errorf("%s: node %d was asked for %d calls, want %d (at least, where negative)", when, i+1, got, tried[i])
			}
		}
	}
	check("both nodes take calls", 20, "200", -3, -3)
	nodes[0].set("503")
	check("the first is full", 10, "200", -1, 10)
	nodes[1].set("503")
	check("both are full", 1, "503", 1, 1)
	nodes[0].set("486")
	nodes[1].set("486")
	check("the callees are busy", 6, "486", -1, -1)
	nodes[0].set("200")
	nodes[1].set("")
	check("the second is gone", 6, "200", 6, -1)
}

// A sipProxy is a Kamailio that runs.
type sipProxy struct{ address *net.UDPAddr }

// newSIPProxy starts one with the configuration of the example, but for its addresses.
func newSIPProxy(t *testing.T, kamailio string, nodes []*sipNode) sipProxy {
	t.Helper()
	ctx, dir := testproc.Context(t), t.TempDir()
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := sipProxy{free.LocalAddr().(*net.UDPAddr)}
	_ = free.Close()
	example := func(file string, replaced ...string) string {
		source, err := os.ReadFile(filepath.Join("../../examples/cluster", file))
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		for i := 0; i < len(replaced); i += 2 {
			if !strings.Contains(text, replaced[i]) {
				t.Fatalf("%s has no %s", file, replaced[i])
			}
		}
		write(t, dir, file, strings.NewReplacer(replaced...).Replace(text))
		return filepath.Join(dir, file)
	}
	list := example("dispatcher.list", "127.0.0.1:5380", nodes[0].address(), "127.0.0.1:5480", nodes[1].address())
	file := example("kamailio.cfg", "127.0.0.1:5060", p.address.String(), "/etc/kamailio/dispatcher.list", list,
		`"fr_timer", 2000`, `"fr_timer", 5000`) // this machine may be busy
	if out, err := exec.CommandContext(ctx, kamailio, "-c", "-f", file).CombinedOutput(); err != nil || !strings.Contains(string(out), "config file ok") {
		t.Fatalf("%v:\n%s", err, out)
	}
	log := new(testproc.Log)
	c := exec.CommandContext(ctx, kamailio, "-DD", "-E", "-f", file, "-m", "16", "-M", "4", "-Y", dir)
	c.Stderr, c.Stdout = log, log
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // its children end with it
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for p.dial(time.Second) != "200" { // it is not there yet
		if ctx.Err() != nil {
			t.Fatal(context.Cause(ctx))
		}
	}
	return p
}

// call makes calls at the same time, and returns the statuses that end their dialling.
func (p sipProxy) call(n int) (statuses []string) {
	got := make(chan string, n)
	for range n {
		go func() { got <- p.dial(time.Minute) }()
	}
	for range n {
		statuses = append(statuses, <-got)
	}
	return statuses
}

// dial makes a call; "" means that nobody has said anything for a time.
func (p sipProxy) dial(patience time.Duration) (status string) {
	conn, err := net.DialUDP("udp", nil, p.address)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	own := conn.LocalAddr().String()
	_, _ = fmt.Fprintf(conn, "INVITE sip:9196@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: <sip:caller@%[2]s>;tag=a\r\nTo: <sip:9196@%[1]s>\r\nCall-ID: %[3]s\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@%[2]s>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		p.address, own, newID())
	for buffer := make([]byte, 64<<10); ; {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(buffer)
		if err != nil {
			return ""
		}
		if fields := strings.Fields(string(buffer[:n])); len(fields) > 1 && fields[1] >= "2" {
			return fields[1]
		}
	}
}

// A sipNode answers as a FreeSWITCH does, with the status that the test sets; "" for one that is
// gone.
type sipNode struct {
	conn net.PacketConn

	mu     sync.Mutex
	status string
	calls  map[string]bool
}

func newSIPNode(t *testing.T) *sipNode {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &sipNode{conn: conn, status: "200", calls: map[string]bool{}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return n
}

func (n *sipNode) address() string { return n.conn.LocalAddr().String() }

func (n *sipNode) set(status string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.status = status
}

// take returns how many calls have come since it was called last.
func (n *sipNode) take() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer clear(n.calls)
	return len(n.calls)
}

func (n *sipNode) serve() {
	for buffer := make([]byte, 64<<10); ; {
		size, from, err := n.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if answer := n.answer(string(buffer[:size])); answer != "" {
			_, _ = n.conn.WriteTo([]byte(answer), from)
		}
	}
}

// answer returns the response to a request, "" if there is none.
func (n *sipNode) answer(request string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	status := n.status
	switch method, _, _ := strings.Cut(request, " "); {
	case method == "INVITE":
		_, rest, _ := strings.Cut(request, "Call-ID:")
		id, _, _ := strings.Cut(rest, "\r\n")
		n.calls[id] = true
	case method == "OPTIONS" && status != "":
		status = "200"
	default:
		return ""
	}
	if status == "" {
		return ""
	}
	answer := "SIP/2.0 " + status + " said\r\n"
	for _, line := range strings.Split(request, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Via", "From", "Call-ID", "CSeq", "Record-Route":
			answer += line + "\r\n"
		case "To":
			answer += line + ";tag=b\r\n"
		}
	}
	return answer + "Contact: <sip:" + n.conn.LocalAddr().String() + ">\r\nContent-Length: 0\r\n\r\n"
}
