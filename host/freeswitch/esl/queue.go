package esl

import "errors"

// ErrQueueFull ends a connection whose consumer has stopped: events that must not
// be lost fill the queue to twice its bounds.
var ErrQueueFull = errors.New("the event queue is full of events that must not be lost: their consumer does not keep up (QueueLen, QueueBytes)")

// maxGreetingEvents may wait for the consumer before connect or a login is answered.
// FreeSWITCH sends one or two.
const maxGreetingEvents = 16

var errTooEarly = errors.New("event socket: the peer sends events before it has answered `connect` or the login")

// A queue holds events for the consumer. When it is full, a new event is dropped
// and counted; but one that ends a wait is held up to twice the bounds.
type queue struct {
	ring[Event]
	length, bytes int // bounds
	size          int // of the events held
	peeked        int // events held that peek has shown
	dropped       uint64
}

// eventOverhead estimates an event's memory besides its bytes.
const eventOverhead = 64

func sizeOf(e Event) int { return len(e.raw) + eventOverhead }

type admission uint8

const (
	admitted admission = iota
	lost
	overflow
)

func (q *queue) add(e Event) admission {
	size := sizeOf(e)
	over := func(times int) bool {
		return q.n >= times*q.length || q.n > 0 && q.size+size > times*q.bytes
	}
	if over(1) {
		switch {
		case !endsWait(e):
			q.dropped++
			return lost
		case over(2):
			return overflow
		}
	}
	q.push(e)
	q.size += size
	return admitted
}

func (q *queue) pop() (Event, bool) {
	e, ok := q.ring.pop()
	if ok {
		q.size -= sizeOf(e)
		q.peeked = max(0, q.peeked-1)
	}
	return e, ok
}

// clear drops every event.
func (q *queue) clear() { q.ring, q.size, q.peeked = ring[Event]{}, 0, 0 }

// peek calls fn for each event that it has not shown before.
func (q *queue) peek(fn func(Event)) {
	for ; q.peeked < q.n; q.peeked++ {
		fn(q.at(q.peeked))
	}
}

// endsWait reports whether an event may end a wait that nothing else would end.
func endsWait(e Event) bool {
	switch e.Name() {
	case "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "BACKGROUND_JOB":
		return true
	case "":
		return e.Type() == typeDisconnectNotice
	}
	return false
}
