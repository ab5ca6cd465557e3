package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/disk"
	"github.com/eslua/eslua/host/script/store"
)

// state survives a restart.
type state struct {
	Overrides []Override        `json:"records"`
	Stable    []savedGeneration `json:"proven"`
}

// A savedGeneration is the stable generation of a flow with canary settings.
type savedGeneration struct {
	Flow       string `json:"flow"`
	Generation string `json:"generation"`
}

// Retire stops saving: the state directory now belongs to the eslua that takes
// over, while this one lets its calls end. Decisions still apply to those.
func (r *Rollout) Retire() {
	r.file.retired.Store(true) // without writeLock, whose holder a disk may block
}

var errRetired = errors.New("this eslua is draining; the new process decides now")

// saveOrWarn saves the decisions. If that fails it returns a warning for the admin, who
// does not wait long for a disk that hangs: Run saves them when it can.
func (r *Rollout) saveOrWarn() (warning string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	late := r.deps.Clock.AfterFunc(saveTime, stop)
	defer late.Stop()
	err := r.save(ctx)
	if ctx.Err() != nil {
		r.wakeRun()
		err = r.file.unsaved(errBusy)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// saveTime limits an admin's wait until earlier decisions are saved.
const saveTime = 5 * time.Second

var errBusy = errors.New("the disk has not completed an earlier write")

// save saves the decisions if they changed since the last time. It fails if ctx ends
// before others have saved theirs.
func (r *Rollout) save(ctx context.Context) error {
	select {
	case r.file.writeLock <- struct{}{}: // before the state is read, so that an older one never overwrites a newer one
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.file.writeLock }()
	return r.file.write(r.state())
}

func (r *Rollout) state() state {
	r.mu.Lock()
	defer r.unlock()
	s := state{Overrides: []Override{}, Stable: []savedGeneration{}}
	for _, flow := range sortedKeys(r.overrides) {
		s.Overrides = append(s.Overrides, r.overrides[flow].Override)
	}
	for _, flow := range sortedKeys(r.unavailable) {
		s.Overrides = append(s.Overrides, r.unavailable[flow])
	}
	for _, flow := range sortedKeys(r.stable) {
		s.Stable = append(s.Stable, savedGeneration{flow, r.stable[flow].generation.Name()})
	}
	return s
}

// restore loads the saved decisions.
func (r *Rollout) restore() {
	s := r.file.read()
	serving := r.deps.Scripts.Current().Name()
	for _, o := range s.Overrides {
		g, err := r.findExactly(o.Generation)
		if err != nil {
			r.unavailable[o.Flow] = o
			r.deps.Log.Error("rollout: the pinned generation cannot be loaded; serving the script directory until a restart finds it",
				flowAttrs(o.Flow, "generation", o.Generation, "reason", o.Why, "serving", serving, "error", err)...)
			continue
		}
		r.overrides[o.Flow] = loadedOverride{o, g}
	}
	for _, saved := range s.Stable {
		if _, ok := r.settings[saved.Flow]; !ok {
			continue
		}
		g, err := r.findExactly(saved.Generation)
		if err != nil {
			r.deps.Log.Error("rollout: the generation with which a canary is compared cannot be loaded; all calls get the one in the script directory",
				flowAttrs(saved.Flow, "generation", saved.Generation, "serving", serving, "error", err)...)
			continue
		}
		if v := versionOf(g, saved.Flow); v != versionAbsent {
			r.stable[saved.Flow] = &stableVersion{generation: g, version: v, calls: newTally(nil)}
		}
	}
}

// findExactly returns a generation by its whole name.
func (r *Rollout) findExactly(name string) (*store.Generation, error) {
	g, err := r.find(name)
	if err == nil && g.Name() != name {
		err = fmt.Errorf("%q is not the whole name of a generation", name)
	}
	return g, err
}

// A stateFile is rollout.json in the state directory.
type stateFile struct {
	dir string // "": nothing is saved
	log *slog.Logger

	// writeLock keeps the order in which goroutines write the file. It is not a
	// mutex because a disk that hangs may block its holder for long.
	writeLock chan struct{}
	written   []byte // what the file holds; nil: it does not exist
	retired   atomic.Bool
}

func (f *stateFile) name() string { return filepath.Join(f.dir, "rollout.json") }

// read returns the content of the file. It renames a damaged file, so that it is
// not overwritten and can be examined.
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
	movedTo := f.name() + ".damaged"
	if moveErr := os.Rename(f.name(), movedTo); moveErr != nil {
		movedTo, err = "", fmt.Errorf("%w; and it cannot be moved: %w", err, moveErr)
	}
	f.log.Error("rollout: pins and rollbacks cannot be read; calls get the scripts of the script directory", "file", f.name(), "moved_to", movedTo, "error", err)
	return state{}
}

// write replaces the file if it does not hold s already. The caller holds writeLock.
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
	if f.written == nil && len(s.Overrides)+len(s.Stable) == 0 {
		return nil // nothing was ever decided
	}
	err = errRetired
	if !f.retired.Load() {
		err = disk.WriteFiles(f.dir, map[string]string{filepath.Base(f.name()): string(data)})
	}
	if err != nil {
		return f.unsaved(err)
	}
	f.written = data
	return nil
}

func (f *stateFile) unsaved(err error) error {
	return fmt.Errorf("this holds only until eslua ends, because it could not be saved in %s: %w", f.name(), err)
}
