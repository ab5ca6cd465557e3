// Package bus delivers the simulator's events: it numbers them, matches them
// with the subscription of each connection and queues them there. It knows
// neither channels nor sockets.
package bus

import (
	"slices"
	"strconv"
	"sync"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// SequenceHeader gets its value when an event is fired or numbered.
const SequenceHeader = "Event-Sequence"

// Bus queues events to subscribers in one order for all, as FreeSWITCH's single
// dispatch thread does. A subscriber restricted to one channel is found by the
// channel's UUID, so that thousands of them cost the others nothing.
type Bus struct {
	mu     sync.Mutex // held while a Subscriber's mutex is taken, never the reverse
	seq    uint64
	all    []*Subscriber
	byUUID map[string][]*Subscriber
}

// New returns a bus without subscribers.
func New() *Bus { return &Bus{byUUID: map[string][]*Subscriber{}} }

// Add subscribes s to the events of one channel, or to all events if uuid is empty.
func (b *Bus) Add(s *Subscriber, uuid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if uuid == "" {
		b.all = append(b.all, s)
		return
	}
	b.byUUID[uuid] = append(b.byUUID[uuid], s)
}

// Remove unsubscribes s from all events and from those of the channel.
func (b *Bus) Remove(s *Subscriber, uuid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	is := func(x *Subscriber) bool { return x == s }
	b.all = slices.DeleteFunc(b.all, is)
	if rest := slices.DeleteFunc(b.byUUID[uuid], is); len(rest) > 0 {
		b.byUUID[uuid] = rest
	} else {
		delete(b.byUUID, uuid)
	}
}

// Skip reports whether nobody subscribed to such an event, so that its 3 KB
// need not be built. The event counts in the sequence all the same.
func (b *Bus) Skip(name, uuid string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	wants := func(s *Subscriber) bool { return s.subscribed(name, "") }
	if slices.ContainsFunc(b.byUUID[uuid], wants) || slices.ContainsFunc(b.all, wants) {
		return false
	}
	b.seq++
	return true
}

// Fire numbers the event and queues it for its subscribers. uuid is the channel
// (or the owner of the job) that restricted subscribers are compared with.
func (b *Bus) Fire(e *wire.Event, name, uuid, subclass string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number(e)
	if uuid != "" {
		for _, s := range b.byUUID[uuid] {
			s.offer(e, name, subclass)
		}
	}
	for _, s := range b.all {
		s.offer(e, name, subclass)
	}
}

// Offer queues an event that was fired for those who get another channel's events.
func (b *Bus) Offer(e *wire.Event, name, uuid, subclass string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.byUUID[uuid] {
		s.offer(e, name, subclass)
	}
}

// Number gives an event its place in the sequence without firing it.
func (b *Bus) Number(e *wire.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number(e)
}

func (b *Bus) number(e *wire.Event) {
	b.seq++
	e.Set(SequenceHeader, strconv.FormatUint(b.seq, 10))
}
