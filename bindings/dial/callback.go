package dial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// ringback is the tone that whoever was called first hears while the other phone rings.
const ringback = "%(2000,4000,440,480)"

func callbackFunc() vm.Func {
	party := `an endpoint ("user/1000"), or a table with to, from, variables, timeout and confirm as originate takes it`
	return vm.Func{
		Name: "callback",
		Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: `a: who is called first: ` + party + `. b: who is called when a has answered, likewise. ` +
			`ringback: what a hears while b rings, unless b sends sound of its own: a tone, as "%(2000,4000,440,480)", which is the default, or a file. sorry: what is played to a if b is not reached, before a is hung up`}},
		Results: []vm.Result{{Name: "result", Kind: vm.Table, Doc: `connected: true if the two have spoken; seconds: for how long; a and b: what came of each, as originate returns it; b is nil if a was not reached`}},
		Doc: "Calls somebody, then somebody else, and connects the two. It returns when their conversation is over, or one of them was not reached. " +
			"If a hangs up while b rings, b stops ringing (the outcome of b is cancelled). If b is not reached, a is hung up with b's cause.\n" +
			"If the script's own call hangs up before a has answered, nobody is called any longer; later the two are not disturbed. mod_lua does not have it.",
		AfterHangup: "Calls as before.",
		Example: `local r = callback{a = "user/1000", b = {to = "sofia/gateway/carrier/5551234", from = "5550000", timeout = 40}}
if not r.connected then freeswitch.consoleLog("info", "1000: " .. r.a.outcome .. ", 5551234: " .. (r.b and r.b.outcome or "not called") .. "\n") end`,
		Go: callback,
	}
}

// A conversation tells how a callback went.
type conversation struct {
	a, b   result
	called bool // b
	spoken time.Duration
}

func callback(a *vm.Args) error {
	c, t := a.Instance().(*caller), a.Table(0)
	if err := fields(a, t, "a", "b", "ringback", "sorry"); err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	var parties [2]syntax.DialString
	for i, name := range []string{"a", "b"} {
		var err error
		if parties[i], err = party(a, t.RawGetString(name)); err != nil {
			return fmt.Errorf("callback: %s: %w", name, err)
		}
	}
	heard := lua.LVAsString(t.RawGetString("ringback"))
	if heard == "" {
		heard = ringback
	}
	went, err := c.callback(a, parties[0], parties[1], heard, lua.LVAsString(t.RawGetString("sorry")))
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	out := a.State().Table(nil)
	a.SetKey(out, "connected", lua.LBool(went.spoken > 0))
	a.SetKey(out, "seconds", lua.LNumber(went.spoken/time.Second))
	a.SetKey(out, "a", went.a.table(a))
	if went.called {
		a.SetKey(out, "b", went.b.table(a))
	}
	a.Return(out)
	return nil
}

// party reads one of the two.
func party(a *vm.Args, v lua.LValue) (syntax.DialString, error) {
	t, ok := v.(*lua.LTable)
	if !ok || t.RawGetString("to") == lua.LNil {
		t = &lua.LTable{Metatable: lua.LNil}
		t.RawSetString("to", v)
	}
	if err := fields(a, t, "to", "from", "variables", "timeout", "confirm"); err != nil {
		return syntax.DialString{}, err
	}
	return callee(a, t)
}

func (c *caller) callback(a *vm.Args, first, second syntax.DialString, heard, sorry string) (went conversation, err error) {
	ctx := a.Context()
	if c.legs == nil || c.env.Listener == "" {
		return went, errors.New("there is no listener to which FreeSWITCH could hand the call: run the script with eslua serve")
	}
	first.Vars = append([]syntax.Var{{Name: "ignore_early_media", Value: "true"}}, first.Vars...) // a shall have answered
	charge(a, first)
	charge(a, second)
	ring, err := first.Write()
	if err != nil {
		return went, err
	}
	bridge, err := second.Write()
	if err != nil {
		return went, err
	}
	bridge = syntax.Scope(bridge, syntax.Var{Name: "continue_on_fail", Value: "true"}, syntax.Var{Name: "transfer_ringback", Value: heard})
	if err := c.mayCall(ctx, ring, bridge, sorry); err != nil {
		return went, err
	}
	sw, err := c.dialler(ctx, lua.LNil)
	if err != nil {
		return went, err
	}
	waiting, stop := c.until(ctx, sw)
	leg, err := c.legs.Dial(waiting, sw, legs.Request{Listener: c.env.Listener, Dial: ring, Timeout: time.Minute})
	gone := waiting.Err() != nil
	stop()
	var failed *legs.FailedError
	switch {
	case errors.As(err, &failed):
		went.a = result{outcome: syntax.OutcomeOf(failed.Cause), cause: failed.Cause}
		return went, nil
	case err != nil && gone:
		went.a = result{outcome: syntax.Cancelled, cause: "ORIGINATOR_CANCEL"}
		return went, ctx.Err()
	case err != nil:
		return went, err
	}
	defer leg.Release()
	went.a = result{outcome: syntax.Answered, cause: "SUCCESS", uuid: leg.UUID()}
	went.called = true
	aside, stop := c.env.Aside(ctx)
	defer stop()
	went.b, went.spoken, err = c.connect(aside, leg, bridge)
	if err != nil {
		return went, ctx.Err() // the two go on without us
	}
	if went.spoken == 0 && sorry != "" {
		_, _ = leg.Execute(aside, "playback", sorry) // an error is that a has gone
	}
	cause := "NORMAL_CLEARING"
	if went.spoken == 0 {
		cause = went.b.cause
	}
	_ = leg.Hangup(ctx, cause) // likewise
	return went, nil
}

// connect has a leg dial the other side, and waits until the two part.
func (c *caller) connect(ctx context.Context, leg *legs.Leg, bridge string) (result, time.Duration, error) {
	var began time.Time
	leg.Observe(func(ev esl.Event) bool {
		if ev.Name() == "CHANNEL_BRIDGE" && began.IsZero() {
			began = c.env.Clock.Now()
		}
		return false
	})
	done, err := leg.Execute(ctx, "bridge", bridge)
	var hungUp *outbound.HangupError
	if err != nil && !errors.As(err, &hungUp) {
		return result{}, 0, err
	}
	if !began.IsZero() {
		spoken := max(time.Second, c.env.Clock.Now().Sub(began))
		return result{outcome: syntax.Answered, cause: "SUCCESS", uuid: done.Get("variable_last_bridge_to")}, spoken, nil
	}
	cause := done.Get("variable_originate_disposition")
	if hungUp != nil || cause == "" || strings.EqualFold(cause, "SUCCESS") {
		cause = "ORIGINATOR_CANCEL" // a has hung up
	}
	return result{outcome: syntax.OutcomeOf(cause), cause: cause}, 0, nil
}

// mayCall returns why the script may not do what a callback does.
func (c *caller) mayCall(ctx context.Context, ring, bridge, sorry string) error {
	g := c.env.Grants
	return c.env.Allowed(ctx, func() error {
		err := cmp.Or(g.CheckDial(ring), g.CheckApp("bridge", bridge))
		if err == nil && sorry != "" {
			err = g.CheckApp("playback", sorry)
		}
		return err
	})
}
