package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

const greetingTimeout = 10 * time.Second

// connect dials and authenticates.
func (l *Link) connect(ctx context.Context) (*esl.Conn, error) {
	ctx, stop := within(ctx, l.clk, greetingTimeout, errSlowGreeting)
	defer stop()
	nc, err := l.o.Dial(ctx, l.node.address())
	if err != nil {
		return nil, cause(ctx, err)
	}
	wire := l.o.Wire
	if wire.Log == nil {
		wire.Log = l.log
	}
	conn := esl.NewConn(nc, wire)
	if err := l.greet(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, cause(ctx, err)
	}
	return conn, nil
}

// greet answers FreeSWITCH's auth/request.
func (l *Link) greet(ctx context.Context, conn *esl.Conn) error {
	first, err := conn.Next(ctx)
	var malformed *esl.MalformedError
	switch {
	case errors.As(err, &malformed):
		return fmt.Errorf("%w: another service than FreeSWITCH's event socket listens at this address", err)
	case err != nil:
		return err
	}
	switch first.Type() {
	case "auth/request":
	case "text/rude-rejection":
		return &RejectedError{Text: first.Body()}
	default:
		return fmt.Errorf("expected FreeSWITCH's auth/request, got %s: another service than its event socket listens at this address", first.Type())
	}
	login, err := l.node.login()
	if err != nil {
		return err
	}
	r, err := conn.Do(ctx, login)
	if err != nil {
		return err
	}
	if r.Err() != nil {
		return &PasswordError{User: l.node.User, Answer: r.Text()}
	}
	return nil
}

// within returns a context that ends with err after d on clk.
func within(ctx context.Context, clk clock.Clock, d time.Duration, err error) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := clk.AfterFunc(d, func() { cancel(err) })
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// cause returns err, or the reason why ctx ended if it has ended.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
