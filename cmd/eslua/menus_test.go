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

// menusFile has a line for each menu: what mod_lua's freeswitch.IVRMenu makes of the keys.
const menusFile = "testdata/menus.modlua"

// menuPrelude is what each menu begins with. The sounds are tones, of which the frequency
// tells which is which.
const menuPrelude = `
local function tone(ms, hertz) return "tone_stream://%(" .. ms .. ",0," .. hertz .. ")" end
local GREET, SHORT, INVALID, EXIT, TRANSFER, SOUND = tone(900, 400), tone(700, 401), tone(300, 402), tone(200, 403), tone(200, 404), tone(300, 405)
local function menu(above, name, o)
  o = o or {}
  return freeswitch.IVRMenu(above, name, o.greet or GREET, o.short or SHORT, o.invalid or INVALID, o.exit or EXIT, o.transfer or TRANSFER,
    o.macro, o.key, o.engine, o.voice, o.attempts or 0, o.inter or 600, o.digits or 1, o.timeout or 1200, o.failures or 3, o.timeouts or 2)
end
session:answer()
session:setVariable("menu_test", "none")
`

// A menuCall is one call: a menu, and what the caller does.
type menuCall struct {
	name string
	far  string // of the far end, in the inline dialplan
	code string // makes the menus and executes one
	// differs is the outcome in eslua, where it is another one: no application runs after
	// the hangup.
	differs string

	id   string
	seen strings.Builder
	line string // from the script
	over bool
}

