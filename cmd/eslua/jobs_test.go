package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// A jobSite is an eslua with a simulated FreeSWITCH, and scripts that run without a call.
type jobSite struct {
	*testing.T
	dir string
	sim *switchsim.Switch
	net *memnet.Network
}

func newJobSite(t *testing.T, scripts map[string]string) *jobSite {
	n := memnet.New()
	s := &jobSite{T: t, dir: t.TempDir(), net: n}
	s.sim = simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "call", Actions: []switchsim.Action{{App: "answer"}, {App: "hangup"}}},
	}}})
	for name, source := range scripts {
		if err := os.MkdirAll(path.Dir(s.dir+"/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, s.dir, name+".lua", source)
	}
	return s
}

func (s *jobSite) serve(yaml string) *server {
	s.configure(yaml)
	return startServeOn(s.T, s.net, "--config", s.dir+"/eslua.yaml", "--scripts", s.dir)
}

func (s *jobSite) configure(yaml string) {
	write(s.T, s.dir, "eslua.yaml", fmt.Sprintf("nodes: [{name: fs, address: %q, password: ClueCon}]\n%s", s.sim.Addr(), yaml))
}

// hears waits for a line of the log, and until the hooks get events: a second of a
// bubble's time passes when all that follows the line is done.
func (s *server) hears(t *testing.T, line string) {
	t.Helper()
	s.next(t, line)
	time.Sleep(time.Second)
}

func (s *jobSite) call() {
	<-s.sim.Call(switchsim.Caller{Number: "1000", Destination: "call"}).Done()
}

// jobs returns what the status says of one kind of jobs.
func (s *server) jobs(t *testing.T, k job.Kind) job.Status {
	t.Helper()
	st, err := s.admin().Status(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range st.Jobs {
		if j.Kind == k {
			return j
		}
	}
	return job.Status{}
}

// A startup script runs once, waits for FreeSWITCH, may go on for ever, and ends when no
// more calls are taken.
func TestStartupScripts(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"watch": `local events = freeswitch.EventConsumer("CUSTOM", "a::b")
freeswitch.consoleLog("info", table.concat(argv, "|", 0) .. " " .. freeswitch.API():executeString("create_uuid"))
while true do for i = 1, 1e5 do end freeswitch.msleep(1000) end`,
			"broken": `error("not today")`,
		})
		s := site.serve("startup: [\"watch.lua a 'b c'\", broken, nowhere]\nlimits: {cpu: 1s}\n")
		s.next(t, "names flows that do not exist")
		seen := s.next(t, "taking calls")
		for range 3 {
			seen += s.next(t, "job=startup")
		}
		for _, want := range []string{"watch.lua|a|b c ", "broken.lua:1: not today", `\"nowhere\" is not among the scripts`} {
			if !strings.Contains(seen, want) {
				t.Errorf("the log does not say %q:\n%s", want, seen)
			}
		}
		if st := s.jobs(t, job.Startup); len(st.Running) != 1 || st.Running[0].Flow != "watch" {
			t.Errorf("running are %+v", st.Running)
		}
		s.signals <- syscall.SIGTERM
		s.next(t, "the job was stopped")
		s.endsItself(t)
	})
}

