package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// besidePrelude begins each script. The notes that it takes are compared.
const besidePrelude = `
local me, words = session.uuid, {}
function note(...)
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    words[#words + 1] = (type(v) == "number" and ("%d"):format(v) or tostring(v)):gsub("\n", "|")
  end
end
-- fails returns why a call fails, without what only eslua adds.
function fails(f, ...)
  local ok, why = pcall(f, ...)
  return ok and "ok" or (tostring(why):gsub("; write [^\n]*$", ""))
end
`

const besideEnd = `
local e = freeswitch.Event("CUSTOM", "eslua::beside")
e:addHeader("Call", me)
e:addHeader("Line", table.concat(words, " "))
e:fire()`

// A besideCall is one call that runs a script under mod_lua and in eslua, and what the caller does.
type besideCall struct {
	name string
	far  string // of the far end, in the inline dialplan
	code string // of the script
	// differs is the outcome in eslua, where it is another one, and why.
	differs, because string

	id   string
	seen strings.Builder
	line string // from the script
	told bool   // it has come
	over bool
}

// script returns the whole script of a call.
func (c *besideCall) script() string {
	return besidePrelude + "local ok, why = pcall(function()\n" + c.code + "\nend)\nif not ok then note(why) end" + besideEnd
}

// outcome returns what was played and run, and how it ended.
func (c *besideCall) outcome() string {
	return strings.TrimSpace(c.seen.String()) + "; script " + c.line
}

// besideAtOnce is the number of calls placed at a time: FreeSWITCH takes 30 sessions a second
// (sessions-per-second), and each call has two.
const besideAtOnce = 14

// playBeside places the calls and waits for their end. The applications run the scripts.
func playBeside(ctx context.Context, t *testing.T, sw *switchEvents, list []*besideCall, application func(c *besideCall) string) {
	t.Helper()
	subscribe, err := esl.Subscribe("plain", "CHANNEL_EXECUTE", "PLAYBACK_STOP", "CHANNEL_HANGUP_COMPLETE", "CUSTOM", "eslua::beside")
	sw.do(ctx, t, subscribe, err)
	for some := range slices.Chunk(list, besideAtOnce) {
		playTogether(ctx, t, sw, some, application)
	}
}

func playTogether(ctx context.Context, t *testing.T, sw *switchEvents, list []*besideCall, application func(c *besideCall) string) {
	t.Helper()
	for _, c := range list {
		c.id = uuid.NewString()
		if _, err := sw.conn.StartJob("originate {origination_uuid=" + c.id + "}loopback/m:^:sleep:100^answer^" + c.far + "^park/default/inline 'm:^:" + application(c) +
			"^set:mark=dialplan^sleep:300^hangup:NORMAL_UNSPECIFIED' inline"); err != nil {
			t.Fatal(err)
		}
	}
	for slices.ContainsFunc(list, func(c *besideCall) bool { return !c.over || !c.told }) {
		e, err := sw.conn.Next(ctx)
		if err != nil {
			for _, c := range list {
				if !c.over || !c.told {
					t.Errorf("%s has not ended: %s", c.name, c.outcome())
				}
			}
			t.Fatal(err)
		}
		for _, c := range list {
			if c.id == cmp.Or(e.Get("Call"), e.Get("Unique-ID")) {
				c.note(e)
			}
		}
	}
}

func (c *besideCall) note(e esl.Event) {
	switch app, data := e.Last("Application"), e.Last("Application-Data"); e.Name() {
	case "CHANNEL_EXECUTE":
		switch strings.ToLower(app) {
		case "set", "hangup", "transfer", "eval":
			fmt.Fprintf(&c.seen, " %s(%s)", app, data)
		}
	case "PLAYBACK_STOP":
		// Where a digit was typed ahead, mod_lua begins a sound and breaks it off.
		heard := e.Get("Playback-Status") != "break" || e.Get("variable_playback_ms") != "0"
		if _, tone, ok := strings.Cut(e.Get("Playback-File-Path"), "tone_stream://%("); ok && heard {
			fmt.Fprintf(&c.seen, " %s", strings.TrimSuffix(tone[strings.LastIndexByte(tone, ',')+1:], ")"))
		}
	case "CHANNEL_HANGUP_COMPLETE":
		fmt.Fprintf(&c.seen, " %s", e.Get("Hangup-Cause"))
		c.over = true
	case "CUSTOM":
		c.line, c.told = strings.Clone(e.Get("Line")), true
	}
}

