package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/flock"
)

// takenError means that another process listens on the socket's path.
type takenError struct{ Path string }

func (e *takenError) Error() string {
	return fmt.Sprintf("another eslua listens on %s; set admin to another path for one of the two", e.Path)
}

// A socket is a Unix listener that only this user may connect to.
type socket struct {
	net.Listener
	file fs.FileInfo // so that Close removes no other process's file

	mu   sync.Mutex
	path string
}

// listen opens the socket at path. It replaces a dead process's socket, but not a
// living one's: the error is then a *takenError. The error is flock.ErrLocked while
// another process opens or closes a socket in the same directory.
func listen(path string) (*socket, error) {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := checkVacant(path); err != nil {
		return nil, err
	}
	removeDeadSiblings(path)
	// It appears under its name only with its final mode, for the directory may be
	// one that others can enter.
	private, err := os.MkdirTemp(dir, ".eslua")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	temporary := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temporary, Net: "unix"})
	if err != nil {
		return nil, err
	}
	s := &socket{Listener: l, path: path}
	err = os.Chmod(temporary, 0o600)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err == nil {
		s.file, err = os.Lstat(path)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return s, nil
}

// lock locks a directory that has sockets against other eslua processes until
// unlock.
func lock(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := flock.Exclusive(d); err != nil {
		_ = d.Close()
		return nil, err
	}
	return func() { _ = flock.Release(d) }, nil
}

// checkVacant returns an error that says why no socket may be put at path.
func checkVacant(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket; remove it, or set admin to another path", path)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	nc, err := new(net.Dialer).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = nc.Close()
		return &takenError{Path: path}
	case isDead(err), errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s belongs to another user; set admin to another path", path)
	}
	return &takenError{Path: path} // it is too busy to answer
}

// siblings returns the sockets of the processes that have handed path over: its
// name and their process numbers.
func siblings(path string) (paths []string) {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if _, err := strconv.Atoi(number); ok && err == nil {
			paths = append(paths, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return paths
}

// removeDeadSiblings removes the sockets of processes that were killed after they
// had handed path over.
func removeDeadSiblings(path string) {
	for _, sibling := range siblings(path) {
		if checkVacant(sibling) == nil {
			_ = os.Remove(sibling)
		}
	}
}

// moveTo moves the socket to another path, where it can still be reached, so that
// the next process can have the old one.
func (s *socket) moveTo(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(s.path, path); err != nil {
		return err
	}
	s.path = path
	return nil
}

// Close stops listening and removes the socket's file, unless it is another
// process's by now.
func (s *socket) Close() error {
	err := s.Listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if info, statErr := os.Lstat(s.path); statErr != nil || !os.SameFile(info, s.file) {
		return err
	}
	// Without the lock the file stays; the next process replaces a closed socket.
	if unlock, lockErr := lock(filepath.Dir(s.path)); lockErr == nil {
		defer unlock()
		_ = os.Remove(s.path)
	}
	return err
}
