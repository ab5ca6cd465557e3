package switchsim_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// callInto returns a call that runs the given actions in virtual time.
func callInto(t *testing.T, list ...string) (*switchsim.Switch, *switchsim.Call) {
	t.Helper()
	sw := start(t, switchsim.Config{
		Listen:    "-",
		Dialplan:  switchsim.Dialplan{"default": {{Match: "x", Actions: actions(list...)}}},
		Endpoints: []switchsim.Endpoint{{Dial: "user/slow", Ring: 20 * time.Second}, {Dial: "user/fast", Ring: time.Second}},
	})
	return sw, sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
}

// A message that runs inside a playback makes it last so much longer.
func TestNestedTimeIsNotPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sw, call := callInto(t, "answer", "playback tone_stream://%(3000,0,440)", "park")
		began := happened(t, sw, call.UUID(), "execute", "playback")
		sw.API("uuid_broadcast " + call.UUID() + " sleep::2000")
		if ended := happened(t, sw, call.UUID(), "complete", "playback"); ended.At.Sub(began.At) != 5*time.Second {
			t.Errorf("3 s of tone and 2 s of sleep last %v", ended.At.Sub(began.At))
		}
	})
}

func TestParkTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, call := callInto(t, "set park_timeout=5:USER_BUSY", "park")
		began := time.Now()
		<-call.Done()
		if call.Cause() != "USER_BUSY" || time.Since(began) != 5*time.Second {
			t.Errorf("%s after %v", call.Cause(), time.Since(began))
		}
	})
}

func TestForwardsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, call := callInto(t, "transfer x")
		<-call.Done()
		if call.Cause() != "EXCHANGE_ROUTING_ERROR" || call.Variable("max_forwards") != "1" {
			t.Errorf("%s with %s forwards left", call.Cause(), call.Variable("max_forwards"))
		}
	})
}

func TestLosersOfARace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sw, call := callInto(t, "answer", "bridge user/slow,user/fast", "park")
		happened(t, sw, call.UUID(), "bridge", "fast")
		for _, r := range sw.Records() {
			if r.Destination == "slow" && r.Cause != "LOSE_RACE" {
				t.Errorf("the slow leg ended with %q", r.Cause)
			}
		}
	})
}

// The next to join a conference has the floor if the member that had it has left.
func TestFloorIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sw, first := callInto(t, "answer", "conference room", "park")
		join := func() {
			call := sw.Call(switchsim.Caller{Number: "2", Destination: "x"})
			happened(t, sw, call.UUID(), "conference", "joined")
		}
		happened(t, sw, first.UUID(), "conference", "joined")
		join()
		first.Hangup("")
		<-first.Done()
		join()
		if out := sw.API("conference room list"); !strings.Contains(out, "floor") {
			t.Error("nobody has the floor: " + out)
		}
	})
}
