package bindings_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// A prompt that FreeSWITCH cannot play is logged once for each file, whichever method
// plays it.
func TestPromptsThatCannotBePlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		session:answer()
		r = session:streamFile("/nowhere/a.wav")
		session:execute("playback", "/nowhere/a.wav")
		session:execute("loop_playback", "/nowhere/b.wav")
		r2 = session:read(1, 1, "/nowhere/c.wav", 3000, "#") .. session:read(1, 1, "/nowhere/c.wav", 3000, "#")
		r3 = session:playAndGetDigits(1, 1, 3, 3000, "#", "/nowhere/d.wav", "/nowhere/d.wav", "")
		session:execute("read", "1 1 /nowhere/e.wav pin 3000 #")
		session:streamFile("`+prompt+`")
		session:read(1, 1, "`+prompt+`", 1, "#")
		session:read(1, 1, "", 1, "#")
		session:playAndGetDigits(1, 1, 1, 1, "#", "`+prompt+`", "", "")
		session:playAndGetDigits(1, 1, 1, 1000, "#", "`+prompt+`", "bad.wav", "x")
		session:playAndGetDigits(1, 1, 1, 1000, "#", "`+prompt+`", "/nowhere/f.wav", "x")
		session:execute("playback", "`+prompt+`")`)
		o.want(t, "r", "0", "r2", "", "r3", "")
		for _, file := range []string{"a", "b", "c", "d", "e", "f"} {
			if n := strings.Count(h.log.dump(), "file=/nowhere/"+file+".wav"); n != 1 {
				t.Errorf("%s.wav was logged %d times", file, n)
			}
		}
		if n := strings.Count(h.log.dump(), "cannot play this prompt"); n != 6 {
			t.Errorf("%d prompts were logged, want 6:\n%s", n, h.log.dump())
		}
	})
}

// A prompt whose application FreeSWITCH refuses gives 0, and the script goes on.
func TestARefusedApplicationGivesZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `r = session:streamFile("`+prompt+`") finished = true`)
		for command := 4; !h.log.has("execute loop_playback"); command++ { // which one it is
			if command > 30 {
				t.Fatal("the application was not refused")
			}
			h.sw.SetFault(switchsim.Fault{GarbageAtCommand: command, Garbage: "Content-Type: command/reply\nReply-Text: -ERR memory error\n\n"})
			h.call()
			o := h.end()
			if h.log.has("execute loop_playback") {
				o.want(t, "r", "0", "finished", "true")
			}
		}
	})
}

// What uuid_broadcast plays interrupts the prompt that runs, which then continues, and
// does not wait until it is over: hold music may never be.
func TestABroadcastInterruptsAPrompt(t *testing.T) {
	for _, method := range []string{`r = session:streamFile("long.wav")`, `session:execute("playback", "long.wav") r = 1`} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				h, o := run(t, `
				session:answer()
				freeswitch.API():execute("sched_api", "+5 none uuid_broadcast " .. session.uuid .. " bad.wav aleg")
				`+method)
				o.want(t, "r", "1")
				record, _ := h.sw.Record(o.uuid)
				i := slices.IndexFunc(record.Entries, func(e switchsim.Entry) bool { return e.Kind == "play" && strings.Contains(e.What, "bad.wav") })
				if i < 0 {
					t.Fatalf("played %q", record.Played)
				}
				if at := record.Entries[i].At.Sub(begun).Round(time.Second); at != 5*time.Second {
					t.Errorf("played after %v", at)
				}
			})
		})
	}
}
