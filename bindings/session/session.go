package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unsafe"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	lua "github.com/yuin/gopher-lua"
)

// Session implements a Lua session. Without a call it is "not initialized": its
// originate failed, or it was destroyed.
type Session struct {
	set        *Sessions // of the same script
	object     lua.LValue
	call       Call                   // nil: not initialized
	checkpoint *checkpoint.Checkpoint // of the call that runs the script; else nil
	leg        *legs.Leg              // the same as call if the script dialled it

	autoHangup   bool
	dialCause    string // how dialling ended, for hangupCause
	disconnected bool   // the connection is gone: the channel can no longer be controlled
	transferTo   string // the argument of transfer, for the end of the script
	destination  string // the extension in it, if that is known
	deflected    bool   // the caller was told to call somebody else
	stays        bool   // a leg that outlives the script

	engine, voice   *string           // of speak
	variables       map[string]string // set after the hangup, when FreeSWITCH takes none; their names are in lower case
	said            map[string]bool   // what was not done after the hangup and the log has told
	asrEvents       bool              // fire_asr_events is set
	subscribed      bool              // to the events that the input callback gets
	hearsBreaks     bool              // gets the events that end a prompt
	hearsRecordings bool              // gets the events that end a recording

	input       inputCallback
	events      []esl.Event // that wait for the input callback
	onDtmf      lua.LValue  // a function, or nil
	onProgress  lua.LValue  // likewise
	hook        hangupHook
	prompt      *prompt         // the method that waits now
	drained     time.Time       // when park will have taken the digits that are in the channel's queue
	recording   *recording      // of recordFile; nil if that does not run
	callbackErr error           // a callback ran into a limit of the script
	cancelDial  func()          // cancels the leg that is dialled for this session
	onEvent     func(esl.Event) // of freeswitch.bridge; nil if that does not run
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

// Holds visits the sessions, which live until the script ends even if it has
// dropped them.
func (r *Sessions) Holds(visit func(lua.LValue)) (bytes int) {
	for _, s := range r.list {
		visit(s.object)
	}
	return 0
}

// Holds visits what the script has given to the session's methods, and counts the
// events that wait for its input callback.
func (s *Session) Holds(visit func(lua.LValue)) (bytes int) {
	visit(s.onDtmf)
	visit(s.onProgress)
	for _, text := range []string{s.transferTo, s.input.function, s.input.argument, s.hook.function, s.hook.argument} {
		visit(lua.LString(text))
	}
	for _, text := range []*string{s.engine, s.voice} {
		if text != nil {
			visit(lua.LString(*text))
		}
	}
	for name, value := range s.variables {
		visit(lua.LString(name))
		visit(lua.LString(value))
	}
	for what := range s.said {
		visit(lua.LString(what))
	}
	bytes = int(unsafe.Sizeof(*s))
	for _, ev := range s.events {
		bytes += ev.Size()
	}
	return bytes
}

// setMain makes the session of the call that the script serves, and the globals
// that mod_lua has for it: session, and one named after its uuid.
func (r *Sessions) setMain() {
	s := r.newSession()
	s.checkpoint = r.env.Checkpoint
	s.setCall(r.env.Call)
	if isNew(s.call.Snapshot()) {
		s.drained = time.Time{}
	}
	s.setUUIDGlobal()
	r.env.State.SetGlobal("session", s.object)
}

// newSession makes a session without a channel.
func (r *Sessions) newSession() *Session {
	s := &Session{set: r, dialCause: "NONE", onDtmf: lua.LNil, onProgress: lua.LNil}
	s.object = r.env.State.NewObject("Session", s)
	return s
}

// setCall gives the session its channel.
func (s *Session) setCall(call Call) {
	s.call = call
	s.drained = s.set.env.Clock.Now().Add(drainTime)
	s.set.list = append(s.set.list, s)
	if s.leg != nil {
		s.set.env.Grants.Mine.Learn(call.UUID())
	}
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
	switch {
	case s.ended() || s.call.Moved():
	case s.transferTo != "":
		err = s.classifyErr(s.call.TransferAtEnd(s.transferTo))
	case s.stays: // parked, because its extension ends with our socket application
		if s.isStill(ctx) {
			_, err = s.call.API(ctx, syntax.ForChannel("uuid_park", s.call.UUID(), ""))
			err = s.classifyErr(err)
		}
	case s.autoHangup && !s.deflected:
		err = s.classifyErr(s.call.Hangup(ctx, "NORMAL_CLEARING"))
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

// isStill asks FreeSWITCH whether the channel is where we have it. The event of a move comes
// when the channel's thread has noticed that (up to 20 ms later).
func (s *Session) isStill(ctx context.Context) bool {
	dump := readDump(s.call.API(ctx, syntax.ForChannel("uuid_dump", s.call.UUID(), "")))
	return dump.Get("Channel-State-Number") == "4" // CS_EXECUTE, also when it is only due
}

func (s *Session) log() *slog.Logger { return s.set.env.Log }

// ended reports whether nothing can be done with the channel any more.
func (s *Session) ended() bool {
	_, hungUp := s.call.HungUp()
	return hungUp || s.disconnected
}

// gone reports whether the channel is no more the script's: it has ended or moved on.
// Nothing waits for it, and nothing is played to it, recorded or collected from it any
// more (switch_channel_ready is false).
func (s *Session) gone() bool { return s.movedOn() || s.ended() }

// movedOn reports whether the channel runs something else, or is to be transferred at
// the end of the script.
func (s *Session) movedOn() bool { return s.transferTo != "" || s.call.Moved() }

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
		s.log().Error("the application was not run", "error", unknown)
		return nil
	case errors.As(err, &hungUp), errors.Is(err, outbound.ErrMoved):
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