// recordedBeside returns the outcome of each case.
func recordedBeside(t *testing.T, topic string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(besideFile(topic))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, outcome, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		outcomes[name] = outcome
	}
	return outcomes
}

func compareBeside(t *testing.T, topic string, list []*besideCall) {
	t.Helper()
	recorded := recordedBeside(t, topic)
	for _, c := range list {
		if got, want := c.outcome(), recorded[c.name]; got != want && (c.differs == "" || got != c.differs) {
			t.Errorf("%s\n    got  %s\n    want %s", c.name, got, want)
		}
	}
}

// serveBeside plays the calls with eslua.
func serveBeside(ctx context.Context, t *testing.T, sw *switchEvents, l net.Listener, topic string, list []*besideCall, live bool) {
	cfg, files := config.Default(), fstest.MapFS{}
	cfg.Grants.API.Allow = []grant.Name{"sched_api", "uuid_kill", "uuid_transfer", "global_setvar", "nosuch"}
	cfg.Grants.Apps.Allow = []grant.Name{"nosuch_application", "text later"}
	for _, c := range list {
		files[c.name+".lua"] = &fstest.MapFile{Data: []byte(c.script())}
	}
	serving(t, l, cfg, clock.System(), nil, seams{guest: !live, scripts: files})
	playBeside(ctx, t, sw, list, func(c *besideCall) string {
		return "socket:" + l.Addr().String() + "/" + c.name + " async full"
	})
	compareBeside(t, topic, list)
}

// besideFile has a line for each call: what mod_lua makes of it.
func besideFile(topic string) string { return "testdata/" + topic + ".modlua" }

// besideInBubbles plays each call beside a simulator.
func besideInBubbles(t *testing.T, topic string, list []*besideCall) {
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testproc.Bubble(t, func(t *testing.T) {
				g := groundInBubble(t, switchsim.Config{})
				serveBeside(g.ctx, t, g.sw, g.open(), topic, []*besideCall{c}, false)
			})
		})
	}
}

// besideLive plays the calls with the FreeSWITCH named by ESLUA_LIVE.
func besideLive(t *testing.T, topic string, list []*besideCall) {
	address, password := livetest.Address(t)
	serveBeside(testproc.Context(t), t, dialSwitch(t, address, password), listening(t), topic, list, true)
}

// underModLua shows that the file says what mod_lua does. With -update it writes the file.
func underModLua(t *testing.T, topic string, list []*besideCall) {
	address, password := livetest.Address(t)
	dir, err := os.MkdirTemp("", "eslua-beside")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // FreeSWITCH may be another user
		t.Fatal(err)
	}
	playBeside(testproc.Context(t), t, dialSwitch(t, address, password), list, func(c *besideCall) string {
		write(t, dir, c.name+".lua", c.script())
		return "lua:" + syntax.Word(filepath.Join(dir, c.name+".lua"))
	})
	if *updateGolden {
		var file strings.Builder
		for _, c := range list {
			fmt.Fprintf(&file, "%s: %s\n", c.name, c.outcome())
		}
		if err := os.WriteFile(besideFile(topic), []byte(file.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	recorded := recordedBeside(t, topic)
	for _, c := range list {
		if got, want := c.outcome(), recorded[c.name]; got != want {
			t.Errorf("%s\n    got  %s\n    want %s", c.name, got, want)
		}
	}
}
