package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// errNotACall is a peer that answers in the event socket's language but hands no call over.
var errNotACall = errors.New("the peer answered `connect` with no channel: is it the socket application of a FreeSWITCH?")

// settleTime is how long a channel may take from its answer to what it was
// originated for.
const settleTime = time.Second

// greet turns a new connection into a call; nil when there is none to serve.
// What is amiss is logged in one line.
func (s *Server) greet(ctx context.Context, conn *esl.Conn, local net.Addr) *Call {
	c, err := s.handshake(ctx, conn, local)
	switch {
	case err == nil && c.gone():
		c.Log().Info("call not served: it was transferred while its dialplan came to us")
		s.part(ctx, c)
	case err == nil:
		c.settle(ctx)
		return c
	case c != nil:
		c.Log().Error("call not served, its dialplan goes on: " + err.Error())
		s.part(ctx, c)
	case ctx.Err() != nil || isHangUp(err):
		s.log.Debug("connection closed before it handed a call over", "peer", conn.RemoteAddr(), "error", err)
	default:
		s.log.Warn("connection closed: it hands no call over", "peer", conn.RemoteAddr(), "error", err)
	}
	return nil
}

// isHangUp tells a peer that just closed (a port check) from one that talks nonsense.
func isHangUp(err error) bool {
	return errors.Is(err, io.EOF) && !errors.As(err, new(*esl.MalformedError))
}

// words are the commands that every connection begins and ends with.
type words struct {
	hello        [3]esl.Command // connect, linger, myevents
	resume, exit esl.Command
}

func newWords(linger time.Duration) (w words, err error) {
	seconds := max(1, int((linger+time.Second-1)/time.Second))
	for _, x := range []struct {
		to    *esl.Command
		build func() (esl.Command, error)
	}{
		{&w.hello[0], esl.Connect},
		{&w.hello[1], func() (esl.Command, error) { return esl.Linger(seconds) }},
		{&w.hello[2], func() (esl.Command, error) { return esl.MyEvents("plain") }},
		{&w.resume, esl.Resume},
		{&w.exit, esl.Exit},
	} {
		if *x.to, err = x.build(); err != nil {
			return w, err
		}
	}
	return w, nil
}

// handshake asks who calls and for the call's events, in one write.
func (s *Server) handshake(ctx context.Context, conn *esl.Conn, local net.Addr) (*Call, error) {
	sent, err := conn.Post(s.words.hello[:]...)
	if err != nil {
		return nil, err
	}
	last := sent[len(sent)-1]
	if !s.await(ctx, last.Done(), s.cfg.Handshake) {
		return nil, fmt.Errorf("the peer said nothing that answers `connect` within %v", s.cfg.Handshake)
	}
	granted, err, _ := last.Ready()
	if err != nil {
		return nil, err
	}
	connect, _, _ := sent[0].Ready()
	c, err := s.meet(conn, local, connect.Event)
	if err == nil {
		err = granted.Err()
	}
	return c, err
}

// await waits up to limit for done, and tells whether it came. The end of ctx
// leaves it little time, but some: a call must be heard to be given back.
func (s *Server) await(ctx context.Context, done <-chan struct{}, limit time.Duration) bool {
	deadline := s.clock.NewTimer(limit)
	defer deadline.Stop()
	select {
	case <-done:
		return true
	case <-deadline.C:
		return false
	case <-ctx.Done():
	}
	late := s.clock.NewTimer(partingTime)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// meet makes the Call, and says what keeps it from being served.
func (s *Server) meet(conn *esl.Conn, local net.Addr, connect esl.Event) (*Call, error) {
	ev := sight(connect)
	if ev.uuid == "" {
		return nil, errNotACall
	}
	from := whence(connect, local)
	c := &Call{
		conn: conn, clock: s.clock, base: s.log,
		uuid: strings.Clone(ev.uuid), path: from.path, addr: from.addr, async: from.async,
		executions: newExecutions(s.cfg.Wire.NewUUID()),
	}
	c.began = ev.count()
	c.early = c.began > 0
	c.note(ev)
	if !from.full || !from.async {
		return c, &controlError{from}
	}
	return c, nil
}

// gone tells of a channel that runs something else by now. uuid_transfer takes
// a channel out of one socket application, and in the moment before it has
// reached its new extension the old one's next action begins
// (switch_ivr.c:switch_ivr_session_transfer sets CF_TRANSFER first, CS_ROUTING
// last): where that is a socket too, it is there in case a host dies. Without
// socket_resume it is not, and a channel that has gone on may be what
// execute_on_answer hands over.
func (c *Call) gone() bool {
	app, ok := c.snapshot.Lookup("variable_current_application")
	if c.hungUp || !c.moved && (!ok || app == "socket") || c.snapshot.Get("variable_socket_resume") != "true" {
		return false
	}
	c.moved = true
	c.forgetResume()
	return true
}

// settle waits while the channel is about to be moved: execute_on_answer hands a
// channel over while originate is not done with it, and what is executed then
// ends at once, when the channel goes on to where it was originated to.
func (c *Call) settle(ctx context.Context) {
	if c.state != stateConsumes || c.hungUp {
		return
	}
	moving := true
	w := &wait{see: func(ev sighting) { moving = moving && ev.name != "CHANNEL_STATE" }}
	w.done = func() bool { return !moving || c.hungUp }
	_ = c.wait(ctx, settleTime, w)
}

// controlError is a call handed over without what a flow needs.
type controlError struct{ dialled }

func (e *controlError) Error() string {
	var lacks []string
	if !e.full {
		lacks = append(lacks, "`full`")
	}
	if !e.async {
		lacks = append(lacks, "`async`")
	}
	return "the socket application lacks " + strings.Join(lacks, " and ") + ": write " + e.action()
}
