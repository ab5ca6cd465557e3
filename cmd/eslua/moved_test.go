package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
)

const endless = `"tone_stream://%(600000,0,440)"`

// waiters has for each method of a session that waits calls that wait for ten minutes,
// or none if there is nothing that it could wait for.
var waiters = map[string][]string{
	"hangup": nil, "hangupState": nil, "transfer": nil, "begin_allow_threads": nil, "end_allow_threads": nil,
	"detectSpeech": nil, "playAndDetectSpeech": nil, "speak": nil, // there is no engine
	// What these two say can be short or missing.
	"say":              {`(function() session:say("1", "en", "number", "pronounced") return session:sleep(600000) end)()`},
	"sayPhrase":        {`(function() session:sayPhrase("none", "x", "en") return session:sleep(600000) end)()`},
	"execute":          {`session:execute("playback", ` + endless + `)`, `session:execute("sleep", "600000")`, `session:execute("bridge", "loopback/m:^:sleep:100^answer^sleep:600000/default/inline")`},
	"sleep":            {`session:sleep(600000)`},
	"streamFile":       {`session:streamFile(` + endless + `)`},
	"recordFile":       {`session:recordFile("/tmp/eslua-scenario.wav", 600)`},
	"getDigits":        {`session:getDigits(1, "#", 600000)`},
	"collectDigits":    {`session:collectDigits(600000)`},
	"read":             {`session:read(1, 1, ` + endless + `, 600000, "#")`, `session:read(1, 1, ` + endless + `, 900, "#")`},
	"playAndGetDigits": {`session:playAndGetDigits(1, 1, 1, 600000, "#", ` + endless + `, "", ".")`, `session:playAndGetDigits(1, 1, 1, -1, "#", ` + endless + `, "", ".")`},
}

// functionWaiters wait with a session, too.
var functionWaiters = []string{
	`freeswitch.Session("loopback/m:^:sleep:600000/default/inline", session):ready()`,
	`freeswitch.bridge(session, leg)`,
	`(function() while session:ready() do freeswitch.msleep(100) end end)()`,
}

const elsewhere = "set:arrived=yes,sleep:2500,hangup:NO_ANSWER"

// A move is a way in which a call goes elsewhere.
type move struct {
	name, code string
	own        bool // the script does it, and does not wait for it
	bridges    bool // the call has not been transferred
}

var moves = []move{
	{name: "othersTransfer", code: `api:execute("sched_api", "+1 none uuid_transfer " .. session.uuid .. " ` + elsewhere + ` inline")`},
	{name: "schedTransfer", code: `api:execute("sched_transfer", "+1 " .. session.uuid .. " ` + elsewhere + ` inline")`},
	{name: "othersBridge", code: `session:setVariable("transfer_after_bridge", "` + strings.ReplaceAll(elsewhere, ":", `\\:`) + `:inline") api:execute("sched_api", "+1 none uuid_bridge " .. session.uuid .. " " .. other.uuid) api:execute("sched_hangup", "+3 " .. other.uuid .. " USER_BUSY")`, bridges: true},
	{name: "ownUUIDTransfer", code: `api:execute("uuid_transfer", session.uuid .. " ` + elsewhere + ` inline")`, own: true},
	{name: "ownTransfer", code: `session:transfer("` + elsewhere + `", "inline")`, own: true},
	{name: "ownExecuteTransfer", code: `session:execute("transfer", "` + elsewhere + ` inline")`, own: true},
}

