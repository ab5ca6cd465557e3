package esl

import "errors"

// ErrQueueFull ends a connection whose consumer stands still: twice the queue's
// bounds of events that somebody must not miss have piled up.
var ErrQueueFull = errors.New("the event queue is full of events that must not be lost: their consumer does not keep up (QueueLen, QueueBytes)")

// queue holds events until the consumer takes them. When it is full, an event
// that nobody waits for is dropped and counted; one that ends a wait is kept up
// to twice the bounds.
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

// endsWait tells the events without which somebody would wait for ever.
func endsWait(e Event) bool {
	switch e.Name() {
	case "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "BACKGROUND_JOB":
		return true
	case "":
		return e.Type() == typeDisconnectNotice
	}
	return false
}
