package trace

import (
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A Recorder keeps the traces of calls. Its methods may be called from any goroutine.
type Recorder struct {
	clock clock.Clock
	rules atomic.Pointer[rules]
	size  atomic.Int64 // bytes that all traces may hold; 0: there are none

	functions sync.Map // *vm.Func to *function
	naming    sync.Mutex
	names     []string // of the functions, by index

	mu      sync.Mutex // taken after a Call's
	running list
	fine    list // that have ended, the oldest first
	failed  list
	held    int64
	last    uint64        // ID
	begun   chan struct{} // closed when a call begins; nil: nobody waits for it
}

// New returns a Recorder.
func New(cfg config.Trace, clk clock.Clock) *Recorder {
	r := &Recorder{clock: clk}
	r.Configure(cfg)
	return r
}

// Configure sets what is kept from now on. What a trace has masked stays so.
func (r *Recorder) Configure(cfg config.Trace) {
	r.rules.Store(newRules(cfg))
	r.size.Store(int64(cfg.Size))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.makeRoom(0)
}

// Held returns how many bytes the traces hold.
func (r *Recorder) Held() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// overhead counts for a Call besides further records.
const overhead = int64(unsafe.Sizeof(Call{})) + 200

// perCall returns how many bytes one call may hold.
func (r *Recorder) perCall() int64 { return min(r.size.Load()/16, 64<<10) }

// Off reports whether no traces are kept.
func (r *Recorder) Off() bool { return r == nil || r.size.Load() == 0 }

// Begin begins the trace of a call. It returns nil if none is kept.
func (r *Recorder) Begin(a Arrival) *Call {
	if r.Off() {
		return nil
	}
	c := &Call{recorder: r, began: r.clock.Now(), state: Arrived}
	c.pen.rules, c.pen.buf = r.rules.Load(), c.scratch[:0]
	c.penned, c.open, c.chunks = int64(len(c.scratch)), c.opened[:0], append(c.kept[:0], chunk{buf: c.first[:0]})
	c.files = c.named[:0]
	if a.Answered {
		c.state = Answered
	}
	c.arrival = a.bounded(c.pen.rules)
	c.held = overhead + c.arrival.size()
	r.mu.Lock()
	if !r.makeRoom(c.held) {
		r.mu.Unlock()
		return nil
	}
	r.held += c.held
	r.last++
	c.id = r.last
	r.running.push(c)
	if r.begun != nil {
		close(r.begun)
		r.begun = nil
	}
	r.mu.Unlock()
	c.note(codeBegins)
	return c
}

// End ends the trace: the call is FreeSWITCH's again, or over.
func (c *Call) End() {
	if c == nil {
		return
	}
	r := c.recorder
	now := r.clock.Now()
	c.mu.Lock()
	if !c.ended.IsZero() {
		c.mu.Unlock()
		return
	}
	if c.state != HungUp {
		c.state = Returned
	}
	c.ended = now
	clear(c.opened[:]) // of functions
	c.open, c.pen.args, c.pen.buf = nil, nil, c.scratch[:0]
	c.weigh()
	c.changes()
	failed := c.failed
	c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running.remove(c)
	if failed {
		r.failed.push(c)
		r.failed.held += c.held
	} else {
		r.fine.push(c)
	}
	r.makeRoom(0)
}

// hold counts bytes that a call holds more, or less, and returns how many.
func (r *Recorder) hold(n int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.makeRoom(n)
	r.held += n
	return n
}

// take counts bytes for a call if there is room.
func (r *Recorder) take(n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.makeRoom(n) {
		return false
	}
	r.held += n
	return true
}

// makeRoom forgets calls that have ended until so many bytes more may be held. It reports
// whether they may. Failed calls may hold a quarter, whatever else is new.
func (r *Recorder) makeRoom(n int64) bool {
	size := r.size.Load()
	for r.held+n > size {
		from := &r.fine
		if from.first == nil || r.failed.held > size/4 {
			from = &r.failed
		}
		c := from.first
		if c == nil {
			return false
		}
		from.remove(c)
		if from == &r.failed {
			from.held -= c.held
		}
		r.held -= c.held
	}
	return true
}

// A list is a list of calls.
type list struct {
	first, last *Call
	held        int64 // bytes, of the failed ones
}

func (l *list) push(c *Call) {
	c.prev, c.next = l.last, nil
	if l.last != nil {
		l.last.next = c
	} else {
		l.first = c
	}
	l.last = c
}

func (l *list) remove(c *Call) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.last = c.prev
	}
	c.prev, c.next = nil, nil
}

// bounded returns what is kept of an arrival. What others keep too is not copied.
func (a Arrival) bounded(r *rules) Arrival {
	const most = 100
	keep := func(s string) string { return strings.Clone(cut(s, most)) }
	a.UUID, a.Flow, a.Generation, a.Version = cut(a.UUID, 2*most), keep(a.Flow), cut(a.Generation, most), cut(a.Version, most)
	a.Caller, a.Destination = keep(a.Caller), keep(a.Destination)
	args := a.Args
	a.Args = nil
	for _, arg := range args[:min(len(args), mostValues)] {
		a.Args = append(a.Args, r.text(keep(arg), ""))
	}
	return a
}

func (a Arrival) size() (n int64) {
	for _, s := range a.Args {
		n += int64(len(s)) + 16
	}
	return n + int64(len(a.UUID)+len(a.Flow)+len(a.Generation)+len(a.Version)+len(a.Caller)+len(a.Destination))
}
