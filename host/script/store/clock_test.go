package store

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
	"github.com/fsnotify/fsnotify"
)

// A hurrying clock runs a hundred times as fast as the machine's. Stores that get
// notifications of the kernel run on it: these come when they come.
type hurrying struct{ began time.Time }

const hurry = 100

func hurryingClock() hurrying { return hurrying{time.Now()} }

func (h hurrying) Now() time.Time { return h.began.Add(time.Since(h.began) * hurry) }

func (h hurrying) NewTimer(d time.Duration) *clock.Timer { return clock.System().NewTimer(d / hurry) }

func (h hurrying) NewTimerAt(at time.Time) *clock.Timer { return h.NewTimer(at.Sub(h.Now())) }

func (h hurrying) AfterFunc(d time.Duration, fn func()) *clock.Timer {
	return clock.System().AfterFunc(d/hurry, fn)
}

// notifications returns a Config.Notify that waits while other processes have all that
// the kernel gives to a user (fs.inotify.max_user_instances, 128).
func notifications(t testing.TB) func() (*fsnotify.Watcher, error) {
	ctx := testproc.Context(t)
	return func() (*fsnotify.Watcher, error) {
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for {
			w, err := fsnotify.NewWatcher()
			if !errors.Is(err, syscall.EMFILE) {
				return w, err
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				t.Errorf("%v: other processes have all of fs.inotify.max_user_instances, or this one all of its files", err)
				return nil, err
			}
		}
	}
}
