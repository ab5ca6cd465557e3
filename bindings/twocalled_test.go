package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

const tellCallback = `
	local function tell(o)
		local went = callback(o)
		return tostring(went.connected) .. " " .. went.seconds .. " " .. went.a.outcome .. " " .. (went.b and went.b.outcome .. " " .. went.b.cause or "-")
	end
`

// TestCallback has one person called, then another.
func TestCallback(t *testing.T) {
	talker := switchsim.Endpoint{Dial: "user/1005", Ring: time.Second, Script: []switchsim.Step{switchsim.OnAnswer().After(40 * time.Second).Hangup()}}
	impatient := switchsim.Endpoint{Dial: "user/1006", Ring: time.Second, Script: []switchsim.Step{switchsim.OnAnswer().After(4 * time.Second).Hangup()}}
	early := switchsim.Endpoint{Dial: "user/1007", Ring: 3 * time.Second, EarlyMedia: true}
	for what, want := range map[string]string{
		`{a = "user/1001", b = "user/1005"}`:                         "true 40 answered answered SUCCESS",
		`{a = "user/1002", b = "user/1005"}`:                         "false 0 busy -",
		`{a = {to = "user/1003", timeout = 5}, b = "user/1005"}`:     "false 0 no answer -",
		`{a = "user/1001", b = "user/1002", sorry = "sorry.wav"}`:    "false 0 answered busy USER_BUSY",
		`{a = "user/1001", b = {to = "user/1003", timeout = 7}}`:     "false 0 answered no answer NO_ANSWER",
		`{a = "user/1001", b = "sofia/gateway/nope/1"}`:              "false 0 answered gateway down INVALID_GATEWAY",
		`{a = "user/1006", b = "user/1003"}`:                         "false 0 answered cancelled ORIGINATOR_CANCEL",
		`{a = "user/1007", b = "user/1005"}`:                         "true 40 answered answered SUCCESS",
		`{a = "user/1001", b = {"user/1003", "user/1005"}}`:          "true 40 answered answered SUCCESS",
		`{a = {"user/1003", "user/1001"}, b = {to = "user/1005"}}`:   "true 40 answered answered SUCCESS",
		`{a = "user/1001", b = {to = {"user/1005", hunt = true}}}`:   "true 40 answered answered SUCCESS",
		`{a = "user/1001", b = {to = "user/1005", from = "55,5'5"}}`: "true 40 answered answered SUCCESS",
	} {
		synctest.Test(t, func(t *testing.T) {
			h, o := runWith(t, tellCallback+`r = tell`+what, bob, busy, silent, talker, impatient, early)
			o.want(t, "r", want)
			synctest.Wait()
			for _, r := range h.sw.Records() {
				if r.Cause == "" && r.Direction == "outbound" {
					t.Errorf("%s left a channel: %+v", what, r)
				}
				for _, p := range r.Played {
					if strings.Contains(what, "sorry") != strings.Contains(p, "sorry") {
						t.Errorf("%s had %s hear %s", what, r.Channel, p)
					}
				}
			}
		})
	}
}

// TestCallbackEndsWithTheCall: who asked for it has hung up while the first phone rings.
func TestCallbackEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `session:answer() callback{a = "user/1003", b = "user/1001"}`, silent, bob)
		h.call(switchsim.OnAnswer().After(10 * time.Second).Hangup())
		began := time.Now()
		h.end()
		if took := time.Since(began); took > 12*time.Second {
			t.Errorf("the script ended after %v", took)
		}
		synctest.Wait()
		if left := h.sw.API("show channels count"); !strings.Contains(left, "0 total") {
			t.Errorf("channels are left: %s", left)
		}
	})
}
