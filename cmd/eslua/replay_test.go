package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// recordedCalls makes calls of the flows in dir, each of which is recorded, and returns the
// files.
func recordedCalls(t *testing.T, dir string, cfg config.Config, callers ...switchsim.Caller) (files []string) {
	t.Helper()
	state := t.TempDir()
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		cfg.Scripts, cfg.State = dir, state
		l := n.Listen()
		_, end := serving(t, l, cfg, clock.System(), nil, seamsOn(n))
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/menu/x async full"}}},
		}}})
		for _, c := range callers {
			c.Number, c.Destination = "1000", "menu"
			<-sim.Call(c).Done()
			time.Sleep(time.Minute)
		}
		end()
	})
	files, _ = filepath.Glob(filepath.Join(state, "calls", "*"))
	return files
}

const recordedFlow = `local words = require "words"
session:answer()
local pin = session:getDigits(4, "#", 20000)
print(words.got .. #pin, math.random(1000000), os.time())
session:setVariable("got", pin)
session:execute("playback", "tone_stream://%(400,0,440)")
if pin == "4711" then error("no " .. pin) end
session:sleep(60000)
print(session:ready())
`

// TestARecordedCallIsPlayedAgain records calls, and plays them again: the flow as it was
// goes the same way, and one that was edited goes another way from the edited line on.
func TestARecordedCallIsPlayedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "menu.lua", recordedFlow)
	write(t, dir, "words.lua", `return {got = "got "}`)
	pressed := switchsim.Caller{Script: []switchsim.Step{switchsim.OnApp("socket").After(2 * time.Second).Press("4711")}}
	hangs := switchsim.Caller{Script: []switchsim.Step{switchsim.OnApp("socket").After(time.Second).Press("1#"), switchsim.After(30 * time.Second).Hangup("USER_BUSY")}}
	all := config.Default()
	all.Record.Share, all.Trace.Digits = 100, "shown"
	failed := config.Default()
	failed.Record.Failed = "always"
	files := recordedCalls(t, dir, all, pressed, hangs)
	files = append(files, recordedCalls(t, dir, failed, pressed, hangs)...)
	if len(files) != 3 {
		t.Fatalf("%q were recorded", files)
	}
	write(t, dir, "menu.lua", strings.Replace(recordedFlow, `"tone_stream://%(400,0,440)"`, `"tone_stream://%(400,0,880)"`, 1))
	const same = "The flow goes the same way as in the real call"
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{files[0]}, exitFine, []string{same, `presses 4`, `prints "got 4`}},
		{[]string{files[1]}, exitFine, []string{same, "31.000  switch  hung up: USER_BUSY"}},
		{[]string{"--scripts", dir, files[0]}, exitFailed, []string{
			">   2.060  switch  playback tone_stream://%(400,0,440)\n", ">   2.060  script  line 6: session:execute(\"playback\", \"tone_stream://%(400,0,880)\")\n",
			"Second 2.060: the flow sends playback tone_stream://%(400,0,880); the real call sent playback tone_stream://%(400,0,440).\n",
		}},
		{[]string{"--keys", "4711", files[2]}, exitFine, []string{same, "presses a key", "no <masked>"}},
		{[]string{files[2]}, exitFailed, []string{">   2.460  eslua   the script failed", ">  62.460  script  line 8: session:sleep(60000)"}},
	} {
		if info, err := os.Stat(c.args[len(c.args)-1]); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v: %v", info, err)
		}
		code, out := askEslua(append([]string{"replay"}, c.args...)...)
		if code != c.code {
			t.Errorf("replay %q: exit code %d", c.args, code)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("replay %q lacks %q:\n%s", c.args, want, out)
			}
		}
	}
	masked, err := conversation.Read(files[2])
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(masked.Items, masked.Ladder); strings.Contains(text, "4711") || !strings.Contains(text, "<keys 0-4>") {
		t.Errorf("the keys are not masked: %.300q", text[max(0, strings.Index(text, "4711")-200):])
	}
	if code, out := askEslua("replay", filepath.Join(dir, "menu.lua")); code != exitFailed || !strings.Contains(out, "it is no recorded call") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
