package outbound

import (
	"container/list"
	"errors"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// defaultLobby bounds the lobby of a Server without MaxCalls.
const defaultLobby = 10000

// patience limits a connection's silence where descriptors are short, and when the
// Server ends.
const patience = time.Second

var errCrowded = errors.New("too many connections have not answered `connect`, and this one has waited longest")

// A lobby holds the connections that have not answered connect: they take no call's
// place. When it is full, the one that has waited longest makes room for the next.
// FreeSWITCH answers at once, so it is hardly ever a call.
type lobby struct {
	most int

	mu      sync.Mutex
	waiting list.List // of guest, oldest first
	ended   uint64
}

type guest struct {
	conn  *esl.Conn
	since time.Time
}

// enter adds a connection. leave removes it; it may be called more than once.
func (l *lobby) enter(c *esl.Conn, now time.Time) (leave func()) {
	l.mu.Lock()
	place := l.waiting.PushBack(guest{c, now})
	oldest := l.waiting.Front()
	full := l.waiting.Len() > l.most
	if full {
		l.remove(oldest)
	}
	l.mu.Unlock()
	if full {
		oldest.Value.(guest).conn.End(errCrowded)
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiting.Remove(place)
	}
}

// endSilent ends the connections that have been silent since then.
func (l *lobby) endSilent(then time.Time) {
	var silent []*esl.Conn
	l.mu.Lock()
	for oldest := l.waiting.Front(); oldest != nil && !oldest.Value.(guest).since.After(then); oldest = l.waiting.Front() {
		silent = append(silent, oldest.Value.(guest).conn)
		l.remove(oldest)
	}
	l.mu.Unlock()
	for _, c := range silent {
		c.End(errCrowded)
	}
}

// remove removes a place, under mu.
func (l *lobby) remove(place *list.Element) {
	l.waiting.Remove(place)
	l.ended++
}

// count returns how many connections wait, and how many have had to make room.
func (l *lobby) count() (waiting int, ended uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.Len(), l.ended
}
