package flock

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLocks opens one directory as two processes would: each open file has a lock
// of its own.
func TestLocks(t *testing.T) {
	dir := t.TempDir()
	open := func() *os.File {
		f, err := os.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	first, second := open(), open()
	if err := Shared(first); err != nil {
		t.Fatal(err)
	}
	if err := Shared(second); err != nil {
		t.Errorf("two shared locks: %v", err)
	}
	if err := Exclusive(open()); !errors.Is(err, ErrLocked) {
		t.Errorf("an exclusive lock beside shared ones: %v", err)
	}
	child, err := unix.Dup(int(first.Fd())) // what a process has that is being started
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(child)
	for _, f := range []*os.File{first, second} {
		if err := Release(f); err != nil {
			t.Error(err)
		}
	}
	third := open()
	if err := Exclusive(third); err != nil {
		t.Fatal(err)
	}
	if err := Exclusive(open()); !errors.Is(err, ErrLocked) {
		t.Errorf("two exclusive locks: %v", err)
	}
	_ = Release(third)
	if err := Exclusive(open()); err != nil {
		t.Errorf("a lock outlives its file: %v", err)
	}
}