// A hook runs for its events with the global event, may act on the event's channel and
// on no other, and a reload ends and begins hooks.
func TestHooks(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"hup": `local api = freeswitch.API()
freeswitch.consoleLog("info", table.concat({"hup", argv[1], event:getType(), event:getHeader("Hangup-Cause"), tostring(event:fire()),
	tostring(pcall(api.executeString, api, "uuid_kill " .. event:getHeader("Unique-ID"))), tostring(pcall(api.executeString, api, "uuid_kill 4711"))}, " "))`,
			"mine": `freeswitch.consoleLog("info", "mine " .. event:getHeader("Event-Subclass") .. " " .. event:getHeader("n"))`,
		})
		s := site.serve("hooks:\n  - {event: channel_hangup_complete, script: hup.lua x}\n  - {event: CUSTOM, subclass: \"my::thing\", script: mine}\n")
		s.hears(t, "connected to FreeSWITCH")
		site.call()
		if line := s.next(t, "hup x"); !strings.Contains(line, `hup x CHANNEL_HANGUP_COMPLETE NORMAL_CLEARING false true false" job=hook flow=hup`) {
			t.Errorf("the hook said %s", line)
		}
		fire := func(subclass, n string) {
			err := s.admin().Run(t.Context(), job.Order{Script: "fire", Args: []string{subclass, n}}, false)
			if err != nil {
				t.Error(err)
			}
		}
		write(t, site.dir, "fire.lua", `local e = freeswitch.Event("CUSTOM", argv[1]) e:addHeader("n", argv[2]) e:fire()`)
		s.next(t, "a new generation serves")
		fire("my::other", "1")
		fire("my::thing", "2")
		s.next(t, "mine my::thing 2")

		site.configure("hooks:\n  - {event: CUSTOM, subclass: \"my::other\", script: mine}\n")
		s.signals <- syscall.SIGHUP
		s.hears(t, "scripts reloaded")
		fire("my::thing", "3")
		fire("my::other", "4")
		if line := s.next(t, "mine my"); !strings.Contains(line, "my::other 4") {
			t.Errorf("after the reload the hook said %s", line)
		}
		if st := s.jobs(t, job.Hook); len(st.Hooks) != 1 || st.Hooks[0].Hook != "CUSTOM my::other mine" || len(st.Scripts) != 2 || st.Scripts[1].Started != 2 {
			t.Errorf("the status says %+v", st)
		}
		s.ends(t)
	})
}

// A hook that takes long delays no other, ends at its time limit, and what is too much
// for it is counted.
func TestASlowHook(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"slow":  `freeswitch.msleep(1e9)`,
			"quick": `freeswitch.consoleLog("info", "quick " .. event:getHeader("n"))`,
			"fire":  `for n = argv[1], argv[2] do local e = freeswitch.Event("CUSTOM", "a") e:addHeader("n", n) e:fire() end`,
		})
		s := site.serve("hooks:\n  - {event: CUSTOM, subclass: a, script: slow, queue: 3, timeout: 10s}\n  - {event: CUSTOM, subclass: a, script: quick}\n")
		s.hears(t, "connected to FreeSWITCH")
		fire := func(from, to string) {
			if err := s.admin().Run(t.Context(), job.Order{Script: "fire", Args: []string{from, to}}, false); err != nil {
				t.Fatal(err)
			}
		}
		fire("1", "1")
		s.hears(t, "quick 1") // and the slow one has its event too, out of the queue
		fire("2", "10")
		lines := ""
		for !strings.Contains(lines, "quick 10") || !strings.Contains(lines, "a hook is too slow") {
			lines += s.next(t, "level=")
		}
		if !strings.Contains(lines, "dropped=6") || strings.Index(lines, "quick 10") > strings.Index(lines, "duration limit") {
			t.Errorf("the log says\n%s", lines)
		}
		st, err := s.admin().Status(t.Context(), false)
		if err != nil || len(st.Jobs) == 0 || !strings.Contains(strings.Join(st.Advice(), "\n"), "hook CUSTOM a slow: 6 events were dropped") {
			t.Errorf("the status says %+v, %v, advice %s", st.Jobs, err, st.Advice())
		}
		s.end()
	})
}

// The events of the last call are handled before eslua ends.
func TestHooksHandleTheLastCall(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"hup": `freeswitch.msleep(2000) freeswitch.consoleLog("info", "recorded")`,
		})
		s := site.serve("hooks: [{event: CHANNEL_HANGUP_COMPLETE, script: hup}]\n")
		s.hears(t, "connected to FreeSWITCH")
		site.call()
		s.signals <- syscall.SIGTERM
		s.next(t, "recorded")
		s.endsItself(t)
	})
}

