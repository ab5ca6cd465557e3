package bindings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
)

// The recording goes on while a callback plays a prompt, and silence is played again after
// that.
func TestACallbackDuringARecordingLeavesItGoingOn(t *testing.T) {
	h, o := run(t, `
		function key(s, kind, data)
			r = (r or "") .. data.digit .. s:streamFile("inner.wav")
			return data.digit == "3" and "break" or nil
		end
		session:answer()
		session:setInputCallback("key")
		r2 = session:recordFile("/tmp/x.wav", 60)`,
		switchsim.OnPlayback(recording).Press("2"), switchsim.OnPlayback(recording).Press("3"))
	o.want(t, "r", "2131", "r2", "0")
	record, _ := h.sw.Record(o.uuid)
	if want := []string{recording, "inner.wav", recording, "inner.wav"}; !slices.Equal(record.Played, want) {
		t.Errorf("played %q", record.Played)
	}
	if n := recordings(h); n != 1 {
		t.Errorf("%d recordings were ended", n)
	}
}

// A recording does not go on where its call goes when the host dies.
func TestARecordingEndsWhenItsHostDies(t *testing.T) {
	h := open(t, `
		function key(s) s:getVariable("uuid") freeswitch.consoleLog("notice", "inside") end
		session:answer()
		session:setInputCallback("key")
		session:recordFile("/tmp/x.wav", 60)`)
	h.when("inside", func() { h.sw.Cut("") }) // the switch has all that was sent
	caller := h.sw.Call(switchsim.Caller{Number: "1", Destination: "flow", Variables: map[string]string{"socket_resume": "true"},
		Script: []switchsim.Step{switchsim.OnPlayback(recording).Press("1")}})
	if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return e.Kind == "execute" && e.What == "set after=yes" }); err != nil {
		t.Fatal(err)
	}
	if n := recordings(h); n != 1 {
		t.Errorf("%d recordings were ended when the dialplan went on", n)
	}
	h.end()
	caller.Hangup("")
}

// A transfer takes other recordings along, and this one not.
func TestARecordingFollowsNoTransfer(t *testing.T) {
	_, o := run(t, `
		session:answer()
		session:setVariable("recording_follow_transfer", "true")
		function key(s) r = tostring(s:getVariable("recording_follow_transfer")) return "break" end
		session:setInputCallback("key")
		session:recordFile("/tmp/x.wav", 60)
		r2 = session:getVariable("recording_follow_transfer")`, switchsim.OnPlayback(recording).Press("1"))
	o.want(t, "r", "nil", "r2", "true")
}

// recordings returns how many recordings have ended.
func recordings(h *harness) (n int) {
	for _, r := range h.sw.Records() {
		for _, e := range r.Entries {
			if strings.HasPrefix(e.What, "records no more") {
				n++
			}
		}
	}
	return n
}
