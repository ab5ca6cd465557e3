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

// Session is what a Lua session does and knows. Without a call it is "not
// initialized": its originate failed, or it was destroyed.
type Session struct {
	set        *Sessions // of the same script
	object     lua.LValue
	call       Call                   // nil: not initialized
	checkpoint *checkpoint.Checkpoint // of the call that runs the script; else nil
	leg        *legs.Leg              // the same as call if the script dialled it

	autoHangup   bool
	dialCause    string // how dialling ended, for hangupCause
	disconnected bool   // the connection is gone: the channel can no longer be controlled
	transferTo   string // uuid_transfer's arguments, for the end of the script
	movedByApp   bool   // an application has transferred the channel

	engine, voice *string           // of speak
	variables     map[string]string // set after the hangup, when FreeSWITCH takes none
	asrEvents     bool              // fire_asr_events is set
	subscribed    bool              // to the events that the input callback gets

	input       inputCallback
	events      []esl.Event // that wait for the input callback
	onDtmf      lua.LValue  // a function, or nil
	hook        hangupHook
	prompt      *prompt // the method that waits now
	typedDigits string  // typed ahead, for the application that is about to begin
	callbackErr error   // a callback ran into a limit of the script
	cancelDial  func()  // cancels the leg that is dialled for this session
}

// Sessions holds the sessions of one script that have a channel, in the order in
// which they got it.
type Sessions struct {
	env  *run.Env
	legs *legs.Registry // nil: the script cannot dial
	list []*Session
}

// maxSessions limits the channels that one script may have at a time.
const maxSessions = 256

var errTooMany = fmt.Errorf("this script has %d sessions: call destroy() on sessions that it no longer needs", maxSessions)

// setMain makes the session of the call that the script serves, and the globals
// that mod_lua has for it: session, and one named after its uuid.
func (r *Sessions) setMain() {
	s := r.newSession()
	s.checkpoint = r.env.Checkpoint
	s.setCall(r.env.Call)
	s.setUUIDGlobal()
	r.env.State.SetGlobal("session", s.object)
}

// newSession makes a session without a channel.
func (r *Sessions) newSession() *Session {
	s := &Session{set: r, dialCause: "NONE", onDtmf: lua.LNil}
	s.object = r.env.State.NewObject("Session", s)
	return s
}

// setCall gives the session its channel.
func (s *Session) setCall(call Call) {
	s.call = call
	s.set.list = append(s.set.list, s)
	call.Observe(s.observe)
}

// setUUIDGlobal sets the global that mod_lua names after the channel's uuid.
func (s *Session) setUUIDGlobal() { s.set.env.State.SetGlobal(s.call.UUID(), s.object) }

// End does what the end of a mod_lua script does: transfers that were asked for
// happen, sessions with auto-hangup are hung up, and dialled legs are released.
// If ctx has ended, eslua stops: then the call that runs the script is not hung
// up, because the next eslua continues it.
func (r *Sessions) End(ctx context.Context) {
	if ctx.Err() != nil {
		for _, s := range r.list {
			s.autoHangup = s.autoHangup && s.checkpoint == nil
		}
		ctx = context.WithoutCancel(ctx)
	}
	for len(r.list) > 0 {
		r.list[len(r.list)-1].detach(ctx)
	}
}

// detach ends the session's control of its channel.
func (s *Session) detach(ctx context.Context) {
	if s.call == nil {
		return
	}
	var err error
	switch _, hungUp := s.call.HungUp(); {
	case hungUp || s.disconnected:
	case s.transferTo != "":
		err = s.classifyErr(s.transferNow(ctx))
	case s.autoHangup && !s.movedByApp:
		err = s.call.Hangup(ctx, "NORMAL_CLEARING")
	}
	if err != nil {
		s.log().Warn("the channel was neither transferred nor hung up at the end of the session", "uuid", s.call.UUID(), "error", err)
	}
	if s.leg != nil {
		s.leg.Release()
	}
	s.call, s.leg = nil, nil
	s.set.list = slices.DeleteFunc(s.set.list, func(other *Session) bool { return other == s })
}

// transferNow transfers the channel, in the channel's own thread: while
// uuid_transfer works, the channel would already run the next action of its old
// extension, which may be the socket of another eslua.
func (s *Session) transferNow(ctx context.Context) (err error) {
	if _, ok := s.call.(*attached); ok {
		_, err = s.call.API(ctx, "uuid_transfer "+s.call.UUID()+" "+s.transferTo)
		return err
	}
	_, err = s.call.Execute(ctx, "transfer", syntax.Literal(s.transferTo))
	return err
}

func (s *Session) log() *slog.Logger { return s.set.env.Log }

// ended reports whether nothing can be done with the channel any more.
func (s *Session) ended() bool {
	_, hungUp := s.call.HungUp()
	return hungUp || s.disconnected
}

// classifyErr returns the error to raise for the outcome of a command. A hangup, a
// refusal and a lost connection are not raised, because mod_lua's methods answer
// 0 to them; what an admin should know of them is logged.
func (s *Session) classifyErr(err error) error {
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
		s.disconnected = true // and the script's context has ended
		return nil
	case errors.As(err, &gone):
		if !s.disconnected {
			s.log().Error("FreeSWITCH's connection for this call is gone; the script continues without it", "error", err)
		}
		s.disconnected = true
		return nil
	case errors.As(err, &refused):
		s.log().Error("FreeSWITCH refused", "error", err)
		return nil
	}
	return err
}

// The results of mod_lua's int methods.
const (
	no        = lua.LNumber(0)
	yes       = lua.LNumber(1)
	noChannel = lua.LNumber(-1)
)

func intBool(ok bool) lua.LValue {
	if ok {
		return yes
	}
	return no
}
