package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/console"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// A consoleSite is an eslua whose console a test uses.
type consoleSite struct {
	*jobSite
	server *server
}

func newConsoleSite(t *testing.T, yaml string, files map[string]string) *consoleSite {
	t.Helper()
	n := memnet.New()
	s := &consoleSite{jobSite: &jobSite{T: t, dir: directory(t, files), net: n, sim: simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: "127.0.0.1:8084/menu async full"}}},
	}}})}}
	s.server = s.serve("listen: 127.0.0.1:8084\n" + yaml)
	s.server.next(t, "connected to FreeSWITCH")
	time.Sleep(time.Second) // of the bubble: its socket is open
	return s
}

// console runs eslua console with what is typed, and returns what it prints.
func (s *consoleSite) console(want int, typed string, args ...string) string {
	s.Helper()
	var out bytes.Buffer
	p := &program{stdin: strings.NewReader(typed), stdout: &out, stderr: &out, clock: clock.System(), getenv: noEnv, seams: s.server.seams}
	if code := p.main(s.Context(), append([]string{"console", "--admin", s.server.socket}, args...)); code != want {
		s.Errorf("eslua console %q: exit code %d, not %d: %s", args, code, want, out.String())
	}
	return out.String()
}

func TestConsole(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		s := newConsoleSite(t, "limits: {burst: 20ms, duration: 10s}\nflows: {menu: {settings: {digits: 4}, grants: {api: {allow: [global_setvar]}}}}\n", map[string]string{
			"menu.lua": `session:answer() session:setVariable("greeting", 'say "hello"') while session:ready() do session:sleep(1000) end`, "sums.lua": `return {add = function(a, b) return a + b end}`,
		})
		for _, c := range []struct {
			code int
			line string
			says string
		}{
			{exitFine, `1 + 1`, "2\n"},
			{exitFine, `=1, nil, "a\27"`, "1, nil, \"a\\027\"\n"},
			{exitFine, `x = 1`, ""}, {exitFine, ``, ""}, {exitFine, `-- nothing`, ""},
			{exitFine, `print("a\27[2Jb") return {b = 1, 2}`, "a\\u001b[2Jb\n{2, b = 1}\n"},
			{exitFine, `freeswitch.consoleLog("warning", "hear\nhear")`, "WARN hear\nhear\n"},
			{exitFine, `api global_getvar core_uuid`, "-"}, {exitFine, `  api  status`, "ready"}, {exitFailed, `api nonsense`, "-ERR nonsense Command not found"},
			{exitFine, `api:executeString("global_getvar core_uuid")`, `"`}, {exitFine, `api = nil`, ""}, {exitFailed, `api and 1`, "-ERR and Command not found"},
			{exitFailed, `api:executeString("reloadxml")`, "grant"},
			{exitFailed, `error("no")`, "console:1: no"}, {exitFailed, "local function f() error('deep') end\nf()", "in main chunk"}, {exitFailed, `while true do end`, "burst limit of 20ms"},
			{exitFailed, `freeswitch.msleep(20000)`, "duration limit of 10s"},
			{exitFailed, `while true do print(("x"):rep(1e6)) freeswitch.msleep(1) end`, "may print 16 MiB"}, {exitFailed, `error({code = 1})`, "the error is {code = 1}"},
			{exitUsage, `x = = 1`, "console:1: syntax error near '='"}, {exitUsage, `if x then`, "<eof>"}, {exitUsage, "x = \"a", "unfinished string"},
			{exitFine, `/calls`, "there is no call"}, {exitFine, `/help`, "api COMMAND"}, {exitFailed, `/nothing`, "/help lists them"}, {exitFailed, `/trace`, "no trace of a call"}, {exitFine, `/quit`, ""},
			{exitFine, "x = 1\nx + 1\n/quit\nx", "2\n"}, {exitFailed, "api status\nx = = 1", "syntax error"},
			{exitFailed, `/events A B`, "HEADER=VALUE"}, {exitFailed, `/events [`, "no pattern"},
		} {
			if got := s.console(c.code, "", "-x", c.line); !strings.Contains(got, c.says) || c.says == "" && got != "" {
				t.Errorf("%s: it says %q, not %q", c.line, got, c.says)
			}
		}
		if got := s.console(exitFailed, "local a = {\n1, 2}\n\nerror('on')\na\n/quit\nb\n"); got != "console:1: on\n{1, 2}\n" {
			t.Errorf("of several lines it says %q", got)
		}
		if got := s.console(exitFine, "settings.digits\nrequire('sums').add(1, 2)\nfreeswitch.setGlobalVariable('a', 'b')", "--flow", "menu"); got != "4\n3\n" {
			t.Errorf("for the flow it says %q", got)
		}
		for _, wrong := range [][]string{{"--flow", "nothing"}, {"--node", "nothing"}, {"--call", "nothing"}} {
			if got := s.console(exitFailed, "", append(wrong, "-x", "1")...); !strings.Contains(got, "no ") {
				t.Errorf("%q: it says %q", wrong, got)
			}
		}
		s.console(exitUsage, "", "1 + 1")
		s.server.ends(t)
		if got := s.console(exitFailed, "", "-x", "1"); !strings.Contains(got, "eslua is not running") {
			t.Error(got)
		}
	})
}

