package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// TestAStoppedHostGivesItsCallsToTheNext ends a host by its second signal: the
// checkpoint stays, and setAutoHangup does not hang up a call that another host can
// continue.
func TestAStoppedHostGivesItsCallsToTheNext(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		n, dir := memnet.New(), directory(t, map[string]string{"a.lua": `
session:answer()
local kept, from = session:resumed()
if kept then
  session:hangup(from.flow == "a" and #from.version > 0 and kept.cause or "CALL_REJECTED")
end
session:setAutoHangup(true)
session:checkpoint{ cause = "USER_BUSY" }
session:execute("set", "kept=yes")
session:sleep(60000)`})
		var hosts []*server
		var list []string
		for range 2 {
			s := startServeOn(t, n, "--listen", "127.0.0.1:0", "--scripts", dir)
			hosts, list = append(hosts, s), append(list, s.listens(t)+"/a")
		}
		socket := switchsim.Action{App: "socket", Data: strings.Join(list, "|") + " async full"}
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "a", Actions: []switchsim.Action{{App: "set", Data: "socket_resume=true"}, socket, socket, {App: "hangup", Data: "NO_ANSWER"}}},
		}}})
		c := sim.Call(switchsim.Caller{Number: "1000", Destination: "a"})
		if _, err := sim.WaitFor(testproc.BubbleContext(t), func(e switchsim.Entry) bool {
			return e.Kind == "complete" && strings.HasPrefix(e.What, "set") && c.Variable("kept") == "yes"
		}); err != nil {
			t.Fatal(err)
		}
		hosts[0].signals <- os.Interrupt
		if code := hosts[0].end(); code != exitFine {
			t.Errorf("exit code %d", code)
		}
		<-c.Done()
		if c.Cause() != "USER_BUSY" {
			t.Errorf("the call ended with %s", c.Cause())
		}
		hosts[1].end()
	})
}

// oneHost runs one call, in a bubble, in a dialplan that comes back to the same host.
func oneHost(t *testing.T, path string, args []string, person ...switchsim.Step) (*switchsim.Switch, *switchsim.Call) {
	_, sim, c := oneHostOf(t, switchsim.Fault{}, path, args, person...)
	return sim, c
}

// oneHostOf does what oneHost does, on a switch with a fault.
func oneHostOf(t *testing.T, fault switchsim.Fault, path string, args []string, person ...switchsim.Step) (*server, *switchsim.Switch, *switchsim.Call) {
	n := memnet.New()
	s := startServeOn(t, n, args...)
	socket := switchsim.Action{App: "socket", Data: s.listens(t) + path + " async full"}
	sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "a", Actions: []switchsim.Action{{App: "set", Data: "socket_resume=true"}, socket, socket, socket, {App: "hangup", Data: "NO_ANSWER"}}},
		{Match: "7001", Actions: []switchsim.Action{{App: "conference", Data: "7001"}}},
	}}})
	sim.SetFault(fault)
	return s, sim, sim.Call(switchsim.Caller{Number: "1000", Destination: "a", Script: person})
}

// A displaced run ends at once, without the rest of its script, and does not count
// as failed: no fallback, no error.
func TestADisplacedRunEnds(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		dir := directory(t, map[string]string{"a.lua": `
		session:setAutoHangup(true)
		session:execute("set", "ran=yes")
		pcall(session.sleep, session, 60000)
		session:execute("set", "tail=yes")
		session:hangup("CALL_REJECTED")
		error("no good")`})
		s, sim, c := oneHostOf(t, switchsim.Fault{LateRelease: 300 * time.Millisecond}, "/a", []string{"--scripts", dir})
		ctx := testproc.BubbleContext(t)
		runs := func(n int) {
			t.Helper()
			if _, err := sim.WaitFor(ctx, func(switchsim.Entry) bool { return executed(sim, c, "set ran=yes") == n }); err != nil {
				t.Fatal(err)
			}
		}
		runs(1)
		sim.Cut(c.UUID())
		if line := s.next(t, "the flow was stopped: FreeSWITCH"); !strings.Contains(line, "level=INFO") {
			t.Error(line)
		}
		runs(3)
		if executed(sim, c, "set tail=yes") > 0 {
			t.Error("a run went on")
		}
		sim.API("uuid_kill " + c.UUID() + " USER_BUSY")
		<-c.Done()
		if c.Cause() != "USER_BUSY" {
			t.Errorf("the call ended with %s", c.Cause())
		}
	})
}

// A dialplan's further sockets are for a host that dies: a call whose flow has ended
// by itself, well or not, passes them.
func TestAFlowThatHasEndedIsNotRunAgain(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"returned":  `session:execute("set", "ran=yes")`,
		"kept":      `session:execute("set", "ran=yes") session:checkpoint{ a = 1 }`,
		"failed":    `session:execute("set", "ran=yes") session:checkpoint{ a = 1 } error("no good")`,
		"was unset": `session:execute("set", "ran=yes") session:checkpoint{ a = 1 } session:checkpoint()`,
	} {
		t.Run(name, func(t *testing.T) {
			testproc.Bubble(t, func(t *testing.T) {
				sim, c := oneHost(t, "/a", []string{"--scripts", directory(t, map[string]string{"a.lua": source})})
				<-c.Done()
				if n := executed(sim, c, "set ran=yes"); n != 1 || c.Cause() != "NO_ANSWER" {
					t.Errorf("the flow ran %d times, the call ended with %s", n, c.Cause())
				}
			})
		})
	}
}

// TestInviteGoesOn: the host of an invited caller dies during the prompt. Nothing
// is done twice, and digit 1 takes back the hangup that the dead run scheduled.
func TestInviteGoesOn(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		sim, c := oneHost(t, "/inviteToConf/7001/50", nil,
			switchsim.OnPlayback("to_accept"), switchsim.OnPlayback("to_accept").Press("1"), switchsim.OnApp("conference"))
		ctx := testproc.BubbleContext(t)
		sees := func(kind, what string) {
			t.Helper()
			if _, err := sim.WaitFor(ctx, func(e switchsim.Entry) bool { return e.Kind == kind && strings.Contains(e.What, what) }); err != nil {
				t.Fatal(err)
			}
		}
		sees("play", "to_accept") // a cut before the prompt would leave the caller waiting for a third one
		sim.Cut(c.UUID())
		sees("execute", "conference 7001")
		if a, r := executed(sim, c, "answer"), executed(sim, c, "read "); a != 1 || r != 2 {
			t.Errorf("answered %d times, asked %d times", a, r)
		}
		if tasks := sim.API("show tasks"); strings.Contains(tasks, c.UUID()) {
			t.Errorf("a hangup is still to come:\n%s", tasks)
		}
	})
}

// executed returns how often the call has run an application.
func executed(sim *switchsim.Switch, c *switchsim.Call, app string) (n int) {
	for _, r := range sim.Records() {
		for _, e := range r.Entries {
			if r.UUID == c.UUID() && e.Kind == "execute" && strings.HasPrefix(e.What, app) {
				n++
			}
		}
	}
	return n
}
