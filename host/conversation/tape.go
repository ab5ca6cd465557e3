package conversation

import (
	"sync"
	"time"
)

// Bounds of what is recorded.
const (
	mostOfCall = 4 << 20  // bytes of one call
	mostOfAll  = 64 << 20 // bytes of all calls that are recorded or wait to be written
	perItem    = 48       // bytes that an item takes besides its text
)

// A Tape records the conversation of one call in memory.
type Tape struct {
	recorder *Recorder
	sampled  bool // it is kept, however the call ends
	began    time.Time

	mu    sync.Mutex
	items []Item
	held  int64
	cut   bool
	kept  bool // the recorder has what it held
}

// Received records a frame of FreeSWITCH's.
func (t *Tape) Received(frame string, together bool) {
	kind := byte(Received)
	if together {
		kind = Together
	}
	t.add(kind, frame)
}

// Sent records commands.
func (t *Tape) Sent(commands []byte) { t.add(Sent, string(commands)) }

func (t *Tape) add(kind byte, text string) {
	at := t.recorder.clock.Now().Sub(t.began)
	t.mu.Lock()
	defer t.mu.Unlock()
	size := int64(len(text)) + perItem
	if t.cut || t.kept {
		return
	}
	if t.held+size > mostOfCall || !t.recorder.take(size) {
		t.cut = true
		return
	}
	t.held += size
	t.items = append(t.items, Item{at, kind, text})
}

// Release forgets what was not kept.
func (t *Tape) Release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.kept {
		t.recorder.held.Add(-t.held)
	}
	t.items, t.held, t.kept = nil, 0, true
}

// eject takes what was recorded out of the tape.
func (t *Tape) eject() (items []Item, held int64, cut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	items, held, cut = t.items, t.held, t.cut
	t.items, t.held, t.kept = nil, 0, true
	return items, held, cut
}
