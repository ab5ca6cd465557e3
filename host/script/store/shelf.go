package store

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/eslua/eslua/host/flock"
)

// room is a part of the shelf: what lies in it, and under which names.
type room string

const (
	roomFiles       room = "files"       // bytes of files, by their hash
	roomGenerations room = "generations" // manifests, by the generation's name
)

// shelf keeps history's bytes by name. One goroutine at a time puts and removes;
// others read meanwhile.
type shelf interface {
	put(in room, texts map[string]string) error // each whole or not at all; all there when it returns
	get(in room, name string) (string, error)
	names(in room) ([]string, error)
	remove(in room, name string) error
	sweep() error                     // removes what a crash left half written; under the exclusive lock
	path(in room, name string) string // for the admin
	// lock is shared by all who put, and exclusive to who removes: that does not
	// wait. unlock may always be called.
	lock(exclusive bool) (unlock func(), err error)
}

// disk is a directory with a directory for each room. It is made when it is
// first written to.
type disk struct {
	dir   string
	whole map[string]bool // files that are known to be as they were written; for put alone
}

// half begins the names of what is not yet whole.
const half = ".half-"

func (d *disk) path(in room, name string) string { return filepath.Join(d.dir, string(in), name) }

func (d *disk) put(in room, texts map[string]string) error {
	dir := d.path(in, "")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	wrote := false
	for name, text := range texts {
		if in == roomFiles && d.has(name) {
			continue
		}
		if err := writeWhole(dir, name, text); err != nil {
			return err
		}
		wrote = true
	}
	if in == roomFiles {
		d.whole = map[string]bool{}
		for name := range texts {
			d.whole[name] = true
		}
	}
	if !wrote {
		return nil
	}
	return syncDir(dir)
}

// has says whether a file is there with the bytes that its name promises.
func (d *disk) has(name string) bool {
	if d.whole[name] {
		_, err := os.Stat(d.path(roomFiles, name))
		return err == nil
	}
	text, err := os.ReadFile(d.path(roomFiles, name))
	return err == nil && hexSum(sha256.Sum256(text)) == name
}

// writeWhole lets a file appear with all its bytes, those on the disk, or not at
// all.
func writeWhole(dir, name, text string) error {
	f, err := os.CreateTemp(dir, half)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // the file system has no such thing as a directory's own sync
		err = nil
	}
	return errors.Join(err, d.Close())
}

func (d *disk) get(in room, name string) (string, error) {
	text, err := os.ReadFile(d.path(in, name))
	return string(text), err
}

func (d *disk) names(in room) ([]string, error) { return d.list(in, false) }

func (d *disk) list(in room, halves bool) ([]string, error) {
	entries, err := os.ReadDir(d.path(in, ""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), half) == halves {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (d *disk) remove(in room, name string) error { return os.Remove(d.path(in, name)) }

func (d *disk) sweep() error {
	var errs []error
	for _, in := range []room{roomFiles, roomGenerations} {
		names, err := d.list(in, true)
		errs = append(errs, err)
		for _, name := range names {
			errs = append(errs, d.remove(in, name))
		}
	}
	return errors.Join(errs...)
}

func (d *disk) lock(exclusive bool) (unlock func(), err error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return func() {}, err
	}
	f, err := os.OpenFile(filepath.Join(d.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() {}, err
	}
	if exclusive {
		err = flock.Exclusive(f)
	} else {
		err = flock.Shared(f)
	}
	return func() { _ = f.Close() }, err
}

// memory is a shelf that ends with the process.
type memory struct {
	mu    *sync.Mutex
	rooms map[room]map[string]string
}

func newMemory() memory {
	return memory{&sync.Mutex{}, map[room]map[string]string{roomFiles: {}, roomGenerations: {}}}
}

func (m memory) put(in room, texts map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.rooms[in], texts)
	return nil
}

func (m memory) get(in room, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.rooms[in][name]; ok {
		return text, nil
	}
	return "", &fs.PathError{Op: "get", Path: m.path(in, name), Err: fs.ErrNotExist}
}

func (m memory) names(in room) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sortedKeys(m.rooms[in]), nil
}

func (m memory) remove(in room, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rooms[in], name)
	return nil
}

func (m memory) sweep() error                     { return nil }
func (m memory) path(in room, name string) string { return string(in) + "/" + name }
func (m memory) lock(bool) (func(), error)        { return func() {}, nil }
