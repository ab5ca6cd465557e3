package esl

import (
	"log/slog"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// mostQueued bounds the bytes of the events that a script has not taken.
const mostQueued = 256 << 10

// A queue holds events that a script has not taken.
type queue struct {
	events []esl.Event
	bytes  int
	lost   bool // an event, which the log says once
}

func (q *queue) add(e esl.Event, log *slog.Logger) {
	if q.bytes+e.Size() > mostQueued {
		if !q.lost {
			log.Warn("ESLconnection: events are lost, because the script does not take them with recvEvent")
		}
		q.lost = true
		return
	}
	q.events = append(q.events, e)
	q.bytes += e.Size()
}

func (q *queue) take() (e esl.Event, ok bool) {
	if len(q.events) == 0 {
		return e, false
	}
	e, q.events[0] = q.events[0], esl.Event{}
	q.events = q.events[1:]
	q.bytes -= e.Size()
	return e, true
}