// What a callee gets is checked before anybody is dialled: a flow that is not there, and a flow
// that is written as an application.
func TestOnAnswerNamesAFlow(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"greet": `session:answer()`,
			"dial": `for _, what in ipairs{"gret", {"greet"}, {"nosuch"}, "greet"} do
	print(select(2, pcall(originate, {to = "null/1", on_answer = what, timeout = 1})))
	print(select(2, pcall(campaign, {name = "c", list = {"1"}, to = "null/{number}", on_answer = what, window = "00:00-00:01"})))
end`,
		})
		s := site.serve("grants: {campaigns: [c]}\nstate: " + t.TempDir() + "\n")
		s.next(t, "connected to FreeSWITCH")
		var out []string
		if err := s.admin().Run(t.Context(), job.Order{Script: "dial", Print: func(line string) { out = append(out, line) }}, false); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{
			`on_answer: "gret" is not among the scripts`, `on_answer: "gret" is not among the scripts`,
			`the flow of this name is on_answer = "greet"`, `the flow of this name is on_answer = "greet"`,
			`the application "nosuch" is not granted`, `the application "nosuch" is not granted`, "table", "table",
		} {
			if i >= len(out) || !strings.Contains(out[i], want) {
				t.Errorf("line %d of %q, want %q", i, out, want)
			}
		}
		s.end()
	})
}

// eslua run runs a script of the generation that serves; its output and its error come
// back, and it ends when the client goes.
func TestRun(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"lib":   `return {name = "lib"}`,
			"hello": `print(require("lib").name, session, table.concat(argv, "|", 0)) freeswitch.consoleLog("err", "logged\n") print(freeswitch.API():executeString("uuid_exists x")) error("the end")`,
			"long":  `print("begins") while true do freeswitch.msleep(1000) end`,
		})
		s := site.serve("")
		s.next(t, "connected to FreeSWITCH")
		var out []string
		order := func(script string, args ...string) job.Order {
			out = nil
			return job.Order{Script: script, Args: args,
				Print: func(line string) { out = append(out, line) },
				Said:  func(level, line string) { out = append(out, level+" "+line) }}
		}
		err := s.admin().Run(t.Context(), order("hello.lua", "a", "b c"), false)
		if got := strings.Join(out, "\n"); got != "lib\tnil\thello.lua|a|b c\nERROR logged\nfalse" || err == nil || err.Error() != "hello.lua:1: the end" {
			t.Errorf("it printed %q and failed with %v", got, err)
		}
		if line := s.next(t, "logged"); !strings.Contains(line, "job=run flow=hello") {
			t.Error(line)
		}
		if err := s.admin().Run(t.Context(), order("helo"), false); err == nil || !strings.Contains(err.Error(), "did you mean hello?") || !strings.Contains(err.Error(), "eslua exec") {
			t.Error(err)
		}
		missing := order("hello")
		missing.Node = "other"
		if err := s.admin().Run(t.Context(), missing, false); err == nil || !strings.Contains(err.Error(), "(nodes:): fs") {
			t.Error(err)
		}
		if err := s.admin().Run(t.Context(), order("hello", "detached"), true); err != nil || len(out) > 0 {
			t.Error(err, out)
		}
		s.next(t, "hello.lua|detached")

		ctx, leave := context.WithCancel(t.Context())
		long := order("long")
		long.Print = func(string) { leave() }
		if err := s.admin().Run(ctx, long, false); err == nil {
			t.Error("it goes on for ever and has ended")
		}
		s.next(t, "the job was stopped")
		synctest.Wait() // the one that nobody waits for may still end
		if st := s.jobs(t, job.Command); len(st.Running) != 0 || len(st.Scripts) != 2 || st.Scripts[0].Failed != 2 || st.Scripts[1].Failed != 0 {
			t.Errorf("the status says %+v", st)
		}
		s.ends(t)
	})
}

var _ admin.JobControl = (*job.Source)(nil)

