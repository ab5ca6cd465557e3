package conversation

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Bounds of what is recorded.
const (
	mostOfCall = 4 << 20  // bytes of one call
	mostOfAll  = 64 << 20 // bytes of all calls that are recorded or wait to be written
	perItem    = 56       // bytes that an item takes besides its text
)

// A Tape records the conversation of one call in memory.
type Tape struct {
	recorder *Recorder
	sampled  bool // it is kept, however the call ends
	began    time.Time

	mu    sync.Mutex // that of a leg is taken before the call's
	call  *Tape      // of which this is a leg; nil: of none
	leg   int        // its number there
	legs  int
	sent  int // how often something was sent
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

// Answered records what a function answered that asks by another way than the connection. It
// reports false if nothing more is recorded.
func (t *Tape) Answered(answer string) bool {
	t.add(Answered, answer)
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.cut && !t.kept
}

// Commands returns how often something was sent.
func (t *Tape) Commands() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

// Stop ends the recording, though the call goes on.
func (t *Tape) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = true
}

func (t *Tape) add(kind byte, text string) {
	t.mu.Lock()
	call, leg := t.call, t.leg
	if call == nil {
		t.put(Item{t.recorder.clock.Now().Sub(t.began), kind, 0, text})
	}
	t.mu.Unlock()
	if call != nil {
		call.mu.Lock()
		call.put(Item{t.recorder.clock.Now().Sub(call.began), kind, leg, text})
		call.mu.Unlock()
	}
}

// put adds an item, if there is room; its caller has the lock.
func (t *Tape) put(i Item) {
	if i.Kind == Sent && i.Leg == 0 {
		t.sent++
	}
	size := int64(len(i.Text)) + perItem
	if t.cut || t.kept {
		return
	}
	if t.held+size > mostOfCall || !t.recorder.take(size) {
		t.cut = true
		return
	}
	t.held += size
	t.items = append(t.items, i)
}

// Join has the tape of a leg be a part of the call's that dialled it.
func (t *Tape) Join(tap esl.Tap) {
	leg, ok := tap.(*Tape)
	if !ok || leg == t {
		return
	}
	leg.mu.Lock()
	defer leg.mu.Unlock()
	items, held, cut := leg.out()
	t.recorder.held.Add(-held)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = t.cut || cut || t.legs == mostLegs
	t.legs++
	leg.call, leg.leg = t, t.legs
	for _, i := range items {
		t.put(Item{i.At + leg.began.Sub(t.began), i.Kind, leg.leg, i.Text})
	}
}

// Release forgets what was not kept.
func (t *Tape) Release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.kept {
		t.recorder.held.Add(-t.held)
	}
	t.out()
}

// out takes what was recorded out of the tape; its caller has the lock.
func (t *Tape) out() (items []Item, held int64, cut bool) {
	items, held, cut = t.items, t.held, t.cut
	t.items, t.held, t.kept = nil, 0, true
	return items, held, cut
}

// eject takes what was recorded out of the tape, in the order in which it happened.
func (t *Tape) eject() (items []Item, held int64, cut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	items, held, cut = t.out()
	if t.legs > 0 {
		slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.At, b.At) })
	}
	return items, held, cut
}
