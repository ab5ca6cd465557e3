package esl

import "errors"

// ErrQueueFull ends a connection whose consumer has stopped: events that must not
// be lost fill the queue to twice its bounds.
var ErrQueueFull = errors.New("the event queue is full of events that must not be lost: their consumer does not keep up (QueueLen, QueueBytes)")

// A queue holds events for the consumer. When it is full, a new event is dropped
// and counted; but one that ends a wait is held up to twice the bounds.
type queue struct {
	ring[Event]
	length, bytes int // bounds
	size          int // bytes held
	dropped       uint64
}

type admission uint8

const (
	admitted admission = iota
	lost
	overflow
)

func (q *queue) add(e Event) admission {
	size := len(e.raw)
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
	q.size -= len(e.raw)
	return e, ok
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
