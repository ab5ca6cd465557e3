package store

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/fsnotify/fsnotify"
)

// Run watches the tree and takes what is saved there, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	if s.builtIn != nil {
		<-ctx.Done()
		return nil
	}
	w := s.watcher(watch{open: s.notify, log: s.log, told: map[string]bool{}})
	defer w.watch.close()
	return w.run(ctx)
}

func (s *Store) watcher(how watch) *watcher {
	return &watcher{
		Store:    s,
		watch:    how,
		settling: settling{quiet: s.cfg.Quiet, most: s.cfg.MaxDelay},
		doubts:   map[string]bool{},
	}
}

// watcher is what Run knows between two events.
type watcher struct {
	*Store
	watch    watch
	settling settling
	doubts   map[string]bool // base names of files that were written since the last look
	all      bool            // every file may have been
	timer    *clock.Timer    // of settling; nil when there is nothing to settle
}

func (w *watcher) run(ctx context.Context) error {
	w.step() // makes the watch; what changed between Open and that is found by the look that follows
	scan := w.clk.NewTimer(w.cfg.Scan)
	defer func() { scan.Stop() }()
	defer w.disarm()
	for {
		w.arm()
		var ripe <-chan time.Time
		if w.timer != nil {
			ripe = w.timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.watch.events():
			if ok && w.watch.touches(e) {
				w.doubts[filepath.Base(e.Name)] = true
				w.settling.note(w.clk.Now())
			}
		case err, ok := <-w.watch.errors():
			if ok {
				w.missed(err)
			}
		case <-scan.C:
			w.all = true
			w.step()
			scan = w.clk.NewTimer(w.cfg.Scan)
		case <-ripe:
			w.timer = nil
			if w.settling.wait(w.clk.Now()) <= 0 {
				w.step()
			}
		}
	}
}

// missed is told that the kernel dropped events, or that reading them failed: the
// watch begins anew, and everything is read again.
func (w *watcher) missed(err error) {
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		w.watch.tell("reading the notifications of changes failed", err)
	}
	w.watch.lost()
	w.settling.note(w.clk.Now())
}

// step looks at the tree once: what is as the last look saw it is taken, what is
// not is left to settle.
func (w *watcher) step() {
	w.looking.Lock()
	defer w.looking.Unlock()
	now := w.clk.Now()
	t, still := w.look(w.doubt)
	clear(w.doubts)
	w.all = w.watch.follow(t)
	overdue := w.settling.overdue(now)
	if !overdue && w.gone(t) { // most come back: vim writes a file anew, a deploy unpacks a directory
		still = false
	}
	if w.settle(t, still && !w.all, overdue) {
		w.settling.done()
		if !w.all {
			return
		}
	}
	w.settling.note(now)
}

// gone says whether a tree lacks a file that serves. A link that points to
// another directory is a deploy, which means what it leaves out.
func (w *watcher) gone(t *tree) bool {
	if t.real != w.real {
		return false
	}
	for name := range w.Current().files {
		if _, there := t.files[name]; !there {
			return true
		}
	}
	return false
}

// doubt names the files whose stamp is not to be trusted. A link's own name says
// nothing of which file was written.
func (w *watcher) doubt(base string, isLink bool) bool {
	return w.all || w.doubts[base] || isLink && len(w.doubts) > 0
}

// arm sets the timer for what has to settle. It is not moved at every event: when
// it fires too early, it is set again for the rest.
func (w *watcher) arm() {
	if w.settling.on && w.timer == nil {
		w.timer = w.clk.NewTimer(w.settling.wait(w.clk.Now()))
	}
}

func (w *watcher) disarm() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
