package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
)

// What menus make of keys is compared with mod_lua in cmd/eslua; here is what only eslua
// has: grants, limits, and what crashes FreeSWITCH there.

const aPlainMenu = `session:answer() local main = freeswitch.IVRMenu(nil, "main", "long.wav", nil, nil, nil, nil, nil, nil, nil, nil, 0, 0, 1, 2000, 2, 2) `

func TestAMenuNeedsTheGrantsOfItsApplications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := aPlainMenu + `main:bindAction("menu-exec-app", "bridge user/1001", "1")
		finished, r = pcall(main.execute, main, session, "main")`
		h := open(t, script)
		h.grants = &grant.Grants{Apps: grant.Rule{Deny: []grant.Name{"bridge"}}}
		h.call(switchsim.OnPlayback("long.wav").Press("1"))
		o := h.end()
		o.want(t, "finished", "false")
		if !strings.Contains(o.text("r"), "bridge") || !strings.Contains(o.text("r"), "grant") {
			t.Error(o.text("r"))
		}
	})
}

func TestAMenuWhoseDigitsAreNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, aPlainMenu+`session:setVariable("sensitive_dtmf", "true")
		main:bindAction("menu-exec-app", "set got=$1", "/^(1)$/") main:bindAction("menu-exit", "", "1") main:execute(session, "main")
		r, r2 = session:getVariable("got"), session:getVariable("ivr_menu_status")`, switchsim.OnPlayback("long.wav").Press("1"))
		o.want(t, "r", "1", "r2", "success")
	})
}

func TestAMenuInACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, aPlainMenu+`main:bindAction("menu-exec-app", "set got=one", "1") main:bindAction("menu-exit", "", "1")
		function pressed() main:execute(session, "main") return "break" end
		session:setInputCallback("pressed")
		session:streamFile("`+prompt+`") r = session:getVariable("got")`,
			switchsim.OnPlayback(prompt).Press("5"), switchsim.OnPlayback("long.wav").Press("1"))
		o.want(t, "r", "one")
	})
}

func TestAMenuWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `freeswitch.IVRMenu(nil, "main", nil, nil, nil, nil, nil, nil, nil, nil, nil, 0, 0, 1, 2000, 2^31, 2^31):execute(session, "main")`)
		h.limits = guard.Limits{Burst: time.Second, CPU: time.Second}
		h.call()
		if o := h.end(); o.err == nil {
			t.Error("it ended")
		}
	})
}

func TestWhatCrashesFreeSWITCHIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		for script, want := range map[string]string{
			`freeswitch.IVRMenu(nil, "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", 1, 1, -1, 1, 1, 1)`:   "digit_len is -1; write 0 to 1023",
			`freeswitch.IVRMenu(nil, "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", 1, 1, 1024, 1, 1, 1)`: "digit_len is 1024",
			`main:bindAction("menu-exit", "", nil)`:                                                          "the third argument is nil",
			`main:bindAction("menu-exit", "", ("1"):rep(1024))`:                                              "1024 keys, and at most 1023",
			`for i = 1, 1000 do main:bindAction("menu-exit", "", "1") end`:                                   "no more are possible",
			`main:execute(nil, "main") main:execute(freeswitch.Session(), "main") error"no"`:                 "no",
		} {
			call, o := h.runScript(aPlainMenu + `finished, r = pcall(function() ` + script + ` end)`)
			if got := o.text("r"); o.err != nil || !strings.Contains(got, want) {
				t.Errorf("%s\n got %q, %v\nwant %q", script, got, o.err, want)
			}
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
		}
	})
}
