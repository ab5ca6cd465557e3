package store

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/fsnotify/fsnotify"
)

// Run watches the tree and serves its changes, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	if s.embedded != nil {
		<-ctx.Done()
		return nil
	}
	w := newWatcher(s)
	defer w.notifier.close()
	return w.run(ctx)
}

// A watcher decides when Run scans the tree.
type watcher struct {
	store     *Store
	notifier  notifier
	debounce  debounce
	written   map[string]bool // base names of the files that were written since the last scan
	rereadAll bool            // any file may have been written
	timer     *clock.Timer    // of debounce; nil when it is not active
	held      *clock.Timer    // for a file that changes too often; nil when none waits
	rested    time.Time       // when the next scan may begin
}

func newWatcher(s *Store) *watcher {
	return &watcher{
		store:    s,
		notifier: notifier{open: s.cfg.Notify, log: s.log, reported: map[string]bool{}},
		debounce: debounce{quiet: s.cfg.Quiet, limit: s.cfg.MaxDelay},
		written:  map[string]bool{},
	}
}

func (w *watcher) run(ctx context.Context) error {
	clk, interval := w.store.clk, w.store.cfg.Scan
	w.step(ctx) // asks for notifications; the next scan finds what changed since Open
	scan := clk.NewTimer(interval)
	defer func() { scan.Stop() }()
	defer w.stopTimers()
	for {
		w.startTimer()
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.notifier.events():
			if ok && w.notifier.concerns(e) {
				w.written[filepath.Base(e.Name)] = true
				w.debounce.note(clk.Now())
			}
		case err, ok := <-w.notifier.errors():
			if ok {
				w.eventsLost(err)
			}
		case <-scan.C:
			w.rereadAll = true
			w.step(ctx)
			scan = clk.NewTimer(interval)
		case <-due(w.held):
			w.held = nil
			w.debounce.note(clk.Now())
		case <-due(w.timer):
			w.timer = nil
			if w.wait(clk.Now()) <= 0 {
				w.step(ctx)
			}
		}
	}
}

// eventsLost makes the watcher watch and read everything again, because the kernel
// dropped events or they cannot be read.
func (w *watcher) eventsLost(err error) {
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		w.notifier.reportOnce("reading the notifications of changes failed", err)
	}
	w.notifier.stale = true
	w.debounce.note(w.store.clk.Now())
}

// step scans the tree once. A tree that the previous scan found the same is
// accepted; any other is scanned again.
func (w *watcher) step(ctx context.Context) {
	s := w.store
	if s.lockScan(ctx) != nil {
		return
	}
	defer s.unlockScan()
	now := s.clk.Now()
	t, stable, err := s.scan(ctx, w.reread, false)
	if err != nil {
		return
	}
	clear(w.written)
	w.rereadAll = w.notifier.follow(t)
	w.holdUntil(t.held)
	scanned, overdue := s.clk.Now(), w.debounce.overdue(now)
	if !overdue && s.lacksServedFile(t) { // it probably comes back: vim creates the file again, a deploy unpacks a directory
		stable = false
	}
	accepted, err := s.acceptIfStable(ctx, t, stable && !w.rereadAll, overdue)
	if err != nil {
		return
	}
	if accepted || overdue { // otherwise a scan must show soon that the tree is stable
		w.rested = s.clk.Now().Add(restFactor * scanned.Sub(now))
	}
	if accepted {
		w.debounce.reset()
		if !w.rereadAll {
			return
		}
	}
	w.debounce.note(now)
}

// lacksServedFile reports whether a file that serves is missing from a tree. A
// link that points to another directory is a deploy, which leaves files out on
// purpose.
func (s *Store) lacksServedFile(t *tree) bool {
	if t.dir != s.servedDir {
		return false
	}
	for name := range s.Current().files {
		if t.files[name] == nil {
			return true
		}
	}
	return false
}

// reread reports whether a file must be read although its stamp is the same. An
// event does not tell which links lead to the file that was written.
func (w *watcher) reread(base string, isLink bool) bool {
	return w.rereadAll || w.written[base] || isLink && len(w.written) > 0
}

// restFactor makes the time between two scans a multiple of the time that the last one
// took, once a tree was accepted, so that a directory with far too much in it takes no
// more than a fifth of a processor, however often it changes.
const restFactor = 9

// wait returns how long to wait before the tree may be scanned for a change.
func (w *watcher) wait(now time.Time) time.Duration {
	return max(w.debounce.wait(now), w.rested.Sub(now))
}

// startTimer sets the timer of debounce. Events do not move it: when it fires too
// early, it is set again.
func (w *watcher) startTimer() {
	if w.debounce.active && w.timer == nil {
		now := w.store.clk.Now()
		w.timer = w.store.clk.NewTimerAt(now.Add(w.wait(now)))
	}
}

// holdUntil sets the timer for a file that was not read because it changes too
// often, if at is not zero.
func (w *watcher) holdUntil(at time.Time) {
	if w.held != nil {
		w.held.Stop()
		w.held = nil
	}
	if !at.IsZero() {
		w.held = w.store.clk.NewTimerAt(at)
	}
}

func (w *watcher) stopTimers() {
	w.holdUntil(time.Time{})
	if w.timer != nil {
		w.timer.Stop()
	}
}

// due returns the channel of a timer, nil if there is none.
func due(t *clock.Timer) <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.C
}
