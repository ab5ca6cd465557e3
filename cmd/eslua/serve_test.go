package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

// A server is an eslua serve that runs inside the test.
type server struct {
	ctx     context.Context // ends when the test hangs
	signals chan os.Signal
	lines   chan string // of its log
	said    []string    // the lines that were read
	seams   seams
	socket  string     // of the admin
	over    func() int // waits for the end and returns the exit code
}

// startServe starts a server on this machine's network.
func startServe(t *testing.T, args ...string) *server {
	t.Helper()
	return startServer(t, testproc.Context(t), &program{clock: unhurried.Clock(), getenv: noEnv}, args...)
}

// startServeOn starts a server on a network of the test's bubble.
func startServeOn(t *testing.T, n *memnet.Network, args ...string) *server {
	t.Helper()
	return startServer(t, testproc.BubbleContext(t), &program{clock: clock.System(), getenv: noEnv, seams: seamsOn(n)}, args...)
}

func noEnv(string) string { return "" }

// startServer starts p, which is not complete yet.
func startServer(t *testing.T, ctx context.Context, p *program, args ...string) *server {
	t.Helper()
	run, getenv := t.TempDir(), p.getenv
	logs, stderr := io.Pipe()
	s := &server{ctx: ctx, signals: make(chan os.Signal, 4), lines: make(chan string, 100_000), seams: p.seams}
	p.stdout, p.stderr, p.signals = io.Discard, stderr, s.signals
	p.getenv = func(name string) string {
		if name == "RUNTIME_DIRECTORY" {
			return run
		}
		return getenv(name)
	}
	s.socket = admin.SocketPath("", p.getenv)
	code := make(chan int, 1)
	s.over = sync.OnceValue(func() int {
		for range s.lines {
			continue
		}
		return <-code
	})
	go func() {
		code <- p.main(context.Background(), append([]string{"serve"}, args...))
		_ = stderr.Close()
	}()
	go func() { // reads on while the test waits for something else
		defer close(s.lines)
		for in := bufio.NewScanner(logs); in.Scan(); {
			s.lines <- in.Text()
		}
	}()
	t.Cleanup(func() { // for tests that fail; the others have waited for the end
		for range 2 {
			select {
			case s.signals <- syscall.SIGTERM:
			default:
			}
		}
		s.over()
	})
	return s
}

// next reads the log up to a line that holds part.
func (s *server) next(t *testing.T, part string) string {
	t.Helper()
	for {
		var why error
		select {
		case line, ok := <-s.lines:
			s.said = append(s.said, line)
			switch {
			case ok && strings.Contains(line, part):
				return line
			case ok:
				continue
			}
			why = errors.New("it has ended")
		case <-s.ctx.Done():
			why = context.Cause(s.ctx)
		}
		t.Fatalf("the log does not say %q: %v. It said\n%s", part, why, strings.Join(s.said[max(0, len(s.said)-500):], "\n"))
	}
}

// listens waits until calls are taken, and returns the address.
func (s *server) listens(t *testing.T) string {
	t.Helper()
	_, listen, _ := strings.Cut(s.next(t, "taking calls"), "listen=")
	listen, _, _ = strings.Cut(listen, " ")
	return listen
}

// admin returns a client of the server.
func (s *server) admin() *admin.Client {
	c := s.seams.adminClient(s.socket)
	for range 1000 { // the other services may be up before it listens
		if _, err := c.Status(context.Background(), false); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return c
}

// eslua runs a command that asks the server, and returns what it prints.
func (s *server) eslua(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	p := &program{stdout: &out, stderr: &out, clock: clock.System(), getenv: noEnv, seams: s.seams}
	if code := p.main(t.Context(), append(args, "--admin", s.socket)); code != want {
		t.Errorf("eslua %q: exit code %d, not %d: %s", args, code, want, out.String())
	}
	return out.String()
}

// has checks that a text has others in it.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}

// end sends one signal and returns the exit code.
func (s *server) end() int {
	s.signals <- syscall.SIGTERM
	return s.over()
}

// ends sends one signal, and checks that eslua ends well.
func (s *server) ends(t *testing.T) {
	t.Helper()
	s.signals <- syscall.SIGTERM
	s.endsItself(t)
}

// endsItself checks that eslua ends well.
func (s *server) endsItself(t *testing.T) {
	t.Helper()
	if code := s.over(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestServeWithoutItsFreeSWITCH(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		const nobody = "127.0.0.1:8021"
		s := startServeOn(t, memnet.New(), "--esl", nobody, "--password", "x")
		s.next(t, "taking calls")
		if line := s.next(t, nobody); !strings.Contains(line, "level=WARN") {
			t.Errorf("FreeSWITCH's absence is told as %s", line)
		}
		s.ends(t)
	})
}

func TestServeWithAWrongPassword(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		sim := simulatedOn(t, n, switchsim.Config{Password: "right"})
		s := startServeOn(t, n, "--esl", sim.Addr(), "--password", "wrong")
		if line := s.next(t, "password"); !strings.Contains(line, "event_socket.conf.xml") {
			t.Errorf("the log does not say where the password stands: %s", line)
		}
		s.ends(t)
	})
}

func TestServeOnATakenPort(t *testing.T) {
	l := listening(t)
	defer l.Close()
	s := startServe(t, "--listen", l.Addr().String())
	if line := s.next(t, "cannot listen"); !strings.Contains(line, "choose another with --listen") {
		t.Errorf("the message does not say what to do: %s", line)
	}
	if code := s.over(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// TestServeTakesAnEdit saves a broken script and then a good one: the first
// changes nothing, the second serves the next call.
func TestServeTakesAnEdit(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		n, dir := memnet.New(), t.TempDir()
		save := func(source string) { write(t, dir, "a.lua", source) }
		save(`session:hangup("USER_BUSY")`)
		s := startServeOn(t, n, "--scripts", dir)
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "a", Actions: []switchsim.Action{{App: "answer"}, {App: "socket", Data: s.listens(t) + "/a async full"}}},
		}}})
		cause := func() string {
			c := sim.Call(switchsim.Caller{Number: "1000", Destination: "a"})
			<-c.Done()
			return c.Cause()
		}
		if got := cause(); got != "USER_BUSY" {
			t.Fatalf("the first script: %s", got)
		}
		save(`session:hangup("CALL_REJECTED"`)
		s.next(t, "a.lua:1: ")
		if got := cause(); got != "USER_BUSY" {
			t.Errorf("after a broken save: %s", got)
		}
		save(`session:hangup("CALL_REJECTED")`)
		s.next(t, "a new generation serves")
		if got := cause(); got != "CALL_REJECTED" {
			t.Errorf("after a good save: %s", got)
		}
		s.ends(t)
	})
}

func TestDemo(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		var out, errs bytes.Buffer
		p := &program{stdout: &out, stderr: &errs, getenv: noEnv, seams: seamsOn(memnet.New())}
		code := p.main(context.Background(), []string{"demo"})
		for line := range strings.Lines(errs.String()) {
			if !strings.Contains(line, errNoNotifications.Error()) {
				t.Error(line)
			}
		}
		if code != exitFine {
			t.Fatalf("exit code %d", code)
		}
		for _, part := range []string{
			`session:read(1, 1, "ivr/ivr-to_accept_press_one.wav", 4000, "#") = "1"`,
			"was in the conference, NORMAL_CLEARING",
			"FreeSWITCH's scheduled hangup ended the call, ALLOTTED_TIMEOUT",
			"inviteToConf.lua is edited",
			`"#") = "2"`,
		} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("the demo does not show %q:\n%s", part, out.String())
			}
		}
	})
}
