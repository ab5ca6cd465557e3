package flowtest

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/nats-io/nats-server/v2/server/ats"
)

// A Keeping has the tests of a process keep what must not be lost, such as pushes, one test
// at a time: NATS' client has a pool of timers (nats.go, timer.go), and a timer of one test's
// time must not get into another's.
type Keeping struct{ turn sync.Mutex }

// NewKeeping returns a Keeping. It is called outside of every test's time, because the first
// store of files has a goroutine that serves all later ones (nats-server, server/ats).
func NewKeeping() *Keeping {
	ats.Register()
	return &Keeping{}
}

// End ends what NewKeeping has started.
func (*Keeping) End() { ats.Unregister() }

// A Turn is one test's turn to keep something.
type Turn struct {
	of    *Keeping
	once  sync.Once
	taken atomic.Bool
}

// Turn returns the turn of a test, which begins at its first Take.
func (k *Keeping) Turn() *Turn { return &Turn{of: k} }

// Take waits until no other test has its turn.
func (t *Turn) Take() {
	t.once.Do(func() {
		t.of.turn.Lock()
		t.taken.Store(true)
	})
}

// Taken reports whether the turn has begun.
func (t *Turn) Taken() bool { return t.taken.Load() }

// End ends the turn, after the test's time.
func (t *Turn) End() {
	if t.Taken() {
		runtime.GC()
		runtime.GC() // a pool survives one collection
		t.of.turn.Unlock()
	}
}

// directory returns a directory of the scene's own.
func (s *Scene) directory() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != "" {
		return s.state, nil
	}
	in := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		in = "/dev/shm" // memory
	}
	dir, err := os.MkdirTemp(in, "eslua-test-")
	s.state = dir
	return dir, err
}

// Written returns the directory of the scene's own that scripts have instead of one in which
// they may write. It is empty at first.
func (st *Stage) Written(dir string) (instead string, err error) { return st.scene.written(dir) }

func (s *Scene) written(dir string) (instead string, err error) {
	own, err := s.directory()
	if err != nil {
		return "", err
	}
	instead = filepath.Join(own, "written", dir)
	return instead, os.MkdirAll(instead, 0o700)
}

// File returns what a file holds that a script has written, found false if it is not there.
func (s *Scene) File(path string) (text string, found bool, err error) {
	for _, dir := range s.writable() {
		name, err := filepath.Rel(dir, filepath.Clean(path))
		if err != nil || !filepath.IsLocal(name) {
			continue
		}
		instead, err := s.written(dir)
		if err != nil {
			return "", false, err
		}
		root, err := os.OpenRoot(instead)
		if err != nil {
			return "", false, err
		}
		defer root.Close()
		held, err := root.ReadFile(name)
		if os.IsNotExist(err) {
			return "", false, nil
		}
		return string(held), err == nil, err
	}
	return "", false, fmt.Errorf("no flow may write %s; flows may write in %s", path, cmp.Or(strings.Join(s.writable(), ", "), "no directory (grants: write:)"))
}

// writable lists the directories in which some flow may write.
func (s *Scene) writable() (dirs []string) {
	add := func(g *grant.Grants) {
		for _, d := range g.Write {
			if !slices.Contains(dirs, string(d)) {
				dirs = append(dirs, string(d))
			}
		}
	}
	add(&s.config.Grants)
	for _, name := range slices.Sorted(maps.Keys(s.config.Flows)) {
		if g := s.config.Flows[name].Grants; g != nil {
			add(g)
		}
	}
	return dirs
}
