package bindings_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// TestOnProgress has the legs of every kind of dialling tell how far they have come.
func TestOnProgress(t *testing.T) {
	early := switchsim.Endpoint{Dial: "user/1004", Ring: 20 * time.Millisecond, EarlyMedia: true}
	hangsUp := func(e switchsim.Endpoint) switchsim.Endpoint {
		e.Script = []switchsim.Step{switchsim.After(100 * time.Millisecond).Hangup()}
		return e
	}
	for script, want := range map[string]string{
		`session:execute("bridge", "user/1001")`:                      "1001 ring, 1001 answer, ",
		`session:answer() session:execute("bridge", "user/1001")`:     "1001 ring, 1001 answer, ",
		`session:execute("bridge", "{a='b,c'}user/1001")`:             "1001 ring, 1001 answer, ",
		`session:execute("bridge", "user/1004")`:                      "1004 progress, 1004 answer, ",
		`session:execute("bridge", "user/1002|user/1001")`:            "1002 ring, 1001 ring, 1001 answer, ",
		`freeswitch.Session("user/1001", session)`:                    "1001 ring, 1001 answer, ",
		`freeswitch.Session("user/1001")`:                             "",
		`session:onProgress() session:execute("bridge", "user/1001")`: "",
		`session:onProgress(error) session:execute("bridge", "user/1001") r = r .. session:getVariable("originate_disposition")`: "SUCCESS",
	} {
		synctest.Test(t, func(t *testing.T) {
			ringing := busy
			ringing.Ring = 20 * time.Millisecond
			_, o := runWith(t, `
				r = ""
				session:onProgress(function(how, event) r = r .. event:getHeader("Caller-Destination-Number") .. " " .. how .. ", " end)
				`+script, hangsUp(bob), ringing, hangsUp(early))
			if got := o.text("r"); got != want {
				t.Errorf("%s: %q, want %q", script, got, want)
			}
		})
	}
}

// TestOnProgressEndsTheScript that needs too much in it.
func TestOnProgressEndsTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		person := bob
		person.Script = []switchsim.Step{switchsim.After(100 * time.Millisecond).Hangup()}
		h := open(t, `session:onProgress(function() local t = {} while true do t[#t+1] = ("x"):rep(100000) .. #t end end) session:execute("bridge", "user/1001") r = "goes on"`, person)
		h.call()
		if o := h.end(); o.err == nil || o.text("r") != "nil" {
			t.Errorf("%v, %s", o.err, o.text("r"))
		}
	})
}
