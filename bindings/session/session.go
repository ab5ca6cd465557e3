package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	lua "github.com/yuin/gopher-lua"
)

// Session is one Lua session. Without a call it is "not initialized": a failed
// originate, or destroyed.
type Session struct {
	set    *Sessions          // of the same script
	object lua.LValue         // its Lua object
	call   Call               // nil: not initialized
	keep   *checkpoint.Keeper // of the call that runs the script; else nil
	leg    *legs.Leg          // the same call, when the script dialled it

	autoHangup bool
	cause      string // of the originate: what hangupCause answers
	cut        bool   // the connection is gone, and with it all control
	transfer   string // uuid_transfer's arguments, carried out at the script's end
	left       bool   // an application has transferred the channel already

	engine, voice *string           // of speak
	variables     map[string]string // set after the hangup; FreeSWITCH takes none then
	asrEvents     bool              // fire_asr_events is set
	hearsEvents   bool              // what the input callback can get is subscribed

	input  inputCallback
	events []esl.Event // for it, not handed over yet
	onDtmf lua.LValue  // eslua's own callback, a function
	hook   hangupHook
	prompt *prompt // what runs while digits go to the callbacks
	ahead  string  // typed ahead, for the application that is about to begin
	failed error   // a callback ran into a limit of the script
	giveUp func()  // cancels the leg that is being dialled for this one
}

// Sessions are the sessions of one script that have a channel, in the order
// they came.
type Sessions struct {
	env  *run.Env
	legs *legs.Registry // nil: the script cannot dial
	all  []*Session
}

// mostSessions is how many channels one script may have at a time.
const mostSessions = 256

var errTooMany = fmt.Errorf("this script has %d sessions: destroy() those it does not need any more", mostSessions)

// setMain makes the session of the call that the script serves, and the globals
// that mod_lua has for it: session, and one named after its uuid.
func (r *Sessions) setMain() {
	s := r.fresh()
	s.keep = r.env.Checkpoint
	s.take(r.env.Call)
	s.nameByUUID()
	r.env.State.SetGlobal("session", s.object)
}

// fresh makes a session that is not initialized.
func (r *Sessions) fresh() *Session {
	s := &Session{set: r, cause: "NONE", onDtmf: lua.LNil}
	s.object = r.env.State.NewObject("Session", s)
	return s
}

// take puts the session on a channel.
func (s *Session) take(call Call) {
	s.call = call
	s.set.all = append(s.set.all, s)
	call.Observe(s.observe)
}

// nameByUUID makes the global that mod_lua gives every session.
func (s *Session) nameByUUID() { s.set.env.State.SetGlobal(s.call.UUID(), s.object) }

// End does what the end of a mod_lua script does: transfers that were asked
// for happen, sessions with auto-hangup are hung up, dialled legs are given
// back. It must be called once the script has run, however that went. The end
// of ctx says that the host stops: then the call that ran the script is not hung
// up, for the next host goes on with it.
func (r *Sessions) End(ctx context.Context) {
	if ctx.Err() != nil {
		for _, s := range r.all {
			s.autoHangup = s.autoHangup && s.keep == nil
		}
		ctx = context.WithoutCancel(ctx)
	}
	for len(r.all) > 0 {
		r.all[len(r.all)-1].unlink(ctx)
	}
}

// unlink takes the session off its channel.
func (s *Session) unlink(ctx context.Context) {
	if s.call == nil {
		return
	}
	var err error
	switch _, hungUp := s.call.HungUp(); {
	case hungUp || s.cut:
	case s.transfer != "":
		err = s.settle(s.leave(ctx))
	case s.autoHangup && !s.left:
		err = s.call.Hangup(ctx, normalClearing)
	}
	if err != nil {
		s.log().Warn("the session did not end as it should", "error", err)
	}
	if s.leg != nil {
		s.leg.Release()
	}
	s.call, s.leg = nil, nil
	s.set.all = slices.DeleteFunc(s.set.all, func(other *Session) bool { return other == s })
}

// leave transfers the channel. It has the channel's own thread do it: while
// uuid_transfer works, the channel already runs the next action of the
// extension it is taken out of, which may be the socket of another host.
func (s *Session) leave(ctx context.Context) (err error) {
	if _, far := s.call.(*attached); far {
		_, err = s.call.API(ctx, "uuid_transfer "+s.call.UUID()+" "+s.transfer)
		return err
	}
	_, err = s.call.Execute(ctx, "transfer", syntax.Literal(s.transfer))
	return err
}

func (s *Session) log() *slog.Logger { return s.set.env.Log }

// over tells whether nothing can be done with the channel any more.
func (s *Session) over() bool {
	_, hungUp := s.call.HungUp()
	return hungUp || s.cut
}

// settle sorts what a command on the channel came to. What happens to every
// call, its hangup above all, is no error: mod_lua's methods answer 0. The
// error that remains is raised.
func (s *Session) settle(err error) error {
	if err == nil {
		return nil
	}
	var (
		hungUp  *outbound.HangupError
		unknown *outbound.UnknownApplicationError
		gone    *esl.DisconnectError
		refused *esl.ReplyError
	)
	switch {
	case errors.Is(err, outbound.ErrStopped):
		return nil
	case errors.As(err, &unknown):
		s.log().Error(unknown.Error())
		return nil
	case errors.As(err, &hungUp):
		return nil
	case errors.Is(err, outbound.ErrDisplaced):
		s.cut = true // and the script's context has ended
		return nil
	case errors.As(err, &gone):
		if !s.cut {
			s.log().Error("FreeSWITCH's connection for this call is gone; the script goes on without it", "error", err)
		}
		s.cut = true
		return nil
	case errors.As(err, &refused):
		s.log().Error("FreeSWITCH refused", "error", err)
		return nil
	}
	return err
}

// Results of mod_lua's int methods.
const (
	no  = lua.LNumber(0)
	yes = lua.LNumber(1)
	// none is what an int method of a session without a channel answers.
	none = lua.LNumber(-1)
)

func number(ok bool) lua.LValue {
	if ok {
		return yes
	}
	return no
}
