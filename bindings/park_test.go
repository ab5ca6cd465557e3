package bindings_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// session:execute("park") waits as FreeSWITCH's park does, although the application
// returns at once on a channel that our socket application has parked.
func TestPark(t *testing.T) {
	minute := switchsim.OnAnswer().After(time.Minute)
	for name, c := range map[string]struct {
		before string
		steps  []switchsim.Step
		state  string // r: when it has ended
		lasts  time.Duration
	}{
		"until a hangup":           {"", []switchsim.Step{minute.Hangup("USER_BUSY")}, "false CS_HANGUP USER_BUSY", time.Minute},
		"until park_timeout":       {`session:setVariable("park_timeout", "5:CALL_REJECTED")`, []switchsim.Step{minute.Hangup("NORMAL_CLEARING")}, "false CS_HANGUP CALL_REJECTED", 5 * time.Second},
		"park_timeout, no cause":   {`session:setVariable("park_timeout", "5")`, []switchsim.Step{minute.Hangup("NORMAL_CLEARING")}, "false CS_HANGUP NORMAL_CLEARING", 5 * time.Second},
		"until it moves":           {`freeswitch.API():execute("sched_transfer", "+5 " .. session.uuid .. " elsewhere XML default")`, []switchsim.Step{minute.Hangup("NORMAL_CLEARING")}, "false CS_ROUTING nil", 5 * time.Second},
		"through digits":           {"", []switchsim.Step{switchsim.OnAnswer().Press("12"), switchsim.After(time.Minute).Hangup("NORMAL_CLEARING")}, "false CS_HANGUP NORMAL_CLEARING", time.Minute},
		"through digits till time": {`session:setVariable("park_timeout", "5")`, []switchsim.Step{switchsim.OnAnswer().After(time.Second).Press("12#")}, "false CS_HANGUP NORMAL_CLEARING", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				_, o := run(t, "session:answer() "+c.before+`
				session:execute("park")
				r = tostring(session:ready()) .. " " .. session:getState() .. " " .. tostring(session:getVariable("hangup_cause"))
				r2 = session:getDigits(1, "", 100)`, c.steps...)
				o.want(t, "r", c.state, "r2", "")
				if lasted := time.Since(begun).Round(time.Second); lasted != c.lasts {
					t.Errorf("lasts %v, want %v", lasted, c.lasts)
				}
			})
		})
	}
}
