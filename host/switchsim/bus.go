package switchsim

import (
	"strconv"
	"sync"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// bus hands events to listeners in one order for all, as FreeSWITCH's single
// dispatch thread does. Listeners that asked for one channel only are found by
// its UUID, so that thousands of them cost nothing to the others.
type bus struct {
	mu     sync.Mutex
	seq    uint64
	global []*listener
	byUUID map[string][]*listener
}

func newBus() *bus { return &bus{byUUID: map[string][]*listener{}} }

// add puts a listener under a channel's UUID, or under all ("").
func (b *bus) add(l *listener, uuid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if uuid == "" {
		b.global = append(b.global, l)
		return
	}
	b.byUUID[uuid] = append(b.byUUID[uuid], l)
}

// remove takes a listener out from wherever it is.
func (b *bus) remove(l *listener, uuid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.global = without(b.global, l)
	if uuid == "" {
		return
	}
	if left := without(b.byUUID[uuid], l); len(left) > 0 {
		b.byUUID[uuid] = left
	} else {
		delete(b.byUUID, uuid)
	}
}

func without(list []*listener, l *listener) []*listener {
	kept := list[:0:0]
	for _, x := range list {
		if x != l {
			kept = append(kept, x)
		}
	}
	return kept
}

// wanted says whether anybody would take such an event, so that nobody builds
// 3 KB for nothing. It counts the event either way.
func (b *bus) wanted(name, uuid string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.byUUID[uuid] {
		if l.sub.wants(name, "") {
			return true
		}
	}
	for _, l := range b.global {
		if l.sub.wants(name, "") {
			return true
		}
	}
	b.seq++
	return false
}

// fire numbers the event and queues it to everybody who wants it. uuid is the
// channel (or the job's owner) a restricted listener is compared with.
func (b *bus) fire(e *wire.Event, name, uuid, subclass string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for i := range e.Headers {
		if e.Headers[i].Name == sequenceHeader {
			e.Headers[i].Value = strconv.FormatUint(b.seq, 10)
			break
		}
	}
	if uuid != "" {
		for _, l := range b.byUUID[uuid] {
			l.offer(e, name, subclass)
		}
	}
	for _, l := range b.global {
		l.offer(e, name, subclass)
	}
}

// fire sends a channel's event with its data if anybody wants it.
func (c *channel) fire(name string, after ...wire.Header) { c.fireWith(name, nil, after...) }

// fireWith puts headers in front of the channel's data as well.
func (c *channel) fireWith(name string, before []wire.Header, after ...wire.Header) {
	if c.sw.bus.wanted(name, c.uuid) {
		c.sw.bus.fire(c.event(name, before, after), name, c.uuid, "")
	}
}

// number gives an event its place in the sequence without firing it.
func (b *bus) number(e *wire.Event) {
	b.mu.Lock()
	b.seq++
	seq := strconv.FormatUint(b.seq, 10)
	b.mu.Unlock()
	for i := range e.Headers {
		if e.Headers[i].Name == sequenceHeader {
			e.Headers[i].Value = seq
			return
		}
	}
}
