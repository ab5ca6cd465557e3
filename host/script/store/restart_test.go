package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func (k *hostLife) restart(t *testing.T, state string) *hostLife {
	t.Helper()
	k.awaitWritten(t)
	return openWithHistory(t, k.dir, state, 100)
}

// TestARestartDoesWhatAReloadWould: what was saved with errors does not serve after a
// restart either, and what served before does.
func TestARestartDoesWhatAReloadWould(t *testing.T) {
	for name, broken := range map[string][]string{
		"a flow":              {"a.lua", "return ("},
		"a module":            {"lib.lua", "x ="},
		"a new file":          {"a.lua", "return require 'new'", "new.lua", "x ="},
		"a missing module":    {"a.lua", "require 'gone'"},
		"one, others are new": {"a.lua", "return (", "b.lua", "return 2", "c.lua", "return 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, state := t.TempDir(), t.TempDir()
			put(t, dir, "a.lua", "return require 'lib'", "lib.lua", "return 1", "b.lua", "return 1")
			k := openWithHistory(t, dir, state, 100)
			good := k.save(t, "b.lua", "return 'b'")
			put(t, dir, broken...)
			if k.Reload(context.Background()) == nil {
				t.Fatal("the broken save serves")
			}
			saved := time.Unix(1e9-5000, 0)
			must(t, os.Chtimes(filepath.Join(dir, broken[len(broken)-2]), saved, saved))
			must(t, os.Chtimes(filepath.Join(dir, broken[0]), saved, saved))
			before := k.Status()

			k = k.restart(t, state)
			after := k.Status()
			if k.Current().Name() != good || after.Generation != good || !after.Refused || !after.Since.Equal(saved) || problemTexts(after.Problems) != problemTexts(before.Problems) {
				t.Errorf("%s serves, want %s: %+v", k.Current().Name(), good, after)
			}
			for _, flow := range []string{"a", "b", "lib"} {
				if _, err := k.Current().Script(flow); err != nil {
					t.Error(err)
				}
			}
			if n := k.log.Count("those that served before this start serve"); n != 1 || k.log.Count("still_serving="+good) != len(after.Problems) {
				t.Errorf("the log: %s", k.log.String())
			}
			next := k.save(t, "a.lua", "return 1", "lib.lua", "return 2", "new.lua", "")
			if st := k.Status(); next == good || st.Refused || !st.Since.IsZero() || k.log.Count("all problems are solved") != 1 {
				t.Errorf("the corrected scripts: %+v", st)
			}
			if k = k.restart(t, state); k.Current().Name() != next {
				t.Error("the corrected scripts do not serve after a restart")
			}
		})
	}
}

// TestARestartWithoutAnythingBetter: the scripts that are right serve.
func TestARestartWithoutAnythingBetter(t *testing.T) {
	serves := func(t *testing.T, k *hostLife, flow string) {
		t.Helper()
		if _, err := k.Current().Script(flow); err != nil || k.Status().Refused || k.Status().Since.IsZero() {
			t.Errorf("%v, %+v", err, k.Status())
		}
	}
	t.Run("nothing served before", func(t *testing.T) {
		dir, state := t.TempDir(), t.TempDir()
		put(t, dir, "a.lua", "return (", "b.lua", "return 1")
		serves(t, openWithHistory(t, dir, state, 100), "b")
	})
	t.Run("it was wrong before", func(t *testing.T) {
		dir, state := t.TempDir(), t.TempDir()
		put(t, dir, "a.lua", "return (", "b.lua", "return 1")
		k := openWithHistory(t, dir, state, 100)
		first := k.Current().Name()
		put(t, dir, "b.lua", "return 2")
		k = k.restart(t, state)
		serves(t, k, "b")
		if k.Current().Name() == first {
			t.Error("an edit of another file does not serve")
		}
	})
	t.Run("another directory", func(t *testing.T) {
		dir, other, state := t.TempDir(), t.TempDir(), t.TempDir()
		put(t, dir, "a.lua", "return 1", "b.lua", "return 1", "x.lua", "")
		k := openWithHistory(t, dir, state, 100)
		put(t, other, "a.lua", "return (", "c.lua", "return 1")
		k.dir = other
		serves(t, k.restart(t, state), "c")
	})
	t.Run("the history is damaged", func(t *testing.T) {
		dir, state := t.TempDir(), t.TempDir()
		put(t, dir, "a.lua", "return 1", "b.lua", "return 1")
		k := openWithHistory(t, dir, state, 100)
		k.awaitWritten(t)
		must(t, os.RemoveAll(filepath.Join(state, "scripts", string(fileBlobs))))
		put(t, dir, "a.lua", "return (")
		k = k.restart(t, state)
		serves(t, k, "b")
		if k.log.Count("is damaged") != 1 {
			t.Errorf("the log: %s", k.log.String())
		}
	})
}

// TestANewerEsluaFindsMore: what an older eslua took is no reason to keep later edits
// from serving.
func TestANewerEsluaFindsMore(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "a.lua", "phone.rung()", "b.lua", "return 1")
	k := openWithHistory(t, dir, state, 100)
	k.awaitWritten(t)
	put(t, dir, "b.lua", "return 2")
	open := func() *Store {
		h, err := OpenHistory(state, 100, k.log.Logger(), k.clk)
		must(t, err)
		s, _, _ := openManual(t, dir, Config{History: h, Lint: phoneChecker()})
		t.Cleanup(func() { must(t, h.Close(context.Background())) })
		must(t, h.Close(context.Background()))
		return s
	}
	if s := open(); s.Status().Refused || !s.Current().broken["a.lua"] {
		t.Errorf("%+v", s.Status())
	}
	put(t, dir, "b.lua", "return (")
	s := open()
	if text, _ := s.Current().ReadFile("b.lua"); !s.Status().Refused || text != "return 2" {
		t.Errorf("b.lua is %q: %+v", text, s.Status())
	}
	put(t, dir, "b.lua", "phone.ring() phone.rung()")
	if err := s.Reload(context.Background()); err == nil || !strings.Contains(err.Error(), "b.lua:1: phone.rung") {
		t.Errorf("a kept script is not checked: %v", err)
	}
	put(t, dir, "b.lua", "return 3")
	if err := s.Reload(context.Background()); s.Status().Refused {
		t.Errorf("an edit does not serve: %v", err)
	}
}