// The session of a console acts on the call whose flow goes on; the call does not end with
// the console.
func TestConsoleOfACall(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		s := newConsoleSite(t, "", map[string]string{
			"menu.lua": `session:answer() session:setVariable("greeting", 'say "hello"') while session:ready() do session:sleep(1000) end`,
		})
		call := s.sim.Call(switchsim.Caller{Number: "1000", Destination: "menu"})
		time.Sleep(3 * time.Second)
		uuid := call.UUID()
		if got := s.console(exitFine, "session:getVariable('greeting')\nsession:setVariable('a', 'b')\nsession:getVariable('a')\nsession:ready()\nsession\n/trace\n", "--call", uuid[:8]); !strings.Contains(got, "\"say \\\"hello\\\"\"\n\"b\"\ntrue\n--[[Session "+uuid+"]] nil\n") {
			t.Errorf("it says %s", got)
		}
		time.Sleep(3 * time.Second)
		if got := s.console(exitFine, "session:hangup('USER_BUSY')", "--call", uuid); got != "" {
			t.Errorf("it says %q", got)
		}
		<-call.Done()
	})
}

// Consoles are few, end with their connection or by an interrupt, and each is logged.
func TestConsolesEnd(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		s := newConsoleSite(t, "", map[string]string{"menu.lua": `session:answer()`})
		var open []*console.Client
		for range 8 {
			c, err := s.server.admin().Console(t.Context(), console.Opening{})
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
		}
		if got := s.console(exitFailed, "", "-x", "1"); !strings.Contains(got, "8 consoles are open") {
			t.Errorf("it says %q", got)
		}
		endless := "while true do freeswitch.msleep(1000) end"
		for _, c := range open { // in the middle of something, and idle
			go func() { _, _ = c.Do(t.Context(), console.Request{Lua: &endless}, nil, nil) }()
		}
		time.Sleep(time.Minute)
		for _, c := range open {
			c.Close()
		}
		time.Sleep(time.Minute)
		for range 8 {
			s.server.next(t, "a console was closed")
		}

		signalled := func(by os.Signal, line string) (code int, out string) {
			var b bytes.Buffer
			signals := make(chan os.Signal, 1)
			p := &program{stdin: strings.NewReader(""), stdout: &b, stderr: &b, clock: clock.System(), getenv: noEnv, seams: s.server.seams, signals: signals}
			done := make(chan struct{})
			go func() {
				defer close(done)
				code = p.main(s.Context(), []string{"console", "--admin", s.server.socket, "-x", line})
			}()
			time.Sleep(time.Minute)
			<-s.sim.Call(switchsim.Caller{Number: "1001", Destination: "menu"}).Done()
			time.Sleep(time.Minute)
			signals <- by
			<-done
			return code, b.String()
		}
		if code, out := signalled(os.Interrupt, endless); code != exitFailed || out != "interrupted\n" {
			t.Errorf("%d %q", code, out)
		}
		if code, out := signalled(os.Interrupt, "/events channel_*er caller-caller-id-number=10* Core-UUID=*"); code != exitFine || strings.Count(out, "\n") != 1 || !strings.Contains(out, " CHANNEL_ANSWER Unique-ID=") || !strings.Contains(out, " Core-UUID=") {
			t.Errorf("%d %q", code, out)
		}
		if code, out := signalled(os.Interrupt, "/events CHANNEL_ANSWER caller-caller-id-number=2*"); code != exitFine || out != "" {
			t.Errorf("%d %q", code, out)
		}

		if code, out := signalled(syscall.SIGTERM, endless); code != exitFailed || out != "a signal has ended the console, and with it what ran\n" {
			t.Errorf("%d %q", code, out)
		}
		if code, out := signalled(syscall.SIGTERM, "/events CHANNEL_ANSWER caller-caller-id-number=2*"); code != exitFine || out != "" {
			t.Errorf("%d %q", code, out)
		}

		left, err := s.server.admin().Console(t.Context(), console.Opening{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a client that does not wait
			go func() { _, _ = left.Do(t.Context(), console.Request{Lua: &endless}, nil, nil) }()
		}
		s.server.ends(t)
		<-left.Gone()
		left.Close()
	})
}
