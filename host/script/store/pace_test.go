package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
	"github.com/fsnotify/fsnotify"
)

// A paced store is stepped by hand, as Run does when it is notified of each change.
type paced struct {
	*Store
	*watcher
	t   *testing.T
	clk *clock.Manual
	log *testproc.Log
}

func openPaced(t *testing.T, dir string, cfg Config) *paced {
	s, clk, log := openManual(t, dir, cfg)
	p := &paced{s, unnotified(s), t, clk, log}
	p.watcher.step(t.Context())
	return p
}

// pass lets time pass in steps of a second. Before each, something changes.
func (p *paced) pass(d time.Duration, change func(second int)) {
	p.t.Helper()
	for i := range int(d / time.Second) {
		if change != nil {
			change(i)
			p.watcher.debounce.note(p.clk.Now())
		}
		for range 3 {
			p.clk.Advance(50 * time.Millisecond)
			p.watcher.step(p.t.Context())
		}
		p.clk.Advance(850 * time.Millisecond)
	}
}

func (p *paced) reads(name string) string {
	data, err := p.Current().ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return data
}

// appendTo makes a log grow.
func appendTo(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	must(t, err)
	_, err = f.WriteString("a line of a log\n")
	must(t, err)
	must(t, f.Close())
}

// A log that grows in the script directory makes a generation now and then, delays
// no edit of anything else, and an admin is told.
func TestAFileThatKeepsGrowing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "vip.csv", "0", "calls.log", "")
	p := openPaced(t, dir, Config{})
	grow := func(int) { appendTo(t, filepath.Join(dir, "calls.log")) }
	p.pass(30*time.Minute, grow)
	if n := p.Status().Swaps; n < 10 || n > 15 {
		t.Errorf("half an hour of a log that grows made %d generations", n)
	}
	const told = "calls.log: changes so often that it is read only every 10m0s"
	if st := p.Status(); !warned(st, told) || p.log.Count(told) != 1 {
		t.Errorf("logged %d times; problems:\n%s", p.log.Count(told), problemTexts(st.Problems))
	}
	for i := range 20 { // edits of other files
		p.pass(10*time.Second, func(second int) {
			grow(second)
			if second == 0 {
				put(t, dir, "main.lua", fmt.Sprint("return ", i+1), "vip.csv", fmt.Sprint(i+1))
			}
			if second == 1 && (p.reads("main.lua") != fmt.Sprint("return ", i+1) || p.reads("vip.csv") != fmt.Sprint(i+1)) {
				t.Fatalf("edit %d: main.lua serves %s, vip.csv %s", i+1, p.reads("main.lua"), p.reads("vip.csv"))
			}
		})
	}
	p.pass(longestPause+time.Second, nil)
	if want, err := os.ReadFile(filepath.Join(dir, "calls.log")); err != nil || p.reads("calls.log") != string(want) {
		t.Errorf("when it has stopped growing, %d of %d bytes serve", len(p.reads("calls.log")), len(want))
	}
	p.pass(4*longestPause, nil)
	grow(0)
	p.pass(time.Second, func(int) {})
	if want, err := os.ReadFile(filepath.Join(dir, "calls.log")); err != nil || p.reads("calls.log") != string(want) || warned(p.Status(), "calls.log") {
		t.Errorf("later it is read late; problems:\n%s", problemTexts(p.Status().Problems))
	}
}

// Who saves a file by hand again and again waits for nothing.
func TestAFileThatIsEditedByHand(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "menu.json", "0")
	p := openPaced(t, dir, Config{})
	for i := range 200 {
		p.pass(8*time.Second, func(second int) {
			if second == 0 {
				put(t, dir, "menu.json", fmt.Sprint(i+1))
			} else if p.reads("menu.json") != fmt.Sprint(i+1) {
				t.Fatalf("edit %d: menu.json serves %s", i+1, p.reads("menu.json"))
			}
		})
	}
}

// A directory in which files come and go all day, such as a spool.
func TestADirectoryThatKeepsChanging(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "spool/first.wav", "x", "lists/a.csv", "x")
	p := openPaced(t, dir, Config{})
	name := func(i int) string { return fmt.Sprintf("spool/%d.wav", i) }
	p.pass(20*time.Minute, func(second int) {
		put(t, dir, name(second), "x")
		if second >= 5 {
			must(t, os.Remove(filepath.Join(dir, name(second-5))))
		}
	})
	if n := p.Status().Swaps; n < 10 || n > 15 {
		t.Errorf("20 minutes made %d generations", n)
	}
	if !warned(p.Status(), "spool: gets and loses files so often") {
		t.Errorf("problems:\n%s", problemTexts(p.Status().Problems))
	}
	put(t, dir, "lists/b.csv", "y", "spool/flow.lua", "return 1")
	p.pass(time.Second, func(int) {})
	if _, err := p.Current().Script("spool/flow"); err != nil || p.reads("lists/b.csv") != "y" {
		t.Errorf("%v; b.csv is %s", err, p.reads("lists/b.csv"))
	}
	p.pass(longestPause+time.Second, nil)
	var want []string
	for _, e := range must2(os.ReadDir(filepath.Join(dir, "spool")))(t) {
		want = append(want, "spool/"+e.Name())
	}
	var got []string
	for _, f := range p.Current().Files() {
		if strings.HasPrefix(f.Name, "spool/") {
			got = append(got, f.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("afterwards %v serve, want %v", got, want)
	}
}

func must2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// What an admin asks for is read at once.
func TestReloadDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "calls.log", "")
	p := openPaced(t, dir, Config{})
	p.pass(10*time.Minute, func(int) { appendTo(t, filepath.Join(dir, "calls.log")) })
	must(t, p.Reload(t.Context()))
	if want, err := os.ReadFile(filepath.Join(dir, "calls.log")); err != nil || p.reads("calls.log") != string(want) {
		t.Errorf("%d of %d bytes serve", len(p.reads("calls.log")), len(want))
	}
}

