package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// patience passes before a command shows that it works, and between two looks.
const patience = 500 * time.Millisecond

// A working line shows the person at a terminal how far a command is. Nobody else gets it.
type working struct {
	clock clock.Clock
	to    io.Writer // nil: nobody looks
	what  string

	mu    sync.Mutex
	steps int
	next  time.Time // when the line is due
	shown bool
}

// working begins a line on stderr: what, and the number of steps that are done.
func (p *program) working(what string) *working {
	w := &working{clock: p.clock, what: what, next: p.clock.Now().Add(patience)}
	if t, ok := p.stderr.(terminal); ok && looked(t.to) {
		w.to = t.to
	}
	return w
}

func (w *working) step() {
	if w.to == nil {
		return
	}
	if steps, due := w.count(); due {
		fmt.Fprintf(w.to, "\r\x1b[K%s: %d", w.what, steps)
	}
}

// count counts a step, and reports whether the line is due.
func (w *working) count() (steps int, due bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	now := w.clock.Now()
	if due = !now.Before(w.next); due {
		w.next, w.shown = now.Add(patience), true
	}
	return w.steps, due
}

// done takes the line away, after the last step.
func (w *working) done() {
	if w.shown {
		fmt.Fprint(w.to, "\r\x1b[K")
		w.shown = false
	}
}
