package esl

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// connectTime limits how long a connection, and then the login, may take.
const connectTime = 5 * time.Second

// limits bound one packet.
var limits = esl.Limits{Head: 64 << 10, Body: 1 << 20, Output: 1 << 20}

// A remote is a connection to a FreeSWITCH. Only the script's goroutine reads it.
type remote struct {
	env    *run.Env
	conn   *counted
	reader *esl.Reader
	queue  queue // came while an answer was waited for
	up     bool
}

// A counted connection blocks while it reads and writes, and not in between: what a server
// sends without end is read in the script's own processor time.
type counted struct {
	net.Conn
	blocker clock.Blocker // of whoever waits now
}

func (c *counted) Read(p []byte) (n int, err error) {
	if err := c.blocker.Look(0); err != nil {
		return 0, err
	}
	c.blocker.Block()
	defer c.blocker.Unblock()
	return c.Conn.Read(p)
}

func (c *counted) Write(p []byte) (n int, err error) {
	c.blocker.Block()
	defer c.blocker.Unblock()
	return c.Conn.Write(p)
}

// dial connects and logs in. An error is the script's mistake; a server that does not
// answer gives a connection that is not connected.
func (s *connections) dial(a *vm.Args, port uint16) (*remote, error) {
	const cost = 8000 // units of 10 ns, with what other goroutines do for it
	a.ChargeCPU(cost)
	r := &remote{env: s.env}
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	conn, err := s.dialer.Dial(ctx, s.env.Grants, a.String(0), port, connectTime)
	blocker.Unblock()
	var refused *grant.RefusedError
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case err != nil:
		s.env.Log.Warn("ESLconnection: not connected", "host", a.String(0), "port", port, "error", err)
		return r, nil
	}
	r.conn, r.up = &counted{Conn: conn}, true
	r.reader = esl.NewReader(r.conn, limits)
	if err := r.login(a); err != nil {
		r.disconnect()
		s.env.Log.Warn("ESLconnection: not logged in", "host", a.String(0), "port", port, "error", err)
	}
	return r, nil
}

func (r *remote) login(a *vm.Args) error {
	greeting, ok, err := r.packet(a, connectTime)
	if err != nil || !ok || greeting.Type() != "auth/request" {
		return cmp.Or(err, errors.New("it is no event socket"))
	}
	password := "auth " + a.String(2)
	if a.Len() > 3 {
		password = "userauth " + a.String(2) + ":" + a.String(3)
	}
	answer, ok, err := r.ask(a, password)
	if err != nil || !ok || !strings.EqualFold(answer.Get("Reply-Text"), "+OK accepted") {
		return cmp.Or(err, errors.New("the password is wrong, or the event socket's access list refuses this machine"))
	}
	return nil
}

func (r *remote) connected() bool { return r.up }

func (r *remote) disconnect() {
	r.up = false
	if r.conn != nil {
		_ = r.conn.Close()
	}
}

func (r *remote) info() (e esl.Event, ok bool) { return esl.Event{}, false }

func (r *remote) holds() int { return r.queue.bytes }

// send writes a command, with an empty line after it.
func (r *remote) send(a *vm.Args, command string) error {
	if !r.up {
		return nil
	}
	a.ChargeCPU(len(command) / 8)
	if !strings.Contains(command, "\n\n") { // a body may follow
		command += "\n\n"
	}
	return r.wait(a, -1, func() error {
		_, err := r.conn.Write([]byte(command))
		return err
	})
}

// wait does something that blocks on the connection, and ends when the call hangs up or
// the time is over. Only the time leaves the connection as it is.
func (r *remote) wait(a *vm.Args, limit time.Duration, do func() error) error {
	ctx, stop := r.env.Aside(a.Context())
	defer stop()
	_ = r.conn.SetDeadline(time.Time{})
	interrupt := func() { _ = r.conn.SetDeadline(time.Unix(1, 0)) }
	defer context.AfterFunc(ctx, interrupt)()
	if limit < 0 && r.env.Call != nil && r.env.Call.Gone() {
		limit = connectTime // nothing else would end the wait
	}
	if limit >= 0 {
		defer r.env.Clock.AfterFunc(limit, interrupt).Stop()
	}
	r.conn.blocker = clock.BlockerOf(ctx)
	err := do()
	switch {
	case a.Context().Err() != nil:
		return context.Cause(a.Context())
	case err != nil && ctx.Err() != nil:
		return os.ErrDeadlineExceeded
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case err != nil:
		r.disconnect()
		return nil
	}
	return nil
}

// packet waits for the next packet: the event in it, or the packet itself.
func (r *remote) packet(a *vm.Args, limit time.Duration) (e esl.Event, ok bool, err error) {
	if !r.up {
		return e, false, nil
	}
	var f esl.Frame
	err = r.wait(a, limit, func() (err error) {
		f, err = r.reader.Next()
		return err
	})
	if errors.Is(err, os.ErrDeadlineExceeded) { // the time is over, or the call has hung up
		return e, false, nil
	}
	if err != nil || !r.up {
		return e, false, err
	}
	if e, err = f.Event(); err != nil {
		r.disconnect()
		return e, false, nil
	}
	a.ChargeMemory(e.Size())
	a.ChargeCPU(e.Size() / 8)
	if e.Type() == "text/disconnect-notice" && !strings.EqualFold(e.Get("Content-Disposition"), "linger") {
		r.disconnect()
	}
	return e, true, nil
}

// ask sends a command and waits for its answer; events that come before it wait for
// receive.
func (r *remote) ask(a *vm.Args, command string) (answer esl.Event, ok bool, err error) {
	if err := r.send(a, command); err != nil {
		return answer, false, err
	}
	for r.up {
		e, ok, err := r.packet(a, -1)
		if err != nil || !ok {
			r.disconnect() // the next command would get this one's answer
			return answer, false, err
		}
		switch e.Type() {
		case "command/reply", "api/response", "":
			return e, true, nil
		}
		r.queue.add(e, r.env.Log)
	}
	return answer, false, nil
}

// execute follows esl.c:esl_execute.
func (r *remote) execute(a *vm.Args, x execution) (esl.Event, bool, error) {
	var b strings.Builder
	b.WriteString("sendmsg " + x.uuid + "\ncall-command: execute\nexecute-app-name: " + x.app + "\n")
	if x.arg != "" {
		b.WriteString("execute-app-arg: " + x.arg + "\n")
	}
	if x.lock {
		b.WriteString("event-lock: true\n")
	}
	if x.async {
		b.WriteString("async: true\n")
	}
	return r.ask(a, b.String()+"\n")
}

func (r *remote) receive(a *vm.Args, limit time.Duration) (e esl.Event, ok bool, err error) {
	if e, ok := r.queue.take(); ok {
		return e, true, nil
	}
	return r.packet(a, limit)
}
