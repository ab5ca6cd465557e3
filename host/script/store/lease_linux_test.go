package store

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// Half of a Lua file may compile, so a script that is open for writing is waited
// for, however slow its writer is.
func TestAHalfWrittenScriptIsNeverAccepted(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, clk, log := openManual(t, dir, Config{})
	w := unnotified(s)
	f, err := os.Create(filepath.Join(dir, "main.lua"))
	must(t, err)
	_, err = f.WriteString("local half = 1\n")
	must(t, err)
	must(t, f.Sync())
	w.debounce.note(clk.Now())
	for range 100 {
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
	}
	if !holds(s.Current(), "main.lua", "return 1") {
		t.Fatalf("half a script serves")
	}
	st := s.Status()
	if !st.Refused || len(st.Problems) != 1 || !strings.HasPrefix(st.Problems[0].Error(), "main.lua: another process has it open for writing") || log.Count("open for writing") != 1 {
		t.Errorf("status %+v", st)
	}
	_, err = f.WriteString("return half")
	must(t, err)
	must(t, f.Close())
	for range 3 {
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
	}
	if st := s.Status(); !holds(s.Current(), "main.lua", "local half = 1\nreturn half") || st.Refused || len(st.Problems) != 0 {
		t.Errorf("after the writer has closed it: %+v", st)
	}
}

func TestAWriterThatUndoesItsChange(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, clk, _ := openManual(t, dir, Config{})
	w := unnotified(s)
	f, err := os.OpenFile(filepath.Join(dir, "main.lua"), os.O_RDWR, 0)
	must(t, err)
	settle := func(text string) {
		_, err = f.WriteAt([]byte(text), 0)
		must(t, err)
		w.debounce.note(clk.Now())
		for range 30 {
			clk.Advance(s.cfg.Quiet)
			w.step(t.Context())
		}
	}
	settle("return 2")
	if !s.Status().Refused {
		t.Fatalf("not waited for: %+v", s.Status())
	}
	settle("return 1")
	must(t, f.Close())
	for range 3 {
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
	}
	if st := s.Status(); st.Refused || len(st.Problems) != 0 || st.Swaps != 1 {
		t.Errorf("status %+v", st)
	}
}

// At the start nothing else could serve, and the host must come up.
func TestAScriptOpenForWritingDoesNotKeepTheHostFromStarting(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "main.lua"))
	must(t, err)
	defer f.Close()
	s, err := Open(t.Context(), dir, Config{Quiet: time.Millisecond, MaxDelay: 5 * time.Millisecond}, vm.Compile, quiet, clock.System())
	must(t, err)
	if _, err := s.Current().Script("main"); err != nil {
		t.Error(err)
	}
}

// A flow may write a log beside the scripts: data files are not waited for so long.
func TestADataFileOpenForWritingDelaysOthersASecondAtMost(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, clk, _ := openManual(t, dir, Config{})
	f, err := os.Create(filepath.Join(dir, "calls.log"))
	must(t, err)
	defer f.Close()
	w := unnotified(s)
	begin := clk.Now()
	replace(t, dir, "main.lua", "return 2")
	w.debounce.note(begin)
	for s.Status().Swaps == 1 {
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
		if clk.Now().Sub(begin) > 2*time.Second {
			t.Fatal("the log delays main.lua")
		}
	}
}

// A lease makes writers wait, but none may fail.
func TestALeaseFailsNoWriter(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	ctx, stop := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if err := os.WriteFile(filepath.Join(dir, "main.lua"), []byte("return 1"), 0o644); err != nil {
				failed <- err
				return
			}
		}
	}()
	scans := 2000
	if testing.Short() {
		scans = 300
	}
	for range scans {
		must(t, s.lockScan(t.Context()))
		s.scan(t.Context(), rereadAll, false)
		s.unlockScan()
	}
	stop()
	must(t, <-failed)
}

func TestAScanClosesWhatItOpens(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "large.wav", "RIFF")
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a finalizer would close them
	openFiles := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(fds)
	}
	before := openFiles()
	for range 50 {
		scanDir(t, dir, Limits{Files: 10, File: 8, Total: 100}, emptyTree(), rereadAll)
		scanDir(t, dir, Limits{Files: 10, File: 3, Total: 100}, emptyTree(), rereadAll)
	}
	if n := openFiles() - before; n > 10 {
		t.Errorf("%d files are left open", n)
	}
}
