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

// A Subscription is a queue of the events that one listener asked for.
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

// Listen subscribes to events by name: an event's, "CUSTOM <subclass>", or "ALL".
// It requests from the node what no one has requested yet, now and after every
// reconnect. The queue holds up to the given number of events, 256 if that is 0;
// a new event that finds it full is dropped for this listener and counted.
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
	l.subscriptions = append(l.subscriptions, s)
	l.mu.Unlock()
	select {
	case l.resubscribe <- struct{}{}:
	default:
	}
	return s
}

// distribute puts an event into the queue of every listener that asked for it.
func (l *Link) distribute(e esl.Event) {
	l.mu.Lock()
	subscriptions := l.subscriptions // never changed in place
	l.mu.Unlock()
	name := e.Name()
	if len(subscriptions) == 0 || name == "" {
		return
	}
	subclass := ""
	if name == "CUSTOM" {
		subclass = e.Get("Event-Subclass")
	}
	for _, s := range subscriptions {
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
			s.link.log.Warn("a listener is too slow: its queue is full, events are dropped for it and from now on only counted",
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

// Dropped returns how many events this listener lost because its queue was full.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription; a waiting Next returns ErrClosed. The node
// continues to send these events, because others may want them as well.
func (s *Subscription) Close() {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.subscriptions, s)
	if i < 0 {
		return
	}
	l.subscriptions = slices.Concat(l.subscriptions[:i], l.subscriptions[i+1:])
	l.lost += s.Dropped()
	close(s.closed)
}