// on_hangup runs once for each call of its flow, whether it hangs up in the flow, goes
// back to its dialplan or is transferred, with the channel's data at its end.
func TestOnHangup(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"flow":  `session:setVariable("kept", argv[1]) if argv[1] == "hang" then session:hangup("USER_BUSY") elseif argv[1] == "move" then session:transfer("call") elseif argv[1] == "fail" then error("no") end`,
			"after": `freeswitch.consoleLog("info", "after " .. argv[1]:gsub(env:getHeader("kept") .. "x$", "") .. " " .. env:getHeader("kept") .. " " .. env:getHeader("Hangup-Cause") .. (env:getHeader("variable_kept") == env:getHeader("kept") and "" or "?") .. " " .. tostring(session))`,
		})
		s := site.serve("flows: {flow: {on_hangup: \"after.lua x${kept}x${no}\", fallback: hangup CALL_REJECTED}}\n")
		address := s.listens(t)
		s.next(t, "connected to FreeSWITCH")
		for _, way := range []string{"hang", "back", "move", "fail"} {
			site.sim.SetExtension("default", switchsim.Extension{Match: way, Actions: []switchsim.Action{
				{App: "answer"}, {App: "socket", Data: address + "/flow/" + way + " async full"}, {App: "sleep", Data: "60000"}, {App: "hangup", Data: "NO_ANSWER"},
			}})
		}
		for way, cause := range map[string]string{"hang": "USER_BUSY", "back": "NO_ANSWER", "move": "NORMAL_CLEARING", "fail": "CALL_REJECTED"} {
			<-site.sim.Call(switchsim.Caller{Number: "1000", Destination: way}).Done()
			if line := s.next(t, "after x"); !strings.Contains(line, "after x "+way+" "+cause+" nil") || !strings.Contains(line, "job=on_hangup flow=after") {
				t.Errorf("%s: %s", way, line)
			}
		}
		synctest.Wait() // the last script has ended
		if st := s.jobs(t, job.Goodbye); len(st.Scripts) != 1 || st.Scripts[0].Ended != 4 || st.Scripts[0].Failed != 0 {
			t.Errorf("the status says %+v", st)
		}
		<-site.sim.Call(switchsim.Caller{Number: "1000", Destination: "hang"}).Done()
		s.next(t, "after x hang")
		s.ends(t)
	})
}

// A hangup that comes while the control connection is cut is told.
func TestAMissedHangupIsTold(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{"flow": "", "after": `freeswitch.consoleLog("info", "after")`})
		site.configure("flows: {flow: {on_hangup: after}}\n")
		var control net.Conn
		var cut atomic.Bool
		own := seamsOn(site.net)
		dial := own.dial
		own.dial = func(ctx context.Context, address string) (c net.Conn, err error) {
			if cut.Load() {
				return nil, errors.New("cut")
			}
			control, err = dial(ctx, address)
			return control, err
		}
		s := startServer(t, testproc.BubbleContext(t), &program{clock: clock.System(), getenv: noEnv, seams: own}, "--config", site.dir+"/eslua.yaml", "--scripts", site.dir)
		address := s.listens(t)
		s.next(t, "connected to FreeSWITCH")
		site.sim.SetExtension("default", switchsim.Extension{Match: "x", Actions: []switchsim.Action{
			{App: "answer"}, {App: "socket", Data: address + "/flow async full"}, {App: "set", Data: "back=yes"}, {App: "sleep", Data: "60000"},
		}})
		call := site.sim.Call(switchsim.Caller{Number: "1000", Destination: "x"})
		if _, err := site.sim.WaitFor(s.ctx, func(e switchsim.Entry) bool { return e.Kind == "execute" && strings.HasPrefix(e.What, "sleep") }); err != nil {
			t.Fatal(err)
		}
		cut.Store(true)
		control.Close()
		s.next(t, "FreeSWITCH is not connected")
		call.Hangup("NORMAL_CLEARING")
		<-call.Done()
		cut.Store(false)
		s.next(t, "on_hangup does not run: the call has hung up while eslua had no control connection")
		s.ends(t)
	})
}
