package outbox

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// mostHeld bounds the pushes of an endpoint that JetStream has handed out: those that
// failed, and those whose turn has not come.
const mostHeld = 200_000

// lanes holds the pushes of an endpoint that wait for an earlier one with the same order.
// Each rests in JetStream meanwhile, and comes back by itself in the end.
type lanes struct {
	mu   sync.Mutex
	by   map[string]*lane
	ends int // how often a push has ended, of any order
}

type lane struct {
	next time.Time // when its first push is tried again; zero: that is not known
	held []held    // by sequence
}

type held struct {
	sequence uint64
	reply    string    // where JetStream hears of the push
	until    time.Time // it then comes back by itself
}

func newLanes() *lanes { return &lanes{by: map[string]*lane{}} }

// of returns the lane of an order; nil if there are too many.
func (l *lanes) of(order string) *lane {
	if l.by[order] == nil && len(l.by) < mostHeld {
		l.by[order] = &lane{}
	}
	return l.by[order]
}

// look returns how often a push has ended, and when the first one of an order is tried
// again.
func (l *lanes) look(order string) (ends int, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lane := l.by[order]; lane != nil {
		next = lane.next
	}
	return l.ends, next
}

// postpone notes when the first push of an order is tried again.
func (l *lanes) postpone(order string, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if order == "" {
		return
	}
	if lane := l.of(order); lane != nil {
		lane.next = next
	}
}

// hold notes a push that waits, and reports whether one has ended since look returned
// ends: it may be the one before.
func (l *lanes) hold(order string, h held, ends int) (ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lane := l.of(order); lane != nil {
		at, known := slices.BinarySearchFunc(lane.held, h, func(a, b held) int { return cmp.Compare(a.sequence, b.sequence) })
		if known {
			lane.held[at] = h
		} else {
			lane.held = slices.Insert(lane.held, at, h)
		}
	}
	return l.ends != ends
}

// next notes that a push has ended, and returns the reply of the next one that is held; ""
// if there is none.
func (l *lanes) next(order string, now time.Time) (reply string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends++
	lane := l.by[order]
	if lane == nil {
		return ""
	}
	lane.next = time.Time{}
	for reply == "" && len(lane.held) > 0 {
		if h := lane.held[0]; now.Before(h.until) {
			reply = h.reply
		}
		lane.held = lane.held[1:]
	}
	if len(lane.held) == 0 {
		delete(l.by, order)
	}
	return reply
}
