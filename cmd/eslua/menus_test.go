package main

import (
	"strings"
	"testing"
)

// menuPrelude begins each menu. The sounds are tones, of which the frequency
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

// menuEnd tells how a menu ended, and the digits that it has left.
const menuEnd = `
local left = session:getDigits(5, "", 300)
note(session:ready(), session:getVariable("ivr_menu_status"), left == "" and "-" or left)`

func menuCalls() []*besideCall {
	const (
		early = "sleep:600^send_dtmf:" // during the greeting
		late  = "sleep:1400^send_dtmf:"
		then  = "^sleep:1200^send_dtmf:"
	)
	one := `local main = menu(nil, "main") main:bindAction("menu-exec-app", "set mark=one", "1") `
	leave := `main:bindAction("menu-exit", "", "9") `
	run := `main:execute(session, "main")`
	list := []*besideCall{
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
	for _, c := range []besideCall{
		{name: "subAndBack", far: early + "1" + then + "5" + then + "1" + then + "9"},
		{name: "subAndTop", far: early + "1" + then + "2" + then + "9"},
		{name: "subAndExit", far: early + "1" + then + "3"},
		{name: "subTimesOut", far: early + "1^sleep:5200^send_dtmf:9"},
		{name: "deepAndTop", far: early + "1" + then + "4" + then + "2" + then + "9"},
		{name: "deepAndBack", far: early + "1" + then + "4" + then + "1" + then + "1" + then + "9"},
		{name: "deepAtOnce", far: early + "3" + then + "1" + then + "9"},
	} {
		list = append(list, &besideCall{name: c.name, far: c.far, code: sub + run})
	}
	list = append(list, &besideCall{name: "subIsExecuted", far: early + "2", code: sub + `sub:execute(session, "sub")`},
		&besideCall{name: "subDoesNotFindMain", far: early + "4" + then + "3", code: sub + `sub:execute(session, "sub")`},
		&besideCall{name: "topOfTheTop", far: early + "1" + then + "9", code: `local main = menu(nil, "main") main:bindAction("menu-top", "", "1") ` + leave + run},
		&besideCall{name: "backOfTheTop", far: early + "1", code: `local main = menu(nil, "main") main:bindAction("menu-back", "", "1") ` + run},
		&besideCall{name: "tooDeep", far: early + strings.Repeat("1^sleep:400^send_dtmf:", 12) + "1", code: `local main = menu(nil, "main") local sub = menu(main, "sub") main:bindAction("menu-sub", "sub", "1") sub:bindAction("menu-sub", "main", "1") ` + run},
	)
	for _, c := range []besideCall{
		{name: "confirmed", far: late + "1" + "^sleep:2500^send_dtmf:5", code: `{macro = "spell", key = "5"}`},
		{name: "confirmedInTheMacro", far: late + "1" + "^sleep:300^send_dtmf:5", code: `{macro = "spell", key = "5"}`},
		{name: "notConfirmed", far: late + "1" + "^sleep:300^send_dtmf:6", code: `{macro = "spell", key = "5"}`},
		{name: "confirmedByNothing", far: late + "1", code: `{macro = "spell", key = "5", attempts = 2, timeout = 900}`},
		{name: "confirmedWithoutAKey", far: late + "1", code: `{macro = "spell", attempts = 1}`},
		{name: "notAskedInTheGreeting", far: early + "1", code: `{macro = "spell", key = "5"}`},
	} {
		list = append(list, &besideCall{name: c.name, far: c.far, code: `local main = menu(nil, "main", ` + c.code + `) main:bindAction("menu-exec-app", "set mark=one", "1") ` + run})
	}
	for _, c := range list {
		c.code = menuPrelude + c.code + menuEnd
	}
	return list
}

// TestMenus compares freeswitch.IVRMenu with that of mod_lua.
func TestMenus(t *testing.T)                { t.Parallel(); besideInBubbles(t, "menus", menuCalls()) }
func TestLiveMenus(t *testing.T)            { besideLive(t, "menus", menuCalls()) }
func TestLiveMenusUnderModLua(t *testing.T) { underModLua(t, "menus", menuCalls()) }
