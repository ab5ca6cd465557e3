package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/trace"
)

const liveFlow = `session:answer()
session:setInputCallback("key")
function key(s, kind, what) if kind == "dtmf" then print("callback", what.digit) return "break" end end
session:streamFile("tone_stream://%(3000,0,440)")
session:unsetInputCallback()
print(session:getDigits(3, "#", 5000), session:ready(), session:getVariable("uuid") == session.uuid)
session:execute("play_and_get_digits", "1 2 1 2000 # silence_stream://10 silence_stream://10 choice \\d+ 500")
print(session:getVariable("choice"), freeswitch.API():execute("uuid_exists", session.uuid), math.random(100))
session:execute("bridge", "error/USER_BUSY")
session:setVariable("a", "b c")
session:sleep(300)
if argv[1] == "fail" then error("it fails") end
session:hangup("USER_BUSY")
print(session:hangupCause(), session:getVariable("a"))
`

// TestLiveARecordedCallIsPlayedAgain records calls of a real FreeSWITCH, and plays them again
// without: their ladders are the same. Their traces, too, have what FreeSWITCH did.
func TestLiveARecordedCallIsPlayedAgain(t *testing.T) {
	sw := livetest.Dial(t, time.Minute)
	state := t.TempDir()
	cfg := config.Default()
	cfg.Scripts, cfg.State = directory(t, map[string]string{"menu.lua": liveFlow}), state
	cfg.Record.Share, cfg.Trace.Digits = 100, "shown"
	l := listening(t)
	h, end := serving(t, l, cfg, clock.System(), nil, seams{guest: true})
	const calls = 6
	var ids []string
	for i := range calls {
		id := strings.TrimSpace(sw.API("create_uuid"))
		ids = append(ids, id)
		arg := []string{"", "/fail"}[i%2]
		for second, keys := range map[string]string{"2": "1", "3": "2#", "4": "34"} {
			sw.API("sched_api +" + second + " " + id + " uuid_recv_dtmf " + id + " " + keys)
		}
		sw.Do(esl.BgAPI("originate {origination_uuid="+id+"}null/x '&socket("+l.Addr().String()+"/menu"+arg+" async full)'", id))
	}
	for len(h.traces.Calls(trace.Query{Running: true})) > 0 || len(h.traces.Calls(trace.Query{})) < calls {
		time.Sleep(100 * time.Millisecond)
	}
	for _, id := range ids {
		sw.API("uuid_kill " + id)
	}
	end()
	files, _ := filepath.Glob(filepath.Join(state, "calls", "*"))
	if len(files) != calls {
		t.Fatalf("%d calls were recorded", len(files))
	}
	for _, file := range files {
		code, out := askEslua("replay", file)
		if code != exitFine || !strings.Contains(out, "The flow goes the same way") {
			t.Errorf("exit code %d: %s", code, out)
		}
		for _, want := range []string{"caller  presses 1", `prints "callback\t1"`, "switch  playback tone_stream", "USER_BUSY", `getDigits(3, "#", 5000) = "2"`} {
			if !strings.Contains(out, want) {
				t.Errorf("the ladder lacks %q:\n%s", want, out)
			}
		}
	}
}
