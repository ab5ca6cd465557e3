package esl

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// ErrQueueFull ends a connection whose consumer let twice the queue's length of
// events pile up.
var ErrQueueFull = errors.New("event queue overflowed: the consumer does not keep up")

// Options of a connection. A zero field has the default.
type Options struct {
	Limits
	QueueLen     int           // events, default 1024
	WriteTimeout time.Duration // for one write, default 10 s
	NewUUID      func() string // names bgapi jobs, default random
	Log          *slog.Logger  // default: discard
}

// Conn is one event socket connection: an ordered stream of events for one
// consumer, and commands whose replies come back in order.
type Conn struct {
	nc   net.Conn
	done chan struct{}
	wake chan struct{}
}

// NewConn starts reading nc. The caller must Close the Conn.
func NewConn(nc net.Conn, o Options) *Conn { return &Conn{nc: nc} }

// Do sends a command and waits for its reply. When ctx ends first, Do leaves its
// place in the order: the late reply is dropped. An -ERR reply is not an error here.
func (c *Conn) Do(ctx context.Context, cmd Command) (Reply, error) { return Reply{}, errSkeleton }

// Post sends commands in one write without waiting.
func (c *Conn) Post(cmds ...Command) ([]*Pending, error) { return nil, errSkeleton }

// Wake is signalled when Poll may have something, when a posted command was
// answered, or when the connection has ended. One signal may stand for many.
func (c *Conn) Wake() <-chan struct{} { return c.wake }

// Poll takes the next event in received order, if there is one. Events received
// before the connection ended are still delivered after it.
func (c *Conn) Poll() (Event, bool) { return Event{}, false }

// Next waits for the next event, the end of the connection or of ctx.
func (c *Conn) Next(ctx context.Context) (Event, error) { return Event{}, errSkeleton }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is the *DisconnectError once Done is closed, nil before.
func (c *Conn) Err() error { return nil }

// Dropped is how many events were lost because the queue was full.
func (c *Conn) Dropped() uint64 { return 0 }

// RemoteAddr is the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// Close ends the connection and waits for its reader.
func (c *Conn) Close() error { return c.nc.Close() }

// Pending is the place of a posted command in the order of replies.
type Pending struct{}

// Ready is the reply, if it (or the connection's end) has come. It never blocks:
// whoever waits on Wake for events asks here too.
func (p *Pending) Ready() (Reply, error, bool) { return Reply{}, errSkeleton, false }

// Done is closed when Ready has something.
func (p *Pending) Done() <-chan struct{} { return nil }

// Wait waits for the reply, the end of the connection or of ctx.
func (p *Pending) Wait(ctx context.Context) (Reply, error) { return Reply{}, errSkeleton }

// Reply is FreeSWITCH's answer to one command.
type Reply struct{ Event }

// Text is the Reply-Text, or the body of an api/response.
func (r Reply) Text() string { return "" }

// Err is a *ReplyError when the text begins with -ERR or -USAGE.
func (r Reply) Err() error { return nil }

// Job is a bgapi command under way.
type Job struct{}

// StartJob sends bgapi under a job id chosen here, so that a quick result cannot
// be missed. Its BACKGROUND_JOB goes to the Job and not to the event queue.
// The connection must be subscribed to BACKGROUND_JOB.
func (c *Conn) StartJob(cmdline string) (*Job, error) { return nil, errSkeleton }

// UUID is the Job-UUID.
func (j *Job) UUID() string { return "" }

// Done is closed when the result, a refusal or the end of the connection has come.
func (j *Job) Done() <-chan struct{} { return nil }

// Wait is the job's output as FreeSWITCH gave it ("+OK ...", "-ERR ..."); the
// error is a *ReplyError when the job was refused, a *DisconnectError, or ctx's.
func (j *Job) Wait(ctx context.Context) (string, error) { return "", errSkeleton }
