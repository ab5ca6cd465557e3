package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/switchsim"
)

// server is an eslua serve that runs inside the test.
type server struct {
	signals chan os.Signal
	lines   chan string // of its log
	code    chan int
	socket  string // of the admin
	clock   clock.Clock
}

func startServe(t *testing.T, args ...string) *server {
	t.Helper()
	return startServeIn(t, map[string]string{}, args...)
}

func startServeIn(t *testing.T, env map[string]string, args ...string) *server {
	t.Helper()
	env["RUNTIME_DIRECTORY"] = t.TempDir()
	logs, stderr := io.Pipe()
	s := &server{signals: make(chan os.Signal, 2), lines: make(chan string, 100_000), code: make(chan int, 1), clock: processClock(t)}
	p := &program{stdout: io.Discard, stderr: stderr, getenv: func(name string) string { return env[name] }, signals: s.signals, clock: s.clock}
	s.socket = admin.SocketPath("", p.getenv)
	go func() {
		s.code <- p.main(context.Background(), append([]string{"serve"}, args...))
		_ = stderr.Close()
	}()
	go func() { // reads on while the test waits for something else
		defer close(s.lines)
		for in := bufio.NewScanner(logs); in.Scan(); {
			s.lines <- in.Text()
		}
	}()
	return s
}

// next reads the log up to a line that holds part.
func (s *server) next(t *testing.T, part string) string {
	t.Helper()
	var seen strings.Builder
	for line := range s.lines {
		if strings.Contains(line, part) {
			return line
		}
		seen.WriteString(line + "\n")
	}
	t.Fatalf("the log ended without %q:\n%s", part, seen.String())
	return ""
}

// end sends one signal and returns the exit code.
func (s *server) end() int {
	s.signals <- syscall.SIGTERM
	return s.over()
}

// over waits for the end and returns the exit code.
func (s *server) over() int {
	for range s.lines {
		continue
	}
	return <-s.code
}

func TestServeWithoutItsFreeSWITCH(t *testing.T) {
	t.Parallel()
	nobody := freeAddress(t)
	s := startServe(t, "--listen", "127.0.0.1:0", "--esl", nobody, "--password", "x")
	s.next(t, "taking calls")
	if line := s.next(t, nobody); !strings.Contains(line, "level=WARN") {
		t.Errorf("FreeSWITCH's absence is told as %s", line)
	}
	if code := s.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestServeWithAWrongPassword(t *testing.T) {
	t.Parallel()
	sim := simulated(t, switchsim.Config{Password: "right"})
	s := startServe(t, "--listen", "127.0.0.1:0", "--esl", sim.Addr(), "--password", "wrong")
	if line := s.next(t, "password"); !strings.Contains(line, "event_socket.conf.xml") {
		t.Errorf("the log does not say where the password stands: %s", line)
	}
	if code := s.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestServeOnATakenPort(t *testing.T) {
	l := listening(t)
	defer l.Close()
	s := startServe(t, "--listen", l.Addr().String())
	if line := s.next(t, "cannot listen"); !strings.Contains(line, "choose another with --listen") {
		t.Errorf("the message does not say what to do: %s", line)
	}
	if code := <-s.code; code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// TestServeTakesAnEdit saves a broken script and then a good one: the first
// changes nothing, the second serves the next call.
func TestServeTakesAnEdit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.lua")
	save := func(source string) {
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save(`session:hangup("USER_BUSY")`)
	s := startServe(t, "--listen", "127.0.0.1:0", "--scripts", dir)
	_, listen, _ := strings.Cut(s.next(t, "taking calls"), "listen=")
	listen, _, _ = strings.Cut(listen, " ")

	sim := simulated(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "a", Actions: []switchsim.Action{{App: "answer"}, {App: "socket", Data: listen + "/a async full"}}},
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
	if code := s.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	p := &program{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, clock: processClock(t)}
	if code := p.main(context.Background(), []string{"demo"}); code != exitFine || errs.Len() > 0 {
		t.Fatalf("exit code %d, stderr %q", code, errs.String())
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
}
