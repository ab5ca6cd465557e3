package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/scripts"
)

// logOf runs calls of flows at once, in a bubble, in a program whose log is bounded as that of
// eslua serve is, and returns what was logged. The switch goes when so many calls have
// logged a line, or when all calls are over if goes is 0.
func logOf(t *testing.T, flows map[string]string, calls, goes int) string {
	t.Helper()
	cfg := config.Default()
	cfg.Scripts = directory(t, flows)
	cfg.Limits.Burst, cfg.Limits.CPU = config.Duration(50*time.Millisecond), config.Duration(50*time.Millisecond)
	if goes == 0 {
		cfg.Limits.Duration = config.Duration(time.Second) // for loops that wait
	}
	var out testproc.Log
	bound := logbound.New(slog.NewTextHandler(&out, nil), cfg.Log.Rate, clock.NewManual(time.Now())) // all in one moment
	n, logged := memnet.New(), make(chan bool, goes)
	l, test := n.Listen(), seamsOn(n)
	test.traced = func(_ *outbound.Call, c vm.Trace) {
		if goes > 0 && c.Name == "freeswitch.consoleLog" {
			select {
			case logged <- true:
			default: // it logs more when the switch has gone
			}
		}
	}
	_, stop := serving(t, l, cfg, clock.System(), bound, test)
	sim := simulatedOn(t, n, switchsim.Config{NoJournal: true, Dialplan: switchsim.Dialplan{"default": {
		{Match: "^(.*)$", Actions: []switchsim.Action{{App: "answer"}, {App: "socket", Data: l.Addr().String() + "/$1 async full"}, {App: "hangup"}}},
	}}})
	var placed []<-chan struct{}
	for name := range flows {
		for range calls {
			placed = append(placed, sim.Call(switchsim.Caller{Number: "1000", Destination: strings.TrimSuffix(name, ".lua")}).Done())
		}
	}
	for range goes {
		<-logged
	}
	if goes > 0 {
		sim.Cut("") // before it can hang a call up
		_ = sim.Close()
	}
	for _, over := range placed {
		<-over
	}
	stop()
	bound.Close()
	return out.String()
}

// TestTheLogWhenFreeSWITCHGoes: many calls that lose their FreeSWITCH at once write a
// few lines of each message and a count, whatever they were doing and do then. What the
// scripts themselves say of it counts as one message.
func TestTheLogWhenFreeSWITCHGoes(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		calls := testproc.Size(50, 25, 10)
		shipped, err := scripts.Files.ReadFile("inviteToConf.lua")
		if err != nil {
			t.Fatal(err)
		}
		const begin = "freeswitch.consoleLog('info', 'waits') "
		flows := map[string]string{"inviteToConf.lua": strings.Replace(string(shipped), "while session:ready()", begin+"while session:ready()", 1)}
		for name, src := range map[string]string{
			"sleep":    `session:sleep(3600000)`,
			"say_all":  `session:sleep(3600000) for i = 1, 10 do print(session.uuid .. i) end`,
			"callback": `function cb() return "break" end session:setInputCallback("cb") session:streamFile("silence_stream://-1")`,
			"hook":     `function hook(s, what) freeswitch.consoleLog("err", what .. s.uuid) error("x") end session:setHangupHook("hook") session:sleep(3600000)`,
			"digits":   `session:getDigits(1, "#", 3600000) session:read(1, 1, "", 3600000, "#") session:playAndGetDigits(1, 1, 3, 3600000, "#", "", "", "")`,
			"execute":  `session:execute("playback", "silence_stream://-1") session:execute("set", "a=b") session:setVariable("a", "b") session:getVariable("a")`,
			"record":   `session:recordFile("/tmp/x.wav", 3600) session:transfer("1")`,
			"api":      `session:sleep(3600000) local a = freeswitch.API() a:execute("status") a:executeString("status") freeswitch.getGlobalVariable("x") freeswitch.Event("CUSTOM", "a"):fire()`,
			"leg":      `session:sleep(3600000) local s = freeswitch.Session("user/1000", session) s:hangup() session:hangup("USER_BUSY")`,
			"fails":    `session:sleep(3600000) error(session.uuid)`,
			"keeps":    `session:schedHangup(60) session:sleep(3600000) session:checkpoint{a = 1} session:schedHangup(60):cancel()`,
		} {
			flows[name+".lua"] = "session:answer() " + begin + src
		}
		log := logOf(t, flows, calls, len(flows)*calls)
		messages, total := map[string]int{}, 0
		for line := range strings.Lines(log) {
			_, message, _ := strings.Cut(line, "msg=")
			if message, _, _ = strings.Cut(message, " uuid="); message != "waits" && !strings.Contains(message, "were left out of the log") {
				messages[message]++
				total++
			}
		}
		for message, lines := range messages {
			if lines > 10 {
				t.Errorf("%d lines: %s", lines, message)
			}
		}
		if total < 20 || total > 150 || !strings.Contains(log, "lines with the same message were left out of the log") || !strings.Contains(log, `message="what scripts say when the connection of their call is gone"`) {
			t.Errorf("%d lines about it; the log ends with\n%s", total, log[max(0, len(log)-5000):])
		}
	})
}

// TestNoScriptFillsTheLog: whatever a script does again and again that is logged.
func TestNoScriptFillsTheLog(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		flows := map[string]string{}
		for i, flood := range []string{
			`print(("x"):rep(100))`,
			`freeswitch.consoleLog("err", "line " .. os.clock())`,
			`session:consoleLog("warning", ("x"):rep(2000000))`,
			`freeswitch.consoleLog2("3", ("x"):rep(1000000), ("y"):rep(1000000), 7, "z")`,
			`freeswitch.Event("CUSTOM", "a"):getHeader("")`,
			`freeswitch.Event("CUSTOM", "a"):delHeader("")`,
			`freeswitch.Event("json", "{")`,
			`freeswitch.Event("MESSAGE", "a")`,
			`session:setVariable("", "x")`,
			`session:execute("")`,
			`session:transfer("")`,
			`freeswitch.API():execute("")`,
			`session:setHangupHook(("h"):rep(3000000))`,
			`pcall(error, ("e"):rep(3000000))`,
			`session:say("", "", "", "")`,
			`session:speak("hello")`,
			`session:streamFile("nothing.wav")`,
			`freeswitch.JSON():decode("{")`,
		} {
			if testproc.Race && i%3 > 0 {
				continue
			}
			flows[fmt.Sprintf("flood%02d.lua", i)] = "session:answer() while true do " + flood + " end"
		}
		flows["error.lua"] = `error(("e"):rep(3000000))`
		log := logOf(t, flows, testproc.Size(2, 2, 1), 0)
		if lines := strings.Count(log, "\n"); len(log) > 8<<20 || lines > 3000 || !strings.Contains(log, "were left out of the log") {
			t.Errorf("%d lines, %d bytes were logged", lines, len(log))
		}
	})
}