// methodsThatWait returns the names of the methods that are declared to run a hangup
// hook before and after they wait.
func methodsThatWait(t *testing.T) (names []string) {
	for _, m := range bindings.New(bindings.Deps{}).Modules() {
		for _, c := range m.Classes {
			for _, f := range c.Methods {
				if c.Name == "Session" && strings.Contains(f.AfterHangup, "A hangup hook that has not run yet runs first.") && f.Name != "ready" {
					names = append(names, f.Name)
				}
			}
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %q wait", names)
	}
	return names
}

// movedCalls returns a scenario for each way in which a call goes elsewhere and for each
// call that waits, in the script itself and in a callback that does not say "break".
func movedCalls(t *testing.T) (list []scenario) {
	waits := slices.Clone(functionWaiters)
	for _, name := range methodsThatWait(t) {
		calls, known := waiters[name]
		if !known {
			t.Errorf("session:%s waits: add a call of it that waits for ten minutes", name)
		}
		waits = append(waits, calls...)
	}
	for i, wait := range waits {
		for _, m := range moves {
			for _, inCallback := range []bool{false, true} {
				list = append(list, m.scenario(fmt.Sprintf("%s%d%v", m.name, i, inCallback), wait, inCallback))
			}
		}
	}
	return list
}

func (m move) scenario(name, wait string, inCallback bool) scenario {
	act := m.code + ` log("waited", ` + wait + `)`
	run := `session:onDtmf(function() end) ` + act
	if inCallback {
		run = `function pressed() ` + act + ` end
			session:setInputCallback("pressed")
			api:execute("sched_api", "+1 none uuid_recv_dtmf " .. session.uuid .. " 1")
			log("outer", session:streamFile(` + endless + `))`
	}
	legs, insist := "", `session:hangup("CALL_REJECTED")`
	if m.bridges {
		legs = `other = freeswitch.Session("loopback/m:^:sleep:100^answer^sleep:600000/default/inline") other:setAutoHangup(false) `
	}
	if strings.Contains(wait, "leg") {
		legs += `leg = freeswitch.Session("loopback/m:^:sleep:100^answer^sleep:600000/default/inline") `
	}
	if m.own { // session:transfer happens at the end, and a hangup before that is one
		insist = ""
	}
	return scenario{
		name: name, far: answered(), after: "NO_ANSWER",
		own: config.Flow{Fallback: &config.Fallback{Action: config.Hangup, Data: "CALL_REJECTED"}},
		script: `
			local api, other, leg = freeswitch.API()
			function gone(s, what) log("hook", what) end
			session:answer() ` + legs + `
			session:setHangupHook("gone")
			session:setAutoHangup(true)
			` + run + `
			log("ready", session:ready())
			log("again", session:streamFile(` + endless + `), session:recordFile("/tmp/eslua-scenario.wav", 600), session:getDigits(1, "#", 600000))
			session:execute("playback", ` + endless + `)
			session:sleep(600000)
			if session:ready() then session:hangup("CALL_REJECTED") end
			` + insist + `
			error("the flow fails")`,
	}
}

func TestMovedCalls(t *testing.T) {
	t.Parallel()
	inBubbles(t, movedCalls(t), scenario.runMoved)
}

func TestLiveMovedCalls(t *testing.T) {
	liveScenarios(t, movedCalls(t), scenario.runMoved)
}

// runMoved places the call. Once it is elsewhere, it executes what that extension says,
// and nothing else.
func (s scenario) runMoved(t *testing.T, v venue) {
	ctx, sw := v.ctx, v.sw
	id := uuid.NewString()
	act := v.seen.expect(id)
	subscribe, err := esl.Subscribe("plain", "CHANNEL_EXECUTE")
	sw.do(ctx, t, subscribe, err)
	if _, err := sw.conn.StartJob(s.originate(id, v.listen)); err != nil {
		t.Fatal(err)
	}
	var after []string
	cause := ""
	for cause == "" {
		e, err := sw.conn.Next(ctx)
		switch {
		case err != nil:
			t.Fatalf("the channel did not end: %v; it executed %q and logged %q", err, after, act.logged())
		case e.Get("Unique-ID") != id:
		case e.Name() == "CHANNEL_HANGUP_COMPLETE":
			cause = e.Get("Hangup-Cause")
		case after != nil || e.Get("Application-Data") == "arrived=yes":
			after = append(after, e.Get("Application"))
		}
	}
	<-act.over
	if want := []string{"set", "sleep", "hangup"}; cause != s.after || !slices.Equal(after, want) {
		t.Errorf("it executed %q and ended with %s, want %q and %s", after, cause, want, s.after)
	}
	lines := act.logged()
	for _, want := range []string{"ready false", "again 0 0 ", "hook transfer"} {
		if !slices.Contains(lines, want) && (want != "hook transfer" || !strings.HasPrefix(s.name, "othersBridge")) {
			t.Errorf("it logged %q, want %q among that", lines, want)
		}
	}
	for _, line := range lines {
		switch line {
		case "ready false", "again 0 0 ", "hook transfer", "outer 0", "outer 1", "waited 0", "waited 1", "waited ", "waited nil", "waited false", "waited":
		default:
			t.Errorf("it logged %q", line)
		}
	}
}
