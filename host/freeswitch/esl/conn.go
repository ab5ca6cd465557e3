package esl

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Options adjust a connection. A zero field has the default. Limits and the queue's
// bounds hold once FreeSWITCH has answered connect or accepted a login; until then
// they are maxGreeting and maxGreetingEvents.
type Options struct {
	Limits
	QueueLen     int           // events that may wait for the consumer, default 1024
	QueueBytes   int           // and what they may take together, default 1 MiB
	Budget       *Budget       // shared with other connections; nil: none
	WriteTimeout time.Duration // for one write, default 10 s
	NewUUID      func() string // names bgapi jobs, default random
	Tap          Tap           // hears everything that passes; nil: nobody
	Log          *slog.Logger  // default: nowhere
}

// A Tap hears what passes on a connection. It must be quick.
type Tap interface {
	// Received is called with each frame before its event can be polled or its reply is
	// known: by the consumer of an owned connection, else by the reader. together says that
	// it came with the frame before it.
	Received(frame string, together bool)
	// Sent is called with commands before they are written.
	Sent(commands []byte)
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	if o.QueueLen <= 0 {
		o.QueueLen = 1024
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 1 << 20
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 10 * time.Second
	}
	if o.NewUUID == nil {
		o.NewUUID = uuid.NewString
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// A Conn is one event socket connection: an ordered stream of events for one
// consumer, and commands from any goroutine, answered in the order they were sent.
type Conn struct {
	nc    net.Conn
	o     Options
	made  time.Time
	owned bool          // see Own
	wake  chan struct{} // holds one signal
	ended chan struct{} // closed when the connection has
	done  chan struct{} // closed when the reader has ended

	// of the goroutine that reads
	reader   Reader
	pace     pace
	greeting bool            // neither connect nor a login has been answered
	strange  bool            // an oddity was reported
	news     bool            // since the consumer was told
	looked   time.Duration   // since made
	watched  context.Context // whose end is a Kick
	unwatch  func() bool

	kick    chan struct{} // holds one signal
	kicked  atomic.Bool
	waiting atomic.Bool // in Await, before it looks whether its context has ended

	held atomic.Int64 // bytes that count against the budget; changed under mu

	write sync.Mutex // taken before mu; keeps the order of replies that of the wire

	mu      sync.Mutex
	replies ring[*Pending]
	jobs    map[string]*Job
	events  queue
	notice  string
	err     *DisconnectError

	buffered int  // the reader's part of held
	kept     int  // the consumer's part; it belongs to its goroutine
	released bool // nothing counts any more
}

// NewConn starts to read nc and owns it from then on. The caller must Close the Conn.
func NewConn(nc net.Conn, o Options) *Conn { return newConn(nc, o).start() }

func (c *Conn) start() *Conn {
	c.wake, c.done = make(chan struct{}, 1), make(chan struct{})
	go c.read()
	return c
}

func newConn(nc net.Conn, o Options) *Conn {
	c := &Conn{nc: nc, made: time.Now(), looked: -lookEvery, o: o.withDefaults(), ended: make(chan struct{}), greeting: true}
	c.reader = Reader{src: patiently(nc), limits: c.o.Limits, head: noHeader, owed: c.owes, greeting: true}
	c.pace.budget, c.pace.at = c.o.Budget, c.made
	c.events.length, c.events.bytes = c.o.QueueLen, c.o.QueueBytes
	c.o.Budget.join(c)
	return c
}

// Wake returns a channel that is signalled when Poll has an event, when a posted
// command for which nobody calls Wait or Done was answered (call its Ready), and
// when the connection has ended. One signal may stand for several of them, or for
// an event that was already taken. The channel of an owned connection is nil.
func (c *Conn) Wake() <-chan struct{} { return c.wake }

// Poll returns the next event in received order, if there is one. Events received
// before the connection ended are still delivered after its end.
func (c *Conn) Poll() (Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.events.pop()
	if ok {
		c.hold(-sizeOf(e))
	}
	return e, ok
}

// Peek calls fn for each event that waits for Poll and that fn has not seen before.
// fn must be quick and not use the Conn.
func (c *Conn) Peek(fn func(Event)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events.peek(fn)
}

// Next waits for the next event, the end of the connection or of ctx. It combines
// Poll and Wake for a consumer that waits for nothing else; it is not for an owned
// connection.
func (c *Conn) Next(ctx context.Context) (Event, error) {
	for {
		if e, ok := c.Poll(); ok {
			return e, nil
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		case <-c.done:
			if e, ok := c.Poll(); ok {
				return e, nil
			}
			return Event{}, c.Err()
		}
	}
}

// Done returns a channel that is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns a *DisconnectError once the connection has ended, nil before.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return nil
	}
	return c.err
}

