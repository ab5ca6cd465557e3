package esl

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Options adjust a connection. A zero field has the default.
type Options struct {
	Limits
	QueueLen     int           // events that may wait for the consumer, default 1024
	QueueBytes   int           // and what they may take together, default 16 MiB
	WriteTimeout time.Duration // for one write, default 10 s
	NewUUID      func() string // names bgapi jobs, default random
	Log          *slog.Logger  // default: nowhere
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	if o.QueueLen <= 0 {
		o.QueueLen = 1024
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 16 << 20
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
	nc   net.Conn
	o    Options
	wake chan struct{} // holds one signal
	done chan struct{} // closed when the reader has ended

	strange bool // the reader's: an oddity was reported

	write sync.Mutex // taken before mu; keeps the order of replies that of the wire
	out   []byte     // scratch of the writer

	mu      sync.Mutex
	replies ring[*Pending]
	jobs    map[string]*Job
	events  queue
	notice  string
	err     *DisconnectError
}

// NewConn starts to read nc and owns it from then on. The caller must Close the Conn.
func NewConn(nc net.Conn, o Options) *Conn {
	c := &Conn{
		nc:   nc,
		o:    o.withDefaults(),
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	c.events.length, c.events.bytes = c.o.QueueLen, c.o.QueueBytes
	go c.read()
	return c
}

// Wake returns a channel that is signalled when Poll has an event, when a posted
// command for which nobody calls Wait or Done was answered (call its Ready), and
// when the connection has ended. One signal may stand for several of them, or for
// an event that was already taken.
func (c *Conn) Wake() <-chan struct{} { return c.wake }

// Poll returns the next event in received order, if there is one. Events received
// before the connection ended are still delivered after its end.
func (c *Conn) Poll() (Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events.pop()
}

// Next waits for the next event, the end of the connection or of ctx. It combines
// Poll and Wake for a consumer that waits for nothing else.
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

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// Close ends the connection and every wait on it, and waits for the reader to stop.
func (c *Conn) Close() error {
	c.end(net.ErrClosed)
	<-c.done
	return nil
}

// end ends every wait with the same error. Only the first call has an effect.
func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = &DisconnectError{Peer: c.peer(), Notice: c.notice, Err: err}
	for p, ok := c.replies.pop(); ok; p, ok = c.replies.pop() {
		p.finish(Reply{}, c.err)
	}
	for id, j := range c.jobs {
		delete(c.jobs, id)
		j.finish("", c.err)
	}
	_ = c.nc.Close() // which ends the reader; there is nobody to tell about an error
}

func (c *Conn) peer() string {
	if a := c.nc.RemoteAddr(); a != nil {
		return a.String()
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
	places := make([]*Pending, len(cmds))
	for i := range places {
		places[i] = &Pending{conn: c}
	}
	return places, c.post(places, cmds...)
}

func (c *Conn) post(places []*Pending, cmds ...Command) error {
	c.write.Lock()
	defer c.write.Unlock()
	out := c.out[:0]
	for _, cmd := range cmds {
		if cmd.wire == "" {
			return errors.New("event socket: a command that no builder made")
		}
		out = append(out, cmd.wire...)
	}
	if err := c.queueUp(places); err != nil {
		return err
	}
	c.out = nil
	if cap(out) <= 4096 { // a long argument does not stay for the rest of the call
		c.out = out
	}
	err := c.nc.SetWriteDeadline(time.Now().Add(c.o.WriteTimeout))
	if err == nil {
		_, err = c.nc.Write(out)
	}
	if err != nil {
		// Part of a command may be on its way: nothing can follow it.
		c.end(err)
		return c.Err()
	}
	return nil
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