// A wrong save beside a log that grows is refused once.
func TestARefusalBesideAFileThatKeepsGrowing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "calls.log", "")
	p := openPaced(t, dir, Config{})
	put(t, dir, "main.lua", "return return")
	p.pass(20*time.Minute, func(int) { appendTo(t, filepath.Join(dir, "calls.log")) })
	if n := p.Status().Refusals; n > 20 || p.log.Count("main.lua:1") != 1 {
		t.Errorf("refused %d times, logged %d times", n, p.log.Count("main.lua:1"))
	}
}

// A change that has to wait is read when its time has come, without another one.
func TestAHeldChangeIsReadByItself(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "data.txt", "0")
	s, clk, _ := openManual(t, dir, Config{Scan: time.Hour})
	start(t, s)
	clk.WaitForTimers(1)
	stop := tick(clk, s.cfg.Quiet)
	for i := range 5 {
		want := fmt.Sprint(i + 1)
		put(t, dir, "data.txt", want)
		await(t, s, "data.txt "+want, func() bool { return holds(s.Current(), "main.lua", "return 0", "data.txt", want) })
	}
	stop()
}

// What changes without touching a script is dropped from the history first.
func TestDataDoesNotPushScriptsOutOfTheHistory(t *testing.T) {
	for _, onDisk := range []bool{true, false} {
		dir, state := t.TempDir(), ""
		if onDisk {
			state = t.TempDir()
		}
		put(t, dir, "main.lua", "return 0")
		k := openWithHistory(t, dir, state, 6)
		k.history.Protect(func() []string { return nil })
		for script := range 3 {
			k.save(t, "main.lua", fmt.Sprint("return ", script+1))
			for i := range 30 {
				k.save(t, "calls.log", fmt.Sprint(script, i))
			}
		}
		k.awaitWritten(t)
		kept := map[string]bool{}
		for _, e := range k.history.List() {
			g, err := k.history.Find(e.Generation)
			must(t, err)
			data, err := g.ReadFile("main.lua")
			must(t, err)
			kept[data] = true
		}
		if !kept["return 1"] || !kept["return 2"] || !kept["return 3"] || len(k.history.List()) > 8 {
			t.Errorf("on disk %v: kept are %v:\n%s", onDisk, kept, summary(k.history.List()))
		}
	}
}

func TestSurplus(t *testing.T) {
	script, data := []string{"a.lua"}, []string{"a.log"}
	list := []Entry{ // the newest first
		{Generation: "7", Edited: data}, {Generation: "6", Added: data}, {Generation: "5", Removed: data},
		{Generation: "4", Edited: script}, {Generation: "3", Edited: data}, {Generation: "2", Edited: append(data, script...)}, {Generation: "1"},
	}
	for _, c := range []struct {
		keep      int
		protected string
		want      string
	}{
		{7, "", ""}, {6, "", "5"}, {5, "", "5 6"}, {4, "", "1 5 6"}, {3, "", "1 2 5 6"}, {1, "", "1 2 3 4 5 6"},
		{5, "5", "1 6"}, {3, "1", "2 5 6"}, {6, "5", "6"},
	} {
		if got := strings.Join(sortedKeys(surplus(list, c.keep, strings.Fields(c.protected))), " "); got != c.want {
			t.Errorf("to keep %d and %q, removed are %q, want %q", c.keep, c.protected, got, c.want)
		}
	}
}

// TestScansRest: after a scan that took long the next one waits, but a change is taken
// without that wait if there was none before.
func TestScansRest(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0")
	s, clk, _ := openManual(t, dir, Config{})
	w := unnotified(s)
	s.cfg.Notify = nil
	w.notifier.open = func() (*fsnotify.Watcher, error) { // asked for in each scan
		clk.Advance(2 * time.Second)
		return noNotifications()
	}
	put(t, dir, "main.lua", "return 1")
	w.debounce.note(clk.Now())
	w.step(t.Context())
	if wait := w.wait(clk.Now()); wait > s.cfg.Quiet {
		t.Errorf("a change that was seen once waits %v for the scan that confirms it", wait)
	}
	w.step(t.Context())
	if !holds(s.Current(), "main.lua", "return 1") {
		t.Fatal("the change is not taken")
	}
	w.debounce.note(clk.Now())
	if wait := w.wait(clk.Now()); wait != restFactor*2*time.Second {
		t.Errorf("after a scan of 2 s the next one waits %v", wait)
	}
}
