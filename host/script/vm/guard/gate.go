package guard

import (
	"sync"
	"sync/atomic"
)

// A Gate holds up the states of a machine that compute, for as long as it is shut.
type Gate struct {
	shut   atomic.Bool
	mu     sync.Mutex
	opened chan struct{} // closed when it opens
}

// Shut stops each state at the end of its slice.
func (t *Gate) Shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.shut.Load() {
		t.opened = make(chan struct{})
		t.shut.Store(true)
	}
}

// Open lets the states continue.
func (t *Gate) Open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut.Load() {
		t.shut.Store(false)
		close(t.opened)
	}
}

// waitAtGate returns when the gate is open, or the script must end.
func (g *Guard) waitAtGate() {
	t := &g.shared.Gate
	t.mu.Lock()
	opened := t.opened
	t.mu.Unlock()
	g.stopComputing()
	select {
	case <-opened:
	case <-g.Context.Done():
	}
	g.startComputing()
}
