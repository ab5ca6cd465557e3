package bindings_test

import (
	"bufio"
	"encoding/pem"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
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
	tls, roots := secureServer(t)
	servers := map[string]func(*testing.T) string{"tcp": lineServer, "udp": datagramServer, "http": webServer, "https": func(*testing.T) string { return tls }}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "connected", name)
			port := start(t)
			if *recordPeers {
				lua := exec.Command("lua5.1", name+".lua", port)
				lua.Dir = filepath.Dir(file) // where none of our modules is found
				out, err := lua.CombinedOutput()
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
			c := newConnected(t, func(c *config.HTTP) { c.Roots = roots })
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

func newConnected(t *testing.T, change func(*config.HTTP)) *connected {
	t.Helper()
	settings := config.Default().HTTP
	if change != nil {
		change(&settings)
	}
	client, err := network.NewClient(settings, clock.System())
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
func lineServer(t *testing.T) (port string) { return serveTCP(t, answer) }

// serveTCP has answer serve, and close, each connection to the port.
func serveTCP(t *testing.T, answer func(net.Conn)) (port string) {
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
	if line == "drip\n" {
		for err := error(nil); err == nil; time.Sleep(time.Millisecond) { // as slow servers do
			_, err = conn.Write([]byte("x"))
		}
	}
	if line == "endless\n" {
		for err := error(nil); err == nil; {
			_, err = conn.Write(make([]byte, 1<<16))
		}
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

// datagramServer starts the server of udp.lua.
func datagramServer(t *testing.T) (port string) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		room := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFrom(room)
			if err != nil {
				return
			}
			answers := []string{string(room[:n])}
			switch answers[0] {
			case "twice":
				answers = []string{"first", "second"}
			case "long":
				answers[0] = strings.Repeat("0", 9000)
			case "empty":
				answers[0] = ""
			case "quiet":
				answers = nil
			}
			for _, a := range answers {
				_, _ = conn.WriteTo([]byte(a), from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-served })
	_, port, _ = net.SplitHostPort(conn.LocalAddr().String())
	return port
}

// webServer starts the server of http.lua.
func webServer(t *testing.T) (port string) {
	s := httptest.NewServer(http.HandlerFunc(web))
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return port
}

func web(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header()["Date"] = nil
	switch path := r.URL.Path; {
	case path == "/empty":
		w.WriteHeader(http.StatusNoContent)
	case path == "/missing":
		http.Error(w, "not here", http.StatusNotFound)
	case path == "/two":
		w.Header().Set("X-Two", "a")
		w.Header().Add("X-Two", "b")
	case path == "/chunked":
		_, _ = io.WriteString(w, strings.Repeat("0123456789", 500))
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "end")
	case path == "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	case strings.HasPrefix(path, "/to/"):
		code, _ := strconv.Atoi(strings.TrimPrefix(path, "/to/"))
		w.Header().Set("Location", "/there?from="+r.URL.RawQuery)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "moved")
	case path == "/loop":
		w.Header().Set("Location", "/loop")
		w.WriteHeader(http.StatusFound)
	case path == "/ftp":
		w.Header().Set("Location", "ftp://127.0.0.1/")
		w.WriteHeader(http.StatusFound)
	default:
		user, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("User-Agent"), r.Header.Get("X-A"), user, password, r.Host, string(body)}, "|"))
	}
}

// secureServer starts the server of https.lua, whose certificate is in a file of its own.
func secureServer(t *testing.T) (port, roots string) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(web))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	roots = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return port, roots
}
