package bindings

import (
	"context"
	"errors"
	"time"

	"github.com/eslua/eslua/bindings/session"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/script/grant"
)

// granted are the grants of one script. It stands at the ports by which what
// the script itself has chosen leaves it; what the bindings say on their own
// account (uuid_getvar, uuid_kill, the originate around a dial string) goes by
// Script.API and is not the script's to be refused.
type granted struct{ *grant.Grants }

// newGranted takes the grants of a flow, nil for the default, for a script
// that FreeSWITCH reaches at listener, "" if it does not.
func newGranted(flow *grant.Grants, listener string) granted {
	own := grant.Default()
	if flow != nil {
		own = *flow
	}
	own.Own = nil
	if listener != "" {
		own.Own = []string{listener}
	}
	return granted{&own}
}

// Command runs an API command line the script wrote. The error is a
// *grant.RefusedError if the script may not.
func (b *Script) Command(ctx context.Context, line string) (string, error) {
	if err := b.granted.CheckAPI(line); err != nil {
		return "", err
	}
	return b.sw.API(ctx, line)
}

// SendEvent fires an event into that FreeSWITCH. The error is a
// *grant.RefusedError if the script may not.
func (b *Script) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	if err := b.granted.CheckEvent(); err != nil {
		return err
	}
	return b.sw.SendEvent(ctx, name, headers, body)
}

// Dial brings a leg up that the script then drives. The error is a
// *grant.RefusedError if the script may not.
func (b *Script) Dial(ctx context.Context, dial string, timeout time.Duration, variables [][2]string) (session.Leg, error) {
	if err := b.granted.CheckDial(dial); err != nil {
		return nil, err
	}
	if b.set.deps.Legs == nil || b.listener == "" {
		return nil, errors.New("this script cannot dial: FreeSWITCH hands dialled legs to eslua's listener, and there is none here (run it with eslua serve)")
	}
	leg, err := b.set.deps.Legs.Dial(ctx, b.sw, legs.Order{Listener: b.listener, Dial: dial, Timeout: timeout, Variables: variables})
	if err != nil {
		return nil, err // and no nil *Leg in an interface
	}
	return leg, nil
}

// CheckVariable refuses a variable the script may not set.
func (b *Script) CheckVariable(name, value string) error { return b.granted.CheckVariable(name, value) }

// CheckApp refuses an application the script may not run.
func (b *Script) CheckApp(app, data string) error { return b.granted.CheckApp(app, data) }
