package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// ErrClosed comes from a Subscription's Next after Close.
var ErrClosed = errors.New("the subscription is closed")

// An Interest names events, as switch_event_bind does.
type Interest struct {
	Event    string // FreeSWITCH's name in any case; ALL means every event
	Subclass string // of a CUSTOM event; "" means any
}

const (
	allEvents = "ALL"
	custom    = "CUSTOM"
)

// request returns what FreeSWITCH must be asked for. It sends CUSTOM events by
// subclass only (mod_event_socket.c:event_handler), so any of them means all events.
func (i Interest) request() string {
	switch {
	case i.Event == custom && i.Subclass != "":
		return custom + " " + i.Subclass
	case i.Event == custom:
		return allEvents
	}
	return i.Event
}

// longestName bounds the bytes of an event's name and of its subclass.
const longestName = 256

// check reports whether FreeSWITCH can be asked for i, which is one word, and behind
// CUSTOM another.
func (i Interest) check() error {
	if len(i.Event)+len(i.Subclass) > longestName {
		return fmt.Errorf("event %.40q, subclass %.40q: together they have more than %d bytes", i.Event, i.Subclass, longestName)
	}
	for _, word := range []string{i.Event, i.Event + i.Subclass} {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return fmt.Errorf("event %q, subclass %q: each must be one word", i.Event, i.Subclass)
		}
	}
	return nil
}

// Bounds limit the queue of a Subscription. A zero field has the default.
type Bounds struct {
	Events int // default 1024
	Bytes  int // default 4 MiB
}

func (b Bounds) withDefaults() Bounds {
	if b.Events <= 0 {
		b.Events = 1024
	}
	if b.Bytes <= 0 {
		b.Bytes = 4 << 20
	}
	return b
}

// A Subscription is a bounded queue of the node's events for one consumer, from
// Subscribe to Close, however often the node is connected in between. FreeSWITCH is
// asked once for what several of them want.
type Subscription struct {
	link   *Link
	bounds Bounds
	wake   chan struct{} // holds one signal
	closed chan struct{}

	receive func(esl.Event) // takes the events instead of the queue; nil: nobody does

	// guarded by the board
	interests []Interest
	filters   []filter
	offered   uint64 // the last event put into the queue
	muted     bool   // it gets no events yet
	number    uint64 // of the Subscriptions that have a receiver, the earlier ones first

	mu    sync.Mutex
	queue []esl.Event
	size  int
	lost  uint64
	ended bool
}

// Subscribe returns a Subscription without interests. The BACKGROUND_JOB of a BgAPI of
// this Link never gets there, because it goes to the one who waits for it.
func (l *Link) Subscribe(b Bounds) *Subscription {
	return &Subscription{link: l, bounds: b.withDefaults(), wake: make(chan struct{}, 1), closed: make(chan struct{})}
}

// Deliver returns a Subscription without a queue, which gets no events before Replace:
// receive gets each in the order in which FreeSWITCH sends them. It is called in the
// goroutine that reads the node, under a lock: it must not wait, log, or use the Link.
func (l *Link) Deliver(receive func(esl.Event)) *Subscription {
	s := l.Subscribe(Bounds{})
	s.receive, s.muted = receive, true
	return s
}

// Replace closes some Subscriptions, and has others, which Deliver has made, get events
// from the same moment on: no event reaches both, or neither.
func (l *Link) Replace(old, now []*Subscription) {
	for _, s := range old {
		s.end()
	}
	l.board.replace(old, now)
}

// Add has the Subscription get more events. It does not wait for FreeSWITCH; see Confirm.
func (s *Subscription) Add(i Interest) error {
	i.Event = strings.ToUpper(i.Event)
	if err := i.check(); err != nil {
		return err
	}
	s.link.board.add(s, i)
	return nil
}

// Filter has the Subscription get only events in which the header has the value, in
// any case, or those that another Filter admits. FreeSWITCH still sends them all,
// because its own filters hold for the whole connection.
func (s *Subscription) Filter(header, value string) {
	s.link.board.filter(s, filter{strings.ToLower(header), strings.ToLower(value)})
}

// Confirm waits until FreeSWITCH has answered the requests for the events. The error
// is a *DownError while the node is not connected, after which they are requested
// again, or an *esl.ReplyError if FreeSWITCH refused one.
func (s *Subscription) Confirm(ctx context.Context) error {
	blocker := clock.BlockerOf(ctx)
	for {
		answered, err, news := s.link.board.answer(s)
		if _, err := s.link.connected(); err != nil {
			return err
		}
		if answered {
			return err
		}
		blocker.Block()
		select {
		case <-news:
		case <-ctx.Done():
		}
		blocker.Unblock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// offer puts an event into the queue, and reports whether it is the first that was
// lost because the queue was full.
func (s *Subscription) offer(e esl.Event) (lost, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return false, false
	case len(s.queue) >= s.bounds.Events || len(s.queue) > 0 && s.size+e.Size() > s.bounds.Bytes:
		s.lost++
		return true, s.lost == 1
	}
	s.queue = append(s.queue, e)
	s.size += e.Size()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return false, false
}

// Poll returns the next event, if there is one.
func (s *Subscription) Poll() (esl.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return esl.Event{}, false
	}
	e := s.queue[0]
	s.queue[0] = esl.Event{}
	s.queue = s.queue[1:]
	s.size -= e.Size()
	return e, true
}

// Next waits for the next event. The error is ctx's, or ErrClosed.
func (s *Subscription) Next(ctx context.Context) (esl.Event, error) {
	blocker := clock.BlockerOf(ctx)
	for {
		if e, ok := s.Poll(); ok {
			return e, nil
		}
		blocker.Block()
		select {
		case <-s.wake:
		case <-s.closed:
		case <-ctx.Done():
		}
		blocker.Unblock()
		select {
		case <-s.closed:
			return esl.Event{}, ErrClosed
		default:
		}
		if ctx.Err() != nil {
			return esl.Event{}, ctx.Err()
		}
	}
}

// Lost returns how many events were dropped because the queue was full.
func (s *Subscription) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Size returns the bytes of the events in the queue.
func (s *Subscription) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// Close ends the Subscription. What nobody else wants FreeSWITCH is told to send no
// longer when it sends it again.
func (s *Subscription) Close() {
	if s.end() {
		s.link.board.replace([]*Subscription{s}, nil)
	}
}

// end ends the queue, and reports whether nobody has done so before.
func (s *Subscription) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.ended, s.queue, s.size = true, nil, 0
	close(s.closed)
	return true
}