func menuCalls() []*menuCall {
	const (
		early = "sleep:600^send_dtmf:" // during the greeting
		late  = "sleep:1400^send_dtmf:"
		then  = "^sleep:1200^send_dtmf:"
	)
	one := `local main = menu(nil, "main") main:bindAction("menu-exec-app", "set mark=one", "1") `
	leave := `main:bindAction("menu-exit", "", "9") `
	run := `main:execute(session, "main")`
	list := []*menuCall{
		{name: "keyInTheGreeting", far: early + "1" + then + "9", code: one + leave + run},
		{name: "keyAfterTheGreeting", far: late + "1" + then + "9", code: one + leave + run},
		{name: "severalActions", far: early + "1", code: one + `main:bindAction("menu-exec-app", "set mark=two", "1") main:bindAction("MENU-EXIT", nil, "1") main:bindAction("menu-exec-app", "set mark=three", "1") ` + run},
		{name: "noKey", far: "park", code: one + run},
		{name: "wrongKeys", far: early + "5" + then + "5" + then + "5", code: one + run},
		{name: "aRightKeyForgetsTheWrongOnes", far: early + "5" + then + "5" + then + "1" + then + "5" + then + "9", code: one + leave + run},
		{name: "timeoutsAreNotForgotten", far: "sleep:2600^send_dtmf:1", code: one + run},
		{name: "keyInTheInvalidSound", far: early + "5^sleep:150^send_dtmf:1" + then + "9", code: one + leave + run},
		{name: "defaults", far: early + "5" + then + "5" + then + "5" + then + "5", code: `local main = menu(nil, "main", {failures = 0, timeouts = -1}) ` + run},
		{name: "oneFailure", far: early + "5", code: `local main = menu(nil, "main", {failures = 1}) ` + run},
		{name: "twoDigits", far: early + "1" + "^sleep:200^send_dtmf:2" + then + "9#", code: one + leave + `main:bindAction("menu-exec-app", "set mark=twelve", "12") ` + run},
		{name: "theSecondDigitIsLate", far: early + "1" + "^sleep:1500^send_dtmf:2", code: one + `main:bindAction("menu-exec-app", "set mark=twelve", "12") main:bindAction("menu-exit", "", "2") ` + run},
		{name: "terminator", far: late + "1#" + then + "9#", code: `local main = menu(nil, "main", {digits = 4, inter = 1000}) main:bindAction("menu-exec-app", "set mark=one", "1") ` + leave + run},
		{name: "aTerminatorAlone", far: late + "#" + then + "#", code: one + `main:bindAction("menu-exit", "", "#") ` + run},
		{name: "aTerminatorInTheGreeting", far: early + "#", code: one + `main:bindAction("menu-exit", "", "#") ` + run},
		{name: "anotherTerminator", far: late + "1*" + then + "9*", code: `session:setVariable("ivr_menu_terminator", "*") local main = menu(nil, "main", {digits = 4, inter = 1000}) main:bindAction("menu-exec-app", "set mark=one", "1") ` + leave + run},
		{name: "regex", far: early + "1023" + then + "9#", code: `local main = menu(nil, "main", {digits = 4}) main:bindAction("menu-exec-app", "set mark=$1-${2}-$3-$0-$x-${y}-100%-$", "/^(10)(..)$/") ` + leave + run},
		{name: "regexes", far: early + "12" + then + "9#", code: `local main = menu(nil, "main", {digits = 2}) main:bindAction("menu-exec-app", "set mark=first-$1", "/^1(.)$/") main:bindAction("menu-exec-app", "set mark=second", "/2/") main:bindAction("menu-exec-app", "set mark=third", "/(a)|^[0-9]+$/i") main:bindAction("menu-exec-app", "set mark=bad", "/(/") main:bindAction("menu-exec-app", "set mark=bad", "/1") ` + leave + run},
		{name: "onlyARegexAndNoLength", far: late + "1", code: `local main = menu(nil, "main", {digits = 0}) main:bindAction("menu-exec-app", "set mark=one", "/1/") ` + run},
		{name: "longKeys", far: late + "1234" + then + "9#", code: one + leave + `main:bindAction("menu-exec-app", "set mark=long", "1234") ` + run},
		{name: "noGreeting", far: early + "1", code: `local main = freeswitch.IVRMenu(nil, "main", nil, nil, nil, nil, nil, nil, nil, nil, nil, 0, 0, 1, 1000, 2, 2) ` + run},
		{name: "noName", far: early + "9", code: `local main = menu(nil, nil) ` + leave + `main:execute(session, "no name")`},
		{name: "noShortGreeting", far: "park", code: `local main = freeswitch.IVRMenu(nil, "main", GREET, "", "", "", "", "", "", "", "", 0, 0, 1, 500, 2, 2) ` + run},
		{name: "noSuchMenu", far: early + "1", code: one + `main:execute(session, "other") main:execute(session, "") main:execute(session, nil)`},
		{name: "noSuchAction", far: early + "9", code: one + leave + `main:bindAction("menu-exec-api", "status", "2") main:bindAction("", "", "3") main:bindAction(nil, "", "4") ` + run},
		{name: "noSuchApplication", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "nosuch_application x", "1") ` + run},
		{name: "noApplication", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "", "1") ` + run},
		{name: "applicationWithoutArgument", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "eval", "1") ` + leave + run},
		{name: "upperCaseApplication", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "SET mark=upper", "1") ` + leave + run},
		{name: "expansion", far: early + "1" + then + "9", code: `session:setVariable("greet", SOUND) session:setVariable("what", "a b") local main = menu(nil, "main", {greet = "${greet}", short = "${greet}"}) main:bindAction("menu-exec-app", "set mark=${what} it's 50% $5", "1") ` + leave + run},
		{name: "playSound", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-play-sound", SOUND, "1") ` + leave + run},
		{name: "playSoundDoesNotExpand", far: early + "1" + then + "9", code: `session:setVariable("greet", SOUND) local main = menu(nil, "main") main:bindAction("menu-play-sound", "/nowhere/../${greet}", "1") ` + leave + run},
		{name: "keyInPlaySound", far: early + "1^sleep:100^send_dtmf:9", code: `local main = menu(nil, "main") main:bindAction("menu-play-sound", SOUND, "1") ` + leave + run},
		{name: "missingSound", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-play-sound", "/nowhere/nothing.wav", "1") ` + run},
		{name: "noSound", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-play-sound", "", "1") ` + run},
		{name: "missingGreeting", far: early + "1^sleep:500^send_dtmf:9", code: `local main = menu(nil, "main", {greet = "/nowhere/nothing.wav", short = "/nowhere/nothing.wav"}) main:bindAction("menu-exec-app", "set mark=one", "1") ` + leave + run},
		{name: "transfer", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "transfer set:mark=moved,sleep:300,hangup:USER_NOT_REGISTERED inline", "1") ` + run},
		{name: "hangup", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-exec-app", "hangup USER_BUSY", "1") ` + run},
		{name: "callerHangsUp", far: "sleep:600^hangup:CALL_REJECTED", code: one + run},
		{name: "callerHangsUpWithADigit", differs: "400 CALL_REJECTED; script false success -", far: early + "1^sleep:200^hangup:CALL_REJECTED", code: one + `main:bindAction("menu-exec-app", "set mark=twelve", "12") ` + run},
		{name: "theCallIsKilled", far: "park", code: `freeswitch.API():execute("sched_api", "+1 none uuid_kill " .. session:get_uuid() .. " USER_BUSY") ` + one + run},
		{name: "theCallIsTransferredAway", far: "park", code: `freeswitch.API():execute("sched_api", "+1 none uuid_transfer " .. session:get_uuid() .. " set:mark=moved,sleep:300,hangup:USER_NOT_REGISTERED inline") ` + one + run},
		{name: "typedAhead", far: "sleep:500^send_dtmf:19", code: one + leave + `session:sleep(1500) ` + run},
		{name: "digitsAreLeft", far: early + "9", code: one + leave + run + ` session:sleep(100)`},
		{name: "itself", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-sub", "main", "1") ` + leave + run},
		{name: "noSuchSubMenu", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-sub", "nowhere", "1") ` + run},
	}
	sub := `local main = menu(nil, "main") local sub = menu(main, "sub", {greet = tone(800, 500), short = tone(600, 501), exit = tone(100, 503)})
local deep = menu(sub, "deep", {greet = tone(800, 600), short = tone(600, 601), timeout = 800})
main:bindAction("menu-sub", "sub", "1") main:bindAction("menu-exit", "", "9") main:bindAction("menu-sub", "deep", "3")
sub:bindAction("menu-back", "", "1") sub:bindAction("menu-top", "", "2") sub:bindAction("menu-exit", "", "3") sub:bindAction("menu-sub", "deep", "4") sub:bindAction("menu-exec-app", "set mark=sub", "5")
deep:bindAction("menu-back", "", "1") deep:bindAction("menu-top", "", "2") deep:bindAction("menu-sub", "main", "3") `
	for _, c := range []menuCall{
		{name: "subAndBack", far: early + "1" + then + "5" + then + "1" + then + "9"},
		{name: "subAndTop", far: early + "1" + then + "2" + then + "9"},
		{name: "subAndExit", far: early + "1" + then + "3"},
		{name: "subTimesOut", far: early + "1^sleep:5200^send_dtmf:9"},
		{name: "deepAndTop", far: early + "1" + then + "4" + then + "2" + then + "9"},
		{name: "deepAndBack", far: early + "1" + then + "4" + then + "1" + then + "1" + then + "9"},
		{name: "deepAtOnce", far: early + "3" + then + "1" + then + "9"},
	} {
		list = append(list, &menuCall{name: c.name, far: c.far, code: sub + run})
	}
	list = append(list, &menuCall{name: "subIsExecuted", far: early + "2", code: sub + `sub:execute(session, "sub")`},
		&menuCall{name: "subDoesNotFindMain", far: early + "4" + then + "3", code: sub + `sub:execute(session, "sub")`},
		&menuCall{name: "topOfTheTop", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-top", "", "1") ` + leave + run},
		&menuCall{name: "backOfTheTop", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-back", "", "1") ` + run},
		&menuCall{name: "tooDeep", far: early + strings.Repeat("1^sleep:400^send_dtmf:", 12) + "1", code: `local main = menu(nil, "main") local sub = menu(main, "sub") main:bindAction("menu-sub", "sub", "1") sub:bindAction("menu-sub", "main", "1") ` + run},
	)
	for _, c := range []menuCall{
		{name: "confirmed", far: late + "1" + "^sleep:2500^send_dtmf:5", code: `{macro = "spell", key = "5"}`},
		{name: "confirmedInTheMacro", far: late + "1" + "^sleep:300^send_dtmf:5", code: `{macro = "spell", key = "5"}`},
		{name: "notConfirmed", far: late + "1" + "^sleep:300^send_dtmf:6", code: `{macro = "spell", key = "5"}`},
		{name: "confirmedByNothing", far: late + "1", code: `{macro = "spell", key = "5", attempts = 2, timeout = 900}`},
		{name: "confirmedWithoutAKey", far: late + "1", code: `{macro = "spell", attempts = 1}`},
		{name: "notAskedInTheGreeting", far: early + "1", code: `{macro = "spell", key = "5"}`},
	} {
		list = append(list, &menuCall{name: c.name, far: c.far, code: `local main = menu(nil, "main", ` + c.code + `) main:bindAction("menu-exec-app", "set mark=one", "1") ` + run})
	}
	for _, c := range list {
		c.id = uuid.NewString()
	}
	return list
}

// script is the whole script of a menu's call.
func (c *menuCall) script() string {
	return menuPrelude + c.code + `
local e = freeswitch.Event("CUSTOM", "eslua::menu")
local left = session:getDigits(5, "", 300)
e:addHeader("Call", session.uuid)
e:addHeader("Line", tostring(session:ready()) .. " " .. tostring(session:getVariable("ivr_menu_status")) .. " " .. (left == "" and "-" or left))
e:fire()`
}

// outcome is what was played and run, and how it ended.
func (c *menuCall) outcome() string { return strings.TrimSpace(c.seen.String()) + "; script " + c.line }

// playMenus places the calls and waits for their end. The applications run the scripts.
func playMenus(ctx context.Context, t *testing.T, sw *switchEvents, list []*menuCall, application func(c *menuCall) string) {
	t.Helper()
	subscribe, err := esl.Subscribe("plain", "CHANNEL_EXECUTE", "PLAYBACK_STOP", "CHANNEL_HANGUP_COMPLETE", "CUSTOM", "eslua::menu")
	sw.do(ctx, t, subscribe, err)
	for _, c := range list {
		if _, err := sw.conn.StartJob("originate {origination_uuid=" + c.id + "}loopback/m:^:answer^" + c.far + "^park/default/inline 'm:^:" + application(c) +
			"^set:mark=dialplan^sleep:300^hangup:NORMAL_UNSPECIFIED' inline"); err != nil {
			t.Fatal(err)
		}
	}
	for slices.ContainsFunc(list, func(c *menuCall) bool { return !c.over || c.line == "" }) {
		e, err := sw.conn.Next(ctx)
		if err != nil {
			for _, c := range list {
				if !c.over || c.line == "" {
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

func (c *menuCall) note(e esl.Event) {
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
		c.line = strings.Clone(e.Get("Line"))
	}
}

// recordedMenus returns the outcome of each case.
func recordedMenus(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(menusFile)
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

func compareMenus(t *testing.T, list []*menuCall) {
	t.Helper()
	recorded := recordedMenus(t)
	for _, c := range list {
		if got, want := c.outcome(), recorded[c.name]; got != want && (c.differs == "" || got != c.differs) {
			t.Errorf("%s\n    got  %s\n    want %s", c.name, got, want)
		}
	}
}

// serveMenus plays the menus' calls with eslua.
func serveMenus(ctx context.Context, t *testing.T, sw *switchEvents, l net.Listener, list []*menuCall, live bool) {
	cfg, files := config.Default(), fstest.MapFS{}
	cfg.Grants.API.Allow = []grant.Name{"sched_api", "uuid_kill", "uuid_transfer"}
	cfg.Grants.Apps.Allow = []grant.Name{"nosuch_application"}
	for _, c := range list {
		files[c.name+".lua"] = &fstest.MapFile{Data: []byte(c.script())}
	}
	serving(t, l, cfg, clock.System(), nil, seams{guest: !live, scripts: files})
	playMenus(ctx, t, sw, list, func(c *menuCall) string {
		return "socket:" + l.Addr().String() + "/" + c.name + " async full"
	})
	compareMenus(t, list)
}

// TestMenus compares freeswitch.IVRMenu with that of mod_lua.
func TestMenus(t *testing.T) {
	t.Parallel()
	for _, c := range menuCalls() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testproc.Bubble(t, func(t *testing.T) {
				g := groundInBubble(t, switchsim.Config{})
				serveMenus(g.ctx, t, g.sw, g.open(), []*menuCall{c}, false)
			})
		})
	}
}

func TestLiveMenus(t *testing.T) {
	address, password := livetest.Address(t)
	serveMenus(testproc.Context(t), t, dialSwitch(t, address, password), listening(t), menuCalls(), true)
}

// TestLiveMenusUnderModLua shows that the file says what mod_lua does. With -update it
// writes the file.
func TestLiveMenusUnderModLua(t *testing.T) {
	address, password := livetest.Address(t)
	dir, err := os.MkdirTemp("", "eslua-menus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // FreeSWITCH may be another user
		t.Fatal(err)
	}
	list := menuCalls()
	playMenus(testproc.Context(t), t, dialSwitch(t, address, password), list, func(c *menuCall) string {
		write(t, dir, c.name+".lua", c.script())
		return "lua:" + syntax.Word(filepath.Join(dir, c.name+".lua"))
	})
	if *updateGolden {
		var file strings.Builder
		for _, c := range list {
			fmt.Fprintf(&file, "%s: %s\n", c.name, c.outcome())
		}
		if err := os.WriteFile(menusFile, []byte(file.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compareMenus(t, list)
}
