package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/disk"
	"github.com/eslua/eslua/host/script/store"
)

// state is what outlives a restart.
type state struct {
	Records []Override    `json:"records"`
	Proven  []provenState `json:"proven"`
}

// provenState is the generation that all calls of a flow with a canary got last.
type provenState struct {
	Flow       string `json:"flow"`
	Generation string `json:"generation"`
}

// Retire writes nothing from now on: the state directory is that of the eslua
// which takes over, while this one lets its calls end. What is decided here still
// holds for them.
func (r *Rollout) Retire() {
	r.file.retired.Store(true) // a disk that hangs holds file.mu, and must not hold up a departure
}

var errRetired = errors.New("this eslua is draining; the new process decides now")

// saved saves what was decided; it returns a warning for the admin if that
// failed.
func (r *Rollout) saved() (warning string) {
	if err := r.save(); err != nil {
		return err.Error()
	}
	return ""
}

// save writes what has changed since the last time.
func (r *Rollout) save() error {
	r.file.mu.Lock() // first, so that what is newer is not overwritten with what is older
	defer r.file.mu.Unlock()
	r.mu.Lock()
	s := state{Records: []Override{}, Proven: []provenState{}}
	for _, flow := range sorted(r.records) {
		s.Records = append(s.Records, r.records[flow].Override)
	}
	for _, flow := range sorted(r.lost) {
		s.Records = append(s.Records, r.lost[flow])
	}
	for _, flow := range sorted(r.proven) {
		s.Proven = append(s.Proven, provenState{flow, r.proven[flow].generation.Name()})
	}
	r.mu.Unlock()
	return r.file.write(s)
}

// restore takes up what the state directory holds.
func (r *Rollout) restore() {
	s := r.file.read()
	current := r.deps.Scripts.Current()
	for _, rec := range s.Records {
		g, err := r.earlier(rec.Generation)
		if err != nil {
			r.lost[rec.Flow] = rec
			r.deps.Log.Error("rollout: a pinned or rolled-back generation is not to be had, calls get the one in the script directory until it is, at a later start",
				of(rec.Flow, "generation", rec.Generation, "why it was", rec.Why, "serves", current.Name(), "error", err)...)
			continue
		}
		r.records[rec.Flow] = held{rec, g}
	}
	for _, p := range s.Proven {
		if _, ok := r.canaries[p.Flow]; !ok {
			continue
		}
		g, err := r.earlier(p.Generation)
		if err != nil {
			r.deps.Log.Error("rollout: the generation with which a canary compares is not to be had, calls get the one in the script directory",
				of(p.Flow, "generation", p.Generation, "serves", current.Name(), "error", err)...)
			continue
		}
		if v := versionOf(g, p.Flow); v != gone {
			r.proven[p.Flow] = &proven{generation: g, version: v, calls: newTally(nil)}
		}
	}
}

// earlier is a generation by its whole name.
func (r *Rollout) earlier(name string) (*store.Generation, error) {
	if current := r.deps.Scripts.Current(); current.Name() == name {
		return current, nil
	}
	if r.deps.History == nil {
		return nil, errors.New("there is no history")
	}
	g, err := r.deps.History.Find(name)
	if err == nil && g.Name() != name {
		err = fmt.Errorf("%q is not a whole name", name)
	}
	return g, err
}

// stateFile is rollout.json in the state directory.
type stateFile struct {
	dir string // "" keeps nothing
	log *slog.Logger

	mu      sync.Mutex
	written []byte // what it holds; nil: it is not there
	retired atomic.Bool
}

func (f *stateFile) name() string { return filepath.Join(f.dir, "rollout.json") }

// read is what the file holds. A damaged one is set aside, so that somebody can
// look at it and it is not overwritten.
func (f *stateFile) read() (s state) {
	if f.dir == "" {
		return s
	}
	data, err := os.ReadFile(f.name())
	if errors.Is(err, fs.ErrNotExist) {
		return s
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err == nil {
		f.written = data
		return s
	}
	aside := f.name() + ".damaged"
	if moved := os.Rename(f.name(), aside); moved != nil {
		aside, err = "", fmt.Errorf("%w; and it cannot be set aside: %w", err, moved)
	}
	f.log.Error("rollout: pins and rollbacks cannot be read, calls get what is in the script directory", "file", f.name(), "set aside as", aside, "error", err)
	return state{}
}

// write replaces the file in one step, so that a crash leaves the old or the new
// one. The caller holds mu.
func (f *stateFile) write(s state) error {
	if f.dir == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if bytes.Equal(data, f.written) {
		return nil
	}
	if f.written == nil && len(s.Records)+len(s.Proven) == 0 {
		return nil // nothing was ever decided
	}
	if f.retired.Load() {
		return f.unsaved(errRetired)
	}
	if err := disk.WriteFiles(f.dir, map[string]string{filepath.Base(f.name()): string(data)}); err != nil {
		return f.unsaved(err)
	}
	f.written = data
	return nil
}

func (f *stateFile) unsaved(err error) error {
	return fmt.Errorf("this holds only until eslua ends, because it could not be saved in %s: %w", f.name(), err)
}
