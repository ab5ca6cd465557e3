package recovery

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// imagined is the machine in a test.
type imagined struct {
	own   []string
	names map[string][]string
	busy  bool
	blind error // the error of others
}

func parse(texts []string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func (m imagined) addresses() []netip.Addr                             { return parse(m.own) }
func (m imagined) resolve(_ context.Context, name string) []netip.Addr { return parse(m.names[name]) }
func (m imagined) others(string) (bool, error)                         { return m.busy, m.blind }

func TestLocalListener(t *testing.T) {
	m := imagined{own: []string{"127.0.0.1", "::1", "10.0.0.1"}, names: map[string][]string{
		"localhost": {"::1", "127.0.0.1"}, "me": {"10.0.0.1"}, "you": {"10.0.0.2"}, "both": {"10.0.0.1", "10.0.0.2"}, "switch": {"10.0.0.1"},
	}}
	for _, c := range []struct {
		listen, node, data, host string
		mayMatch                 bool
		dialled                  string
	}{
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8084/f async full", "127.0.0.1", true, "8084"},
		{"127.0.0.1:8084", "127.0.0.1:8021", "localhost/f async full", "localhost", true, "8084"},
		{"127.0.0.1:8084", "10.0.0.1:8021", "127.0.0.1:8084/f", "127.0.0.1", true, "8084"},
		{"127.0.0.1:8084", "switch:8021", "127.0.0.1:8084/f", "127.0.0.1", true, "8084"},
		{"[::]:8084", "127.0.0.1:8021", "::1:8084/f", "::1", true, "8084"},
		{"[::]:8084", "127.0.0.1:8021", "127.0.0.2:8084/f", "127.0.0.2", true, "8084"},
		{"0.0.0.0:8084", "10.0.0.9:8021", "10.0.0.1:8084/f", "10.0.0.1", true, "8084"},
		{"0.0.0.0:8084", "10.0.0.9:8021", "me:8084/f|you:8084/f", "me", true, "8084"},
		// FreeSWITCH's own loopback is not ours.
		{"127.0.0.1:8084", "10.0.0.9:8021", "127.0.0.1:8084/f", "127.0.0.1", false, ""},
		{"[::]:8084", "10.0.0.9:8021", "localhost:8084/f", "localhost", false, ""},
		// Another port, address or host.
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8085/f", "127.0.0.1", false, ""},
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.2:8084/f", "127.0.0.2", false, ""},
		{"10.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8084/f", "127.0.0.1", false, ""},
		{"0.0.0.0:8084", "10.0.0.9:8021", "me:8084/f|you:8084/f", "you", true, ""},
		{"0.0.0.0:8084", "10.0.0.9:8021", "both:8084/f", "both", false, ""},
		{"0.0.0.0:8084", "10.0.0.9:8021", "unknown:8084/f", "unknown", false, ""},
		// Two entries of one name: FreeSWITCH does not say which it dialled.
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8084/f|127.0.0.1:8085/f", "127.0.0.1", true, "8084 8085"},
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8085/f|127.0.0.1:8086/f", "127.0.0.1", false, ""},
		{"127.0.0.1:8084", "127.0.0.1:8021", "127.0.0.1:8084/f", "", true, ""},
		{"nonsense", "127.0.0.1:8021", "127.0.0.1:8084/f", "127.0.0.1", false, ""},
	} {
		l := newLocalListener(t.Context(), m, c.listen, c.node)
		if mayMatch, dialled := l.mayMatch(c.data), strings.Join(l.dialledPorts(c.data, c.host), " "); mayMatch != c.mayMatch || dialled != c.dialled {
			t.Errorf("listening on %s, node %s, %q, dialled %s: %v, %q, want %v, %q", c.listen, c.node, c.data, c.host, mayMatch, dialled, c.mayMatch, c.dialled)
		}
	}
}

func TestThisMachineHasALoopback(t *testing.T) {
	var found bool
	for _, a := range (local{}).addresses() {
		found = found || a.IsLoopback()
	}
	if !found || len((local{}).resolve(t.Context(), "localhost")) == 0 {
		t.Errorf("addresses %v", (local{}).addresses())
	}
}

// In TestOthersOnOurPort a child process holds a connection that came to a port.
func TestOthersOnOurPort(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if others, err := (local{}).others(port); others || err != nil {
		t.Errorf("our own connection is taken for another's: %v, %v", others, err)
	}
	release := lendToChild(t, near)
	if others, err := (local{}).others(port); !others || err != nil {
		t.Errorf("another process's connection is not seen: %v, %v", others, err)
	}
	release()
	if others, err := (local{}).others(port); others || err != nil {
		t.Errorf("a closed connection is seen: %v, %v", others, err)
	}
}

// lendToChild gives a connection to another process until release is called.
func lendToChild(t *testing.T, c net.Conn) (release func()) {
	t.Helper()
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("cat") // ends with its input
	child.ExtraFiles = append(child.ExtraFiles, file)
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = file.Close(), c.Close()
	return func() { _, _ = input.Close(), child.Wait() }
}
