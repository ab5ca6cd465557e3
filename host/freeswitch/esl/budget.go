package esl

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// A Budget bounds the bytes that connections hold together of what their peers
// sent: in the readers' buffers, in the queues, in outputs on their way to who
// asked for them, and in what the consumers keep. When it is exceeded, the
// connection that holds most is ended.
type Budget struct {
	limit int64
	held  atomic.Int64
	ended atomic.Uint64

	turn    chan struct{} // filled while a reader has its turn: see pace
	waiting atomic.Int32  // for one

	mu    sync.Mutex // taken before a connection's
	conns map[*Conn]struct{}
}

// NewBudget returns a Budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, conns: map[*Conn]struct{}{}, turn: make(chan struct{}, 1)}
}

// A BudgetError ends the connection that holds most when the Budget is exceeded.
type BudgetError struct{ Held, Limit int64 }

func (e *BudgetError) Error() string {
	return fmt.Sprintf("all connections together hold more than %d bytes of what their peers sent, and this one holds most of them all, %d", e.Limit, e.Held)
}

func (b *Budget) join(c *Conn) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns[c] = struct{}{}
}

func (b *Budget) leave(c *Conn) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}

// waitingEvents counts the events that wait in all connections.
func (b *Budget) waitingEvents() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		n += c.Waiting()
	}
	return n
}

// enforce ends connections until the others hold no more than the limit. The
// caller holds no connection's lock.
func (b *Budget) enforce() {
	if b == nil || b.held.Load() <= b.limit {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.held.Load() > b.limit && len(b.conns) > 0 {
		var largest *Conn
		for c := range b.conns {
			if largest == nil || c.held.Load() > largest.held.Load() {
				largest = c
			}
		}
		delete(b.conns, largest)
		b.ended.Add(1)
		largest.end(&BudgetError{Held: largest.held.Load(), Limit: b.limit})
		largest.mu.Lock()
		largest.events.clear()
		largest.release()
		largest.mu.Unlock()
	}
}

// hold counts n more bytes, or fewer if n is negative. It is called under mu.
func (c *Conn) hold(n int) {
	if c.o.Budget == nil || c.released {
		return
	}
	c.held.Add(int64(n))
	c.o.Budget.held.Add(int64(n))
}

// release ends the counting. It is called under mu.
func (c *Conn) release() {
	c.hold(-int(c.held.Load()))
	c.released = true
}

// holdBuffer counts what the reader has buffered.
func (c *Conn) holdBuffer(size int) {
	if size == c.buffered {
		return
	}
	c.mu.Lock()
	c.hold(size - c.buffered)
	c.buffered = size
	c.mu.Unlock()
	c.o.Budget.enforce()
}

// Keep counts an event that the consumer stores, in place of the one it stored
// before. Only the goroutine of the consumer calls it.
func (c *Conn) Keep(e Event) {
	if len(e.raw) == c.kept {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold(len(e.raw) - c.kept)
	c.kept = len(e.raw)
}

// largeOutput is the size from which an output counts before it is taken. Most are
// a line, and nobody takes some of them.
const largeOutput = 64 << 10

// A parcel carries an output to the caller that waits for it.
type parcel struct {
	conn     *Conn
	held     int
	released bool // or nobody waits for it any more
}

// arrived counts an output. It is called under mu.
func (p *parcel) arrived(size int) {
	if size >= largeOutput && !p.released {
		p.held = size
		p.conn.hold(size)
	}
}

// release ends the counting. It is called under mu.
func (p *parcel) release() {
	p.conn.hold(-p.held)
	p.held, p.released = 0, true
}
