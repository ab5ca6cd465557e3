package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/trace"
)

const tracedFlow = `session:answer()
local pin = session:getDigits(4, "#", 20000)
print("got " .. #pin)
if pin == "4711" then error("no \27[31m" .. pin) end
session:sleep(60000)
`

// TestTraceOfCalls shows calls at the command line: one whose script fails, for which the
// log names the command, and one that waits.
func TestTraceOfCalls(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		n, dir := memnet.New(), t.TempDir()
		write(t, dir, "menu.lua", tracedFlow)
		s := startServeOn(t, n, "--scripts", dir)
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: s.listens(t) + "/menu/\x1b[2J async full"}}},
		}}})
		s.admin()
		eslua := func(ctx context.Context, args ...string) string {
			t.Helper()
			var out bytes.Buffer
			p := &program{stdout: &out, stderr: &out, getenv: noEnv, seams: s.seams, signals: make(chan os.Signal)}
			if code := p.main(ctx, append([]string{args[0], "--admin", s.socket}, args[1:]...)); code != exitFine {
				t.Errorf("eslua %v: exit code %d: %s", args, code, out.String())
			}
			return out.String()
		}
		has := func(text string, parts ...string) {
			t.Helper()
			for _, part := range parts {
				if !strings.Contains(text, part) {
					t.Errorf("it lacks %q:\n%s", part, text)
				}
			}
			for _, never := range []string{"4711", "\x1b"} {
				if strings.Contains(text, never) {
					t.Errorf("it shows %q:\n%s", never, text)
				}
			}
		}

		followed := make(chan string)
		follow := func() (stop func()) {
			ctx, stop := context.WithCancel(t.Context())
			go func() { followed <- eslua(ctx, "trace", "--flow", "menu", "--follow") }()
			synctest.Wait()
			return stop
		}
		stop := follow()
		wrong := sim.Call(switchsim.Caller{Number: "1000", Destination: "menu", UUID: "00000bad-0000-4000-8000-000000000001", Script: []switchsim.Step{
			switchsim.OnApp("socket").After(2 * time.Second).Press("4711"),
		}})
		<-wrong.Done()
		s.next(t, `trace="eslua trace 00000bad-0000-4000-8000-000000000001"`)
		ladder := []string{
			"00000bad-0000-4000-8000-000000000001, flow menu (generation ", "1000 called menu", `eslua   runs menu \u001b[2J, generation `, "script  line 1: session:answer() = 1", "switch  answered", "caller  presses a key",
			`script  line 2: session:getDigits(4, "#", 20000) = <masked> (2.1 s)`, `script  prints "got 4"`, "eslua   the script failed: menu.lua:4: no ", "<masked>", "eslua   fallback: continue",
			"ended: handed back; the script failed, after 2 s, ", " ago; the script used ",
		}
		has(eslua(t.Context(), "trace", "--failed"), ladder...)
		time.Sleep(time.Second)
		stop()
		has(<-followed, ladder...)
		has(eslua(t.Context(), "trace", "00000BAD", "--json"), `"what": "session:getDigits(4, \"#\", 20000) = <masked>"`, `"uuid": "00000bad-0000-4000-8000-000000000001"`)

		waits := sim.Call(switchsim.Caller{Number: "1001", Destination: "menu", UUID: "00000a17-0000-4000-8000-000000000002", Script: []switchsim.Step{
			switchsim.OnApp("socket").After(time.Second).Press("1#"),
			switchsim.After(30 * time.Second).Hangup(),
		}})
		time.Sleep(11 * time.Second)
		synctest.Wait()
		has(eslua(t.Context(), "calls"), "UUID", "menu.lua:5: session:sleep(60000), 9 s", "menu.lua:4: no ", "handed back  2 s, 12 s ago")
		has(eslua(t.Context(), "calls", "--running"), "00000a17-0000-4000-8000-000000000002  menu    1001  menu    answered  11 s")
		has(eslua(t.Context(), "trace", "--last"), "waits    menu.lua:5: session:sleep(60000), for 9 s", "state: answered, after 11 s")
		stop = follow()
		<-waits.Done()
		time.Sleep(time.Second)
		stop()
		has(<-followed, "1001 called menu", "switch  hung up: ", "eslua   the script ended")
		if code, out := askEslua("trace", "--admin", s.socket, "a", "b"); code != exitUsage {
			t.Errorf("exit code %d: %s", code, out)
		}
		s.ends(t)
	})
}

// TestATraceBecomesATest makes a call, and has eslua test make it again from its trace.
func TestATraceBecomesATest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "menu.lua", strings.Replace(tracedFlow, `session:answer()`, `session:answer() session:execute("set", 'a="\\\n')`, 1))
	var test bytes.Buffer
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config.Default()
		cfg.Scripts, cfg.Trace.Digits = dir, "shown"
		l := n.Listen()
		h, end := serving(t, l, cfg, clock.System(), nil, seamsOn(n))
		defer end()
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/menu/x async full"}}},
		}}})
		for _, does := range [][]switchsim.Step{
			{switchsim.OnApp("socket").After(2 * time.Second).Press("4711")},
			{switchsim.OnApp("socket").After(time.Second).Press("1#"), switchsim.After(30 * time.Second).Hangup("USER_BUSY")},
		} {
			<-sim.Call(switchsim.Caller{Number: "1000", Destination: "menu", Script: does}).Done()
			time.Sleep(time.Minute)
			ladder, err := h.traces.Ladder(trace.Query{})
			if err != nil {
				t.Fatal(err)
			}
			writeTest(&test, ladder)
		}
	})
	write(t, dir, "call_test.lua", test.String())
	if code, out := askEslua("test", dir); code != exitFine || !strings.Contains(test.String(), "hangup USER_BUSY") {
		t.Errorf("exit code %d: %s\n%s", code, out, test.String())
	}
}
