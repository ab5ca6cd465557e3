package push

import (
	"cmp"
	"slices"
	"time"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

const (
	// gather is the time after a call's end in which its document waits for the ends of its legs.
	gather = time.Second
	// deference is its wait if another host may know the call's flow.
	deference = 3 * time.Second

	// mostOpen and mostOpenBytes bound what is kept of legs and recordings until their
	// call ends, mostDone the calls whose documents have gone, mostWaiting the bytes of
	// events that wait.
	mostOpen      = 20000
	mostOpenBytes = 16 << 20
	mostDone      = 20000
	mostWaiting   = 32 << 20

	// mostLegs and mostRecordings bound what is told of one call.
	mostLegs       = 32
	mostRecordings = 32
)

// A flow is what served a call.
type flow struct{ name, version string }

// An open holds what is known of a call that has not ended.
type open struct {
	legs       []Leg
	recordings []Recording
	bytes      int
}

// A done is a call whose document has gone.
type done struct {
	created string
	flow    flow
}

// A waiting document is made later.
type waiting struct {
	due   time.Time
	bytes int
	make  func()
}

// A ledger knows what is still needed of calls. One goroutine has it.
type ledger struct {
	open  *fifo[*open]
	bytes int // of what is open
	done  *fifo[done]

	ends    map[string]string // channels whose documents wait, and when they were created
	waiting [2][]waiting      // those of known flows, and the others, each in order
	held    int               // bytes of the events that wait
}

func newLedger() *ledger {
	return &ledger{open: newFIFO[*open](mostOpen), done: newFIFO[done](mostDone), ends: map[string]string{}}
}

// isOld reports whether the end of a channel is known already.
func (l *ledger) isOld(uuid, created string) bool {
	if at, ok := l.ends[uuid]; ok && at == created {
		return true
	}
	d, ok := l.done.get(uuid)
	return ok && d.created == created
}

// addRecording notes a recording of a channel.
func (l *ledger) addRecording(uuid string, r Recording) {
	o := l.of(uuid)
	if len(o.recordings) < mostRecordings {
		o.recordings = append(o.recordings, r)
		l.grow(o, 200+len(r.Path))
	}
}

// addLeg notes the end of a leg of a channel, with the legs that it dialled itself. It
// reports false if the channel's document has gone.
func (l *ledger) addLeg(originator string, leg Leg) bool {
	if _, gone := l.done.get(originator); gone && l.ends[originator] == "" {
		return false
	}
	more := []Leg{leg}
	if own := l.take(leg.UUID); own != nil {
		more[0].Recordings = own.recordings
		more = append(more, own.legs...)
	}
	o := l.of(originator)
	for _, leg := range more {
		if len(o.legs) < mostLegs && !slices.ContainsFunc(o.legs, func(other Leg) bool { return other.UUID == leg.UUID }) {
			o.legs = append(o.legs, leg)
			l.grow(o, 1000)
		}
	}
	return true
}

func (l *ledger) of(uuid string) *open {
	o, ok := l.open.get(uuid)
	if !ok {
		o = &open{}
		if len(l.open.values) >= mostOpen {
			oldest, _ := l.open.evict()
			l.bytes -= oldest.bytes
		}
		l.open.put(uuid, o)
		l.grow(o, 200)
	}
	return o
}

func (l *ledger) grow(o *open, bytes int) {
	o.bytes += bytes
	for l.bytes += bytes; l.bytes > mostOpenBytes; {
		oldest, ok := l.open.evict()
		if !ok {
			return
		}
		l.bytes -= oldest.bytes
	}
}

// take returns what is known of a channel and forgets it; nil if nothing is.
func (l *ledger) take(uuid string) *open {
	o, ok := l.open.get(uuid)
	if !ok {
		return nil
	}
	l.open.remove(uuid)
	l.bytes -= o.bytes
	return o
}

// wait has something made when it is due, or earlier if too much waits.
func (l *ledger) wait(now time.Time, known bool, bytes int, do func()) {
	class, delay := 1, deference
	if known {
		class, delay = 0, gather
	}
	l.waiting[class] = append(l.waiting[class], waiting{now.Add(delay), bytes, do})
	l.held += bytes
	for l.held > mostWaiting {
		l.makeFirst()
	}
}

// release makes what is due, or everything, and returns when the next is due.
func (l *ledger) release(now time.Time, all bool) (next time.Time, ok bool) {
	for {
		class := l.first()
		if class < 0 {
			return time.Time{}, false
		}
		if w := l.waiting[class][0]; !all && w.due.After(now) {
			return w.due, true
		}
		l.makeFirst()
	}
}

// first returns the class of what is due first, -1 if nothing waits.
func (l *ledger) first() int {
	a, b := l.waiting[0], l.waiting[1]
	switch {
	case len(a)+len(b) == 0:
		return -1
	case len(a) == 0 || len(b) > 0 && b[0].due.Before(a[0].due):
		return 1
	}
	return 0
}

func (l *ledger) makeFirst() {
	class := l.first()
	w := l.waiting[class][0]
	l.waiting[class][0] = waiting{}
	l.waiting[class] = l.waiting[class][1:]
	l.held -= w.bytes
	w.make()
}

// originatorOf returns the channel that has dialled an event's channel; "" if it is no
// leg of another one.
func originatorOf(e esl.Event) string {
	by := cmp.Or(e.Get("variable_originator"), e.Get("variable_originating_leg_uuid"))
	if by == e.Get("Unique-ID") {
		return ""
	}
	return short(by)
}

// kept returns the flow of a channel that its checkpoint names.
func kept(e esl.Event) flow {
	stamp, _ := checkpoint.Read(e.Get("variable_" + checkpoint.Variable))
	return flow{short(stamp.Flow), short(stamp.Version)}
}