// Dropped returns how many events were lost because the queue was full.
func (c *Conn) Dropped() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events.dropped
}

// Waiting returns how many events wait for the consumer.
func (c *Conn) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events.n
}

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// Close ends the connection and every wait on it, and waits for the reader to stop.
func (c *Conn) Close() error {
	c.end(net.ErrClosed)
	<-c.done
	c.disown()
	c.o.Budget.leave(c)
	return nil
}

// End ends the connection and every wait on it with err, and does not wait.
func (c *Conn) End(err error) { c.end(err) }

// end ends every wait with the same error. Only the first call has an effect.
func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = &DisconnectError{Peer: c.nc.RemoteAddr(), Notice: c.notice, Err: err}
	for p, ok := c.replies.pop(); ok; p, ok = c.replies.pop() {
		p.finish(Reply{}, c.err)
	}
	for id, j := range c.jobs {
		delete(c.jobs, id)
		j.finish("", c.err)
	}
	close(c.ended)
	_ = c.nc.Close() // which ends the reader; there is nobody to tell about an error
}

func (c *Conn) peer() string { return nameOfPeer(c.nc.RemoteAddr()) }

func nameOfPeer(peer net.Addr) string {
	if peer != nil {
		return peer.String()
	}
	return "its peer"
}

func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Post sends commands in one write and does not wait for their replies.
func (c *Conn) Post(cmds ...Command) ([]*Pending, error) {
	block, places := make([]Pending, len(cmds)), make([]*Pending, len(cmds))
	for i := range block {
		block[i].conn, block[i].opens = c, cmds[i].opens
		places[i] = &block[i]
	}
	return places, c.post(places, cmds...)
}

func (c *Conn) post(places []*Pending, cmds ...Command) error {
	c.write.Lock()
	defer c.write.Unlock()
	lent := getBuffer()
	defer putBuffer(lent)
	out := lent[:0]
	for _, cmd := range cmds {
		if cmd.wire == "" {
			return errors.New("event socket: a command that no builder made")
		}
		out = append(out, cmd.wire...)
	}
	if err := c.queueUp(places); err != nil {
		return err
	}
	if c.o.Tap != nil {
		c.o.Tap.Sent(out)
	}
	if err := c.writeOut(out); err != nil {
		// Part of a command may be on its way: nothing can follow it.
		c.end(err)
		return c.Err()
	}
	return nil
}

// writeOut writes within the time for it. Nearly always the socket takes all at once,
// which needs no deadline.
func (c *Conn) writeOut(out []byte) error {
	if p, ok := c.reader.src.(patient); ok {
		n, err := p.writeSome(out)
		if out = out[n:]; err != nil || len(out) == 0 {
			return err
		}
	}
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.o.WriteTimeout)); err != nil {
		return err
	}
	_, err := c.nc.Write(out)
	return err
}

func (c *Conn) queueUp(places []*Pending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	for _, p := range places {
		c.replies.push(p)
	}
	return nil
}

// Do sends a command and waits for its reply; an -ERR reply is Reply.Err and not
// an error here. When ctx ends first, Do keeps its place in the order of
// replies: the late reply is dropped and never given to another command.
func (c *Conn) Do(ctx context.Context, cmd Command) (Reply, error) {
	p, err := c.Post(cmd)
	if err != nil {
		return Reply{}, err
	}
	return p[0].Wait(ctx)
}

var _ io.Closer = (*Conn)(nil)
