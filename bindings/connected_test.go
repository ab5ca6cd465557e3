package bindings_test

import (
	"bufio"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

var recordPeers = flag.Bool("record", false, "write what lua5.1 with its libraries prints, for tests that compare with it")

// Connections answer as LuaSocket's and LuaSec's do: testdata/connected/NAME.txt is what
// lua5.1 with these libraries (lua-socket, lua-sec) printed for NAME.lua and the same
// servers.
func TestConnectionsAnswerAsTheirLibraries(t *testing.T) {
	servers := map[string]func(*testing.T) string{"tcp": lineServer}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "connected", name)
			port := start(t)
			if *recordPeers {
				out, err := exec.Command("lua5.1", file+".lua", port).CombinedOutput()
				if err == nil {
					err = os.WriteFile(file+".txt", []byte(hidden(string(out), port)), 0o600)
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			want, err := os.ReadFile(file + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			c := newConnected(t)
			if err := c.run(t, file+".lua", port); err != nil {
				t.Error(err)
			}
			compareLines(t, hidden(c.out.String(), port), string(want))
		})
	}
}

// hidden replaces the port, which is another one each time.
func hidden(text, port string) string { return strings.ReplaceAll(text, port, "PORT") }

// connected runs scripts that may connect to this machine.
type connected struct {
	set     *bindings.Set
	machine *vm.Machine
	out     strings.Builder
}

func newConnected(t *testing.T) *connected {
	t.Helper()
	client, err := network.NewClient(config.Default().HTTP, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := &connected{set: bindings.New(bindings.Deps{Dialer: network.NewDialer(clock.System()), HTTP: client})}
	if c.machine, err = vm.NewMachine(c.set.Modules()...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *connected) run(t *testing.T, file string, args ...string) error {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return c.runText(t, string(src), args...)
}

func (c *connected) runText(t *testing.T, src string, args ...string) error {
	t.Helper()
	script, err := vm.Compile("test.lua", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	st := c.machine.NewState(vm.StateOptions{Limits: guard.Limits{Burst: time.Minute, CPU: time.Minute}, Print: func(line string) { c.out.WriteString(line + "\n") }})
	defer st.Close()
	defer bindAlone(c.set, st, &grant.Grants{Hosts: []grant.Host{"localhost", "127.0.0.1", "::1"}})(t.Context())
	return st.Run(t.Context(), script, append([]string{"test"}, args...))
}

// lineServer starts the server of tcp.lua.
func lineServer(t *testing.T) (port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn)
		}
	}()
	t.Cleanup(func() { l.Close(); <-served })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func answer(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	line, _ := r.ReadString('\n')
	if line == "echo\n" {
		_, _ = io.Copy(conn, r)
		return
	}
	quoted, closes := strings.CutSuffix(strings.TrimSuffix(line, "\n"), " close")
	text, err := strconv.Unquote(strings.NewReplacer(`\000`, `\x00`, "\xff", `\xff`).Replace(quoted))
	if err != nil && line != "" {
		text = err.Error() + "\n"
	}
	_, _ = io.WriteString(conn, text)
	if !closes {
		_, _ = io.Copy(io.Discard, r)
	}
}
