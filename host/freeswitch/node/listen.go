package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// ErrClosed is returned by Next after Close.
var ErrClosed = errors.New("subscription closed")

// Subscription is one listener's queue.
type Subscription struct {
	link    *Link
	names   []string
	all     bool
	events  map[string]bool // upper case
	custom  map[string]bool // subclasses
	queue   chan esl.Event
	closed  chan struct{}
	dropped atomic.Uint64
}

// Listen hands events of these names (event names, "CUSTOM <subclass>", "ALL")
// to one listener through a queue of so many events (0 = 256). What the node is
// not yet subscribed to is added, now and after every reconnect. When the queue
// is full, the new event is dropped for this listener and counted.
func (l *Link) Listen(names []string, queue int) *Subscription {
	if queue <= 0 {
		queue = 256
	}
	s := &Subscription{
		link:   l,
		names:  slices.Clone(names),
		events: map[string]bool{},
		custom: map[string]bool{},
		queue:  make(chan esl.Event, queue),
		closed: make(chan struct{}),
	}
	for _, name := range names {
		subclasses, ok := custom(name)
		if !ok {
			s.all = s.all || strings.EqualFold(name, "ALL")
			s.events[strings.ToUpper(name)] = true
		}
		for _, subclass := range subclasses {
			s.custom[subclass] = true
		}
	}
	l.mu.Lock()
	l.listeners = append(l.listeners, s)
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return s
}

// handOut gives an event to all who listen for it.
func (l *Link) handOut(e esl.Event) {
	l.mu.Lock()
	listeners := l.listeners // never changed in place
	l.mu.Unlock()
	name := e.Name()
	if len(listeners) == 0 || name == "" {
		return
	}
	subclass := ""
	if name == "CUSTOM" {
		subclass = e.Get("Event-Subclass")
	}
	for _, s := range listeners {
		if s.all || s.events[name] || subclass != "" && s.custom[subclass] {
			s.offer(e)
		}
	}
}

func (s *Subscription) offer(e esl.Event) {
	select {
	case s.queue <- e:
	default:
		if s.dropped.Add(1) == 1 {
			s.link.log.Warn("a listener does not keep up: events are dropped for it, from now on only counted",
				"names", s.names, "queue", cap(s.queue), "event", e.Name())
		}
	}
}

// Next waits for the next event. The error is ctx's, or ErrClosed.
func (s *Subscription) Next(ctx context.Context) (esl.Event, error) {
	select {
	case e := <-s.queue:
		return e, nil
	case <-s.closed:
		return esl.Event{}, ErrClosed
	case <-ctx.Done():
		return esl.Event{}, ctx.Err()
	}
}

// Dropped is how many events this listener lost because its queue was full.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription; a waiting Next returns ErrClosed. The node goes
// on sending what others may want as well.
func (s *Subscription) Close() {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.listeners, s)
	if i < 0 {
		return
	}
	l.listeners = slices.Concat(l.listeners[:i], l.listeners[i+1:])
	l.lost += s.Dropped()
	close(s.closed)
}
