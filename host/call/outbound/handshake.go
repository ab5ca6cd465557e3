package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

var errNotACall = errors.New("the peer answered `connect` without a channel: is it the socket application of a FreeSWITCH?")

// moveTime limits a channel's way from its answer to the application or extension that
// it was originated for.
const moveTime = time.Second

// connect sends the opening commands in one write and waits for the answer to
// connect. last is the reply to the last of them.
func (s *Server) connect(ctx context.Context, conn *esl.Conn) (connect esl.Event, last *esl.Pending, err error) {
	sent, err := conn.Post(s.commands.opening[:]...)
	if err != nil {
		return esl.Event{}, nil, err
	}
	if !s.await(ctx, conn, sent[0], s.cfg.Handshake) {
		return esl.Event{}, nil, fmt.Errorf("the peer did not answer `connect` within %v", s.cfg.Handshake)
	}
	reply, err, _ := sent[0].Ready()
	return reply.Event, sent[len(sent)-1], err
}

// accept makes the call of a connection that has answered connect. It returns nil
// if there is none to serve, and logs why.
func (s *Server) accept(ctx context.Context, conn *esl.Conn, local net.Addr, connect esl.Event, last *esl.Pending) *Call {
	c, err := s.newCall(conn, local, connect)
	if err == nil {
		_, err = s.answer(ctx, conn, last, "myevents")
	}
	if err == nil {
		err = s.learnUUID(ctx, c, connect)
	}
	if err == nil {
		c.guardTransfer()
	}
	switch {
	case c == nil || errors.As(err, new(*esl.DisconnectError)):
		s.logNoCall(ctx, conn, err)
	case err == nil && c.hasLeftSocket():
		c.Log().Info("call not served: it was transferred while its dialplan came to this socket")
		s.handBack(ctx, c)
	case err == nil:
		c.awaitMove(ctx)
		return c
	default:
		if errors.As(err, new(*controlError)) {
			s.unserved.Add(1)
		}
		c.Log().Error("call not served, its dialplan continues", "error", err)
		s.handBack(ctx, c)
	}
	return nil
}

// answer waits for the reply to a command of the handshake.
func (s *Server) answer(ctx context.Context, conn *esl.Conn, sent *esl.Pending, command string) (string, error) {
	if !s.await(ctx, conn, sent, s.cfg.Handshake) {
		return "", fmt.Errorf("the peer did not answer `%s` within %v", command, s.cfg.Handshake)
	}
	reply, err, _ := sent.Ready()
	if err != nil {
		return "", err
	}
	return reply.Text(), reply.Err()
}

// learnUUID asks for the channel's uuid if the events do not show for certain what it
// is: FreeSWITCH encodes "a b" as "a%20b", and leaves "a%20b" as it is
// (switch_utils.c:switch_url_encode_opt).
func (s *Server) learnUUID(ctx context.Context, c *Call, connect esl.Event) error {
	if !strings.Contains(connect.Raw("Unique-ID"), "%") {
		return nil
	}
	sent, err := c.conn.Post(s.commands.uuid)
	if err != nil {
		return err
	}
	uuid, err := s.answer(ctx, c.conn, sent[0], "getvar uuid")
	if err == nil && uuid != "" {
		c.uuid = strings.Clone(uuid)
	}
	return err
}

// logNoCall logs why a connection hands over no call.
func (s *Server) logNoCall(ctx context.Context, conn *esl.Conn, err error) {
	if ctx.Err() != nil || isClosed(err) {
		s.log.Debug("connection closed before it handed over a call", "peer", conn.RemoteAddr(), "error", err)
	} else {
		s.log.Warn("connection closed: it hands over no call", "peer", conn.RemoteAddr(), "error", err)
	}
}

// isClosed reports whether a peer just closed the connection, as a port check
// does, and did not send nonsense. One that has not read what was sent to it resets it.
func isClosed(err error) bool {
	gone := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	return gone && !errors.As(err, new(*esl.MalformedError))
}

// fixedCommands are the commands that every connection begins and ends with.
type fixedCommands struct {
	opening      [3]esl.Command // connect, linger, myevents
	resume, exit esl.Command
	uuid         esl.Command
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
		{&f.uuid, func() (esl.Command, error) { return esl.GetVar("uuid") }},
	} {
		if *x.to, err = x.build(); err != nil {
			return f, err
		}
	}
	return f, nil
}

// await waits up to limit for a reply and reports whether it, or the end of the
// connection, has come. If ctx ends, it waits up to exitTime longer: only a call whose
// handshake is complete can be handed back.
func (s *Server) await(ctx context.Context, conn *esl.Conn, reply *esl.Pending, limit time.Duration) bool {
	if reply.IsReady() {
		return true
	}
	var late deadline
	late.start(s.clock, conn, limit)
	defer func() { late.stop() }()
	for !reply.IsReady() {
		if late.passed(s.clock) {
			return false
		}
		if conn.Await(ctx) != nil {
			late.stop()
			ctx = context.WithoutCancel(ctx)
			late.start(s.clock, conn, exitTime)
		}
	}
	return true
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
		uuid: strings.Clone(ev.uuid), shown: strings.Clone(ev.uuid), path: socket.path, addr: socket.addr, async: socket.async,
		executions:      newExecutions(s.cfg.Wire.NewUUID()),
		connectSequence: ev.sequenceNumber(),
		controls:        s.cfg.Controls,
	}
	c.mayBeStale = c.connectSequence > 0
	c.update(ev)
	conn.Keep(c.snapshot)
	c.dialplan = c.state == stateExecute && !c.dialled
	if !socket.full || !socket.async {
		return c, &controlError{socket, c.snapshot.Get("Call-Direction") == "outbound"}
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
	app := c.snapshot.Last("variable_current_application") // its variables are last
	elsewhere := app != "" && app != "socket" && c.snapshot.Get("variable_socket_resume") == "true"
	if c.hungUp || !c.moved && !elsewhere {
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
	if !c.dialled || c.hungUp {
		return
	}
	moving := true
	w := &wait{afterMove: true, onEvent: func(ev eventView) { moving = moving && ev.name != "CHANNEL_STATE" }}
	w.done = func() bool { return !moving || c.hungUp }
	_ = c.wait(ctx, moveTime, w)
}
