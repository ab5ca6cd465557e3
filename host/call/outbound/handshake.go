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

var errNotACall = errors.New("the peer answered `connect` without a channel: is it the socket application of a FreeSWITCH?")

// moveTime is how long a channel may take from its answer to the application or
// extension it was originated for.
const moveTime = time.Second

// accept turns a new connection into a call. It returns nil if there is none to
// serve, and logs why in one line.
func (s *Server) accept(ctx context.Context, conn *esl.Conn, local net.Addr) *Call {
	c, err := s.handshake(ctx, conn, local)
	switch {
	case err == nil && c.hasLeftSocket():
		c.Log().Info("call not served: it was transferred while its dialplan came to this socket")
		s.handBack(ctx, c)
	case err == nil:
		c.awaitMove(ctx)
		return c
	case c != nil:
		c.Log().Error("call not served, its dialplan continues: " + err.Error())
		s.handBack(ctx, c)
	case ctx.Err() != nil || isClosed(err):
		s.log.Debug("connection closed before it handed over a call", "peer", conn.RemoteAddr(), "error", err)
	default:
		s.log.Warn("connection closed: it hands over no call", "peer", conn.RemoteAddr(), "error", err)
	}
	return nil
}

// isClosed reports whether a peer just closed the connection, as a port check
// does, and did not send nonsense.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) && !errors.As(err, new(*esl.MalformedError))
}

// fixedCommands are the commands that every connection begins and ends with.
type fixedCommands struct {
	opening      [3]esl.Command // connect, linger, myevents
	resume, exit esl.Command
}

func newFixedCommands(linger time.Duration) (f fixedCommands, err error) {
	seconds := max(1, int((linger+time.Second-1)/time.Second))
	for _, x := range []struct {
		to    *esl.Command
		build func() (esl.Command, error)
	}{
		{&f.opening[0], esl.Connect},
		{&f.opening[1], func() (esl.Command, error) { return esl.Linger(seconds) }},
		{&f.opening[2], func() (esl.Command, error) { return esl.MyEvents("plain") }},
		{&f.resume, esl.Resume},
		{&f.exit, esl.Exit},
	} {
		if *x.to, err = x.build(); err != nil {
			return f, err
		}
	}
	return f, nil
}

// handshake sends connect, linger and myevents in one write. If it returns a Call
// together with an error, the caller must hand the Call back.
func (s *Server) handshake(ctx context.Context, conn *esl.Conn, local net.Addr) (*Call, error) {
	sent, err := conn.Post(s.commands.opening[:]...)
	if err != nil {
		return nil, err
	}
	last := sent[len(sent)-1]
	if !s.await(ctx, last.Done(), s.cfg.Handshake) {
		return nil, fmt.Errorf("the peer did not answer `connect` within %v", s.cfg.Handshake)
	}
	myEvents, err, _ := last.Ready()
	if err != nil {
		return nil, err
	}
	connect, _, _ := sent[0].Ready()
	c, err := s.newCall(conn, local, connect.Event)
	if err == nil {
		err = myEvents.Err()
	}
	return c, err
}

// await waits up to limit for done and reports whether it was closed. If ctx ends,
// it waits up to exitTime longer: only a call whose handshake is complete can be
// handed back.
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
	late := s.clock.NewTimer(exitTime)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// newCall makes the Call of a connection from the reply to connect. The error
// says why it cannot be served.
func (s *Server) newCall(conn *esl.Conn, local net.Addr, connect esl.Event) (*Call, error) {
	ev := viewOf(connect)
	if ev.uuid == "" {
		return nil, errNotACall
	}
	socket := parseSocketAddress(connect, local)
	c := &Call{
		conn: conn, clock: s.clock, base: s.log,
		uuid: strings.Clone(ev.uuid), path: socket.path, addr: socket.addr, async: socket.async,
		executions:      newExecutions(s.cfg.Wire.NewUUID()),
		connectSequence: ev.sequenceNumber(),
	}
	c.mayBeStale = c.connectSequence > 0
	c.update(ev)
	if !socket.full || !socket.async {
		return c, &controlError{socket}
	}
	return c, nil
}

// hasLeftSocket reports whether the channel runs something else already.
// uuid_transfer takes a channel out of one socket application, and in the moment
// before it has reached its new extension the old one's next action begins
// (switch_ivr.c:switch_ivr_session_transfer sets CF_TRANSFER first, CS_ROUTING
// last): if that is a socket too, it is there in case a host dies. Without
// socket_resume it is not, and a channel that runs something else may be one that
// execute_on_answer hands over.
func (c *Call) hasLeftSocket() bool {
	app, ok := c.snapshot.Lookup("variable_current_application")
	inSocket := !c.moved && (!ok || app == "socket")
	if c.hungUp || inSocket || c.snapshot.Get("variable_socket_resume") != "true" {
		return false
	}
	c.moved = true
	c.forgetResume()
	return true
}

// awaitMove waits while the channel is about to be moved. execute_on_answer hands
// a channel over before originate is done with it, and an application executed
// then ends at once, when the channel continues where it was originated to.
func (c *Call) awaitMove(ctx context.Context) {
	if c.state != stateConsumeMedia || c.hungUp {
		return
	}
	moving := true
	w := &wait{onEvent: func(ev eventView) { moving = moving && ev.name != "CHANNEL_STATE" }}
	w.done = func() bool { return !moving || c.hungUp }
	_ = c.wait(ctx, moveTime, w)
}
