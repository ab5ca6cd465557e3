package rollout

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDamagedStateNeverStopsTheHost sees that it is renamed, and calls get what is in the
// directory.
func TestDamagedStateNeverStopsTheHost(t *testing.T) {
	for name, content := range map[string]string{
		"empty":          "",
		"cut off":        `{"records": [{"flow": "a", "gener`,
		"something else": "<html>",
		"another shape":  `{"records": "a"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", "a")
			w.stop()
			file := filepath.Join(w.state, "rollout.json")
			must(t, os.WriteFile(file, []byte(content), 0o600))
			w.start()
			w.logged("level=ERROR", "pins and rollbacks cannot be read", "rollout.json.damaged")
			if got := w.gets("a"); got != "1" {
				t.Errorf("calls get %s", got)
			}
			if kept, err := os.ReadFile(file + ".damaged"); err != nil || string(kept) != content {
				t.Errorf("the renamed file holds %q, %v", kept, err)
			}
			must(t, w.do("edit a 2"))
			must(t, w.do("pin a #0"))
			must(t, w.do("restart"))
			if got := w.gets("a"); got != "1" {
				t.Errorf("with a new pin calls get %s", got)
			}
		})
	}
}

// TestDamagedStateThatCannotBeMoved sees that the log says so.
func TestDamagedStateThatCannotBeMoved(t *testing.T) {
	w := newWorld(t, "", "a")
	w.stop()
	must(t, os.MkdirAll(filepath.Join(w.state, "rollout.json.damaged", "in the way"), 0o700))
	must(t, os.WriteFile(filepath.Join(w.state, "rollout.json"), nil, 0o600))
	w.start()
	w.logged("pins and rollbacks cannot be read", `moved_to=""`, "cannot be moved")
}

// TestMissingGenerationIsReported: the history was lost, or moved to another disk.
func TestMissingGenerationIsReported(t *testing.T) {
	w := newWorld(t, "flows: {b: {canary: 50%}}", "a", "b")
	must(t, w.do("edit a 2"))
	must(t, w.do("edit b 2"))
	must(t, w.do("pin a #0"))
	w.stop()
	must(t, os.RemoveAll(filepath.Join(w.state, "scripts")))
	w.start()
	w.logged("level=ERROR", "the pinned generation cannot be loaded", "flow=a generation="+w.generations[0],
		"the generation with which a canary is compared cannot be loaded", "flow=b")
	if a, b := w.gets("a"), w.gets("b"); a != "2" || b != "2" {
		t.Errorf("calls get a%s b%s", a, b)
	}
}

// TestMissingGenerationComesBack: the disk with the history was not mounted at one
// start, or an older eslua ran for a while.
func TestMissingGenerationComesBack(t *testing.T) {
	scripts := func(w *world) string { return filepath.Join(w.state, "scripts") }
	for name, tc := range map[string]struct {
		meanwhile []string
		want      string
	}{
		"pins and rollbacks":      {nil, "a1 b1"},
		"other scripts are saved": {[]string{"edit c 2", "restart"}, "a1 b1"},
		"what was rolled back":    {[]string{"edit b 3"}, "a1 b3"},
		"pinned again":            {[]string{"pin a #2"}, "a2 b1"},
		"unpinned":                {[]string{"unpin a"}, "a2 b1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", "a", "b", "c")
			must(t, w.do("edit b 2"))
			must(t, w.do("edit a 2"))
			must(t, w.do("pin a #0"))
			must(t, w.do("rollback b #0"))
			w.stop()
			must(t, os.Rename(scripts(w), scripts(w)+".away"))
			w.start()
			if got := "a" + w.gets("a") + " b" + w.gets("b"); got != "a2 b2" {
				t.Errorf("without the history calls get %s", got)
			}
			for _, what := range tc.meanwhile {
				must(t, w.do(what))
			}
			w.stop()
			must(t, os.RemoveAll(scripts(w)))
			must(t, os.Rename(scripts(w)+".away", scripts(w)))
			w.start()
			if got := "a" + w.gets("a") + " b" + w.gets("b"); got != tc.want {
				t.Errorf("with it calls get %s, want %s; log:\n%s", got, tc.want, w.log)
			}
		})
	}
}

// TestAnUnavailableGenerationIsProtected: a pinned generation that cannot be read
// now stays in the history, however many come after.
func TestAnUnavailableGenerationIsProtected(t *testing.T) {
	w := newWorld(t, "", "a", "b")
	w.keep = 2
	must(t, w.do("edit a 2"))
	must(t, w.do("pin a #0"))
	w.stop()
	must(t, os.WriteFile(filepath.Join(w.state, "scripts", "generations", w.generations[0]), nil, 0o600))
	w.start()
	w.logged("cannot be loaded")
	if !slices.Contains(w.plan.Load().generations, w.generations[0]) {
		t.Errorf("protected are %v, without the pinned %s", w.plan.Load().generations, w.generations[0])
	}
}

// TestGenerationsInUseStayInTheHistory: those that are pinned, rolled back to, or
// compared with a canary, however many come after.
func TestGenerationsInUseStayInTheHistory(t *testing.T) {
	w := newWorld(t, "flows: {c: {canary: 50%}}", "a", "b", "c", "d")
	w.keep = 2
	must(t, w.do("restart"))
	must(t, w.do("pin a #0"))
	must(t, w.do("edit b 2"))
	must(t, w.do("edit b 3"))
	must(t, w.do("rollback b"))
	must(t, w.do("edit c 2"))
	for _, version := range []string{"2", "3", "4", "5", "6"} {
		w.edit("a", version)
		w.edit("d", version)
	}
	must(t, w.do("restart"))
	for flow, want := range map[string]string{"a": "1", "b": "2", "c": "1/2", "d": "6"} {
		if got := w.gets(flow); got != want {
			t.Errorf("calls of %s get %s, want %s; log:\n%s", flow, got, want, w.log)
		}
	}
	if kept := w.history.List(); len(kept) > 6 {
		t.Errorf("%d generations are kept", len(kept))
	}
}

// TestUnwritableStateIsAWarning: the decision is in force all the same.
func TestUnwritableStateIsAWarning(t *testing.T) {
	w := newWorld(t, "", "a")
	w.edit("a", "2")
	w.file.dir = filepath.Join(w.dir, "a.lua", "state") // below a file, where no directory can be made
	rec, warning, err := w.Pin("a", w.generations[0])
	if err != nil || !strings.Contains(warning, "until eslua ends") || !strings.Contains(warning, w.file.dir) || rec.Generation != w.generations[0] {
		t.Errorf("pinned %+v, %q, %v", rec, warning, err)
	}
	if got := w.gets("a"); got != "1" {
		t.Errorf("calls get %s", got)
	}
}

// TestStateFileIsWrittenOnlyForAChange, and never after Retire.
func TestStateFileIsWrittenOnlyForAChange(t *testing.T) {
	w := newWorld(t, "", "a")
	file := filepath.Join(w.state, "rollout.json")
	w.nextDeadline()
	must(t, w.save(t.Context()))
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing was decided, and there is %v", err)
	}
	w.edit("a", "2")
	must(t, w.do("pin a #0"))
	first, err := os.Stat(file)
	must(t, err)
	must(t, w.save(t.Context()))
	if again, err := os.Stat(file); err != nil || !os.SameFile(first, again) {
		t.Error("written again without a change")
	}
	w.Retire()
	if _, warning, err := w.Unpin("a"); err != nil || !strings.Contains(warning, "draining") {
		t.Errorf("unpinned with %q, %v", warning, err)
	}
	if again, err := os.Stat(file); err != nil || !os.SameFile(first, again) {
		t.Error("written after it was given to another host")
	}
	left, err := filepath.Glob(filepath.Join(w.state, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWithoutHistory only the current generation can be named.
func TestWithoutHistory(t *testing.T) {
	w := newWorld(t, "", "a")
	r := New(w.cfg, Deps{Scripts: w.scripts, Log: w.deps.Log, Clock: w.clk})
	if _, _, err := r.Rollback("a", ""); err == nil {
		t.Error("rolled back to nothing")
	}
	if _, _, err := r.Pin("a", "zz"); err == nil {
		t.Error("pinned to nothing")
	}
	if _, _, err := r.Pin("a", w.generations[0][:4]); err != nil {
		t.Error(err)
	}
	w.edit("a", "2")
	if got := versionIn(r.Stable("a"), "a"); got != "1" {
		t.Errorf("calls get %s", got)
	}
}

// TestStateOfAnEarlierRelease reads the state as it was written, or an upgrade would forget
// pins and rollbacks.
func TestStateOfAnEarlierRelease(t *testing.T) {
	w := newWorld(t, "flows: {c: {canary: 50%}}", "a", "b", "c")
	must(t, w.do("remove b"))
	must(t, w.do("edit c 2"))
	w.stop()
	must(t, os.WriteFile(filepath.Join(w.state, "rollout.json"), []byte(`{
  "records": [
    {"flow": "b", "generation": "`+w.generations[0]+`", "until": "gone", "why": "rolled back", "since": "2026-01-01T00:00:00Z"}
  ],
  "proven": [
    {"flow": "c", "generation": "`+w.generations[0]+`"}
  ]
}
`), 0o600))
	w.start()
	if b, c := w.gets("b"), w.gets("c"); b != "1" || c != "1/2" {
		t.Errorf("calls get b%s c%s, want b1 c1/2", b, c)
	}
}

// TestADiskThatHangsDelaysNoAdmin: a pin is in force at once, with a warning, and is
// saved when the disk answers again.
func TestADiskThatHangsDelaysNoAdmin(t *testing.T) {
	w := newWorld(t, "", "a")
	w.edit("a", "2")
	w.file.writeLock <- struct{}{} // another write has not returned
	warned := make(chan string, 1)
	go func() {
		_, warning, err := w.Pin("a", w.generations[0])
		if err != nil {
			warning = err.Error()
		}
		warned <- warning
	}()
	w.clk.WaitForTimers(1)
	if got := w.gets("a"); got != "1" {
		t.Errorf("meanwhile calls get %s", got)
	}
	w.clk.Advance(saveTime)
	if warning := <-warned; !strings.Contains(warning, "has not completed an earlier write") {
		t.Errorf("warned: %q", warning)
	}
	<-w.file.writeLock
	must(t, w.save(t.Context()))
	w.stop()
	w.start()
	if got := w.gets("a"); got != "1" {
		t.Errorf("after a restart calls get %s", got)
	}
}
