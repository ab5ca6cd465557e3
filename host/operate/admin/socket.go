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
)

// takenError says that another process answers at the socket's path.
type takenError struct{ Path string }

func (e *takenError) Error() string {
	return fmt.Sprintf("another eslua answers at %s; set admin to another path for one of the two", e.Path)
}

// errBusy says that another process is opening or closing a socket beside ours.
var errBusy = errors.New("another eslua is at work in the socket's directory")

// socket is a Unix listener that only this user may connect to.
type socket struct {
	net.Listener
	file fs.FileInfo // so that we take away no other's

	mu   sync.Mutex
	path string
}

// listen opens the socket at path. What a dead process left there is replaced;
// a living one's is not: *takenError.
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
	if err := vacant(path); err != nil {
		return nil, err
	}
	sweep(path)
	// It becomes visible under its name with its mode, never before: the
	// directory may be one that others can enter.
	private, err := os.MkdirTemp(dir, ".eslua")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	made := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{Listener: l, path: path}
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
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

// vacant says why no socket may be put at path.
func vacant(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is a file and no socket; remove it, or set admin to another path", path)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	nc, err := new(net.Dialer).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = nc.Close()
		return &takenError{Path: path}
	case nobody(err), errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s is another user's; set admin to another path", path)
	}
	return &takenError{Path: path} // it is too busy to answer
}

// siblings are where those can be reached that left path to another: its name
// and a process number.
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

// sweep removes what those left that were killed after they had left path.
func sweep(path string) {
	for _, sibling := range siblings(path) {
		if vacant(sibling) == nil {
			_ = os.Remove(sibling)
		}
	}
}

// moveTo gives the socket another path, under which it can still be reached,
// and leaves the old one to who comes next.
func (s *socket) moveTo(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(s.path, path); err != nil {
		return err
	}
	s.path = path
	return nil
}

// Close stops listening and removes the file, if it is still ours.
func (s *socket) Close() error {
	err := s.Listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if info, statErr := os.Lstat(s.path); statErr != nil || !os.SameFile(info, s.file) {
		return err
	}
	// A lock is not worth waiting for here: a closed socket is anybody's to replace.
	if unlock, lockErr := lock(filepath.Dir(s.path)); lockErr == nil {
		defer unlock()
		_ = os.Remove(s.path)
	}
	return err
}
