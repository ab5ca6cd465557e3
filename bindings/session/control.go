package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// errNoChannel is raised by eslua's additions on a session without a channel.
var errNoChannel = errors.New("this session has no channel: it was destroyed or its originate failed, see session:hangupCause()")

func answer(s *Session, a *vm.Args) (lua.LValue, error) {
	return s.bringUp(a, "answer", func() bool { return s.call.Answered() })
}

func preAnswer(s *Session, a *vm.Args) (lua.LValue, error) {
	return s.bringUp(a, "pre_answer", func() bool { return s.call.MediaReady() })
}

func (s *Session) bringUp(a *vm.Args, app string, up func() bool) (lua.LValue, error) {
	if up() {
		return yes, nil
	}
	if _, _, err := s.run(a, &prompt{app: true}, app, ""); err != nil {
		return no, err
	}
	return intBool(!s.ended() && up()), nil
}

func waitForAnswer(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call.Answered() {
		return nil, nil
	}
	_, _, err := s.run(a, &prompt{app: true}, "wait_for_answer", "")
	return nil, err
}

// hangup ends the call. The hangup hook runs before it returns.
func hangup(s *Session, a *vm.Args) (lua.LValue, error) {
	cause, _ := syntax.CauseName(a.String(0))
	return nil, s.classifyErr(s.call.Hangup(a.Context(), cause))
}

// transfer remembers where the channel goes at the end of the script.
func transfer(s *Session, a *vm.Args) (lua.LValue, error) {
	extension := a.String(0)
	if extension == "" || strings.HasPrefix(extension, "-") {
		s.log().Error("transfer: this is no extension", "extension", extension)
		return no, nil
	}
	if strings.ContainsAny(extension+a.String(1)+a.String(2), "\x00") {
		return nil, errors.New("transfer: an extension cannot hold NUL")
	}
	target := syntax.Word(extension)
	if a.Has(1) {
		target += " " + syntax.Word(a.String(1))
	}
	if a.Has(2) {
		if !a.Has(1) {
			target += " XML"
		}
		target += " " + syntax.Word(a.String(2))
	}
	if err := s.set.env.Grants.CheckApp("transfer", target); err != nil {
		return nil, err
	}
	s.transferTo = target
	return yes, nil
}

// execute runs a dialplan application; FreeSWITCH expands ${...} in its argument.
func execute(s *Session, a *vm.Args) (lua.LValue, error) {
	app := a.String(0)
	if app == "" {
		s.log().Error("execute: no application specified")
		return nil, nil
	}
	p := &prompt{app: true, dtmf: true}
	if syntax.CollectsDigits(app) {
		p.dtmf = false
		s.saveTypedDigits()
	}
	_, _, err := s.run(a, p, app, a.String(1))
	if strings.EqualFold(app, "transfer") || strings.EqualFold(app, "deflect") {
		s.movedByApp = !s.ended()
	}
	return nil, err
}

// sleep waits; a callback can end the wait.
func sleep(s *Session, a *vm.Args) (lua.LValue, error) {
	stopped, err := s.waitWithCallbacks(a, &prompt{input: true, dtmf: true}, func() error {
		return s.call.Sleep(a.Context(), milliseconds(a.Int(0)))
	})
	return intBool(!stopped && !s.ended()), err
}

// ready reports whether the script still has the channel, and runs a pending
// hangup hook.
func ready(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LFalse, nil
	}
	if s.prompt == nil { // inside a callback, events would overtake each other
		if err := s.classifyErr(s.call.Sleep(a.Context(), 0)); err != nil { // notices a lost connection
			return nil, err
		}
	}
	is := !s.ended() && !s.transferred()
	return lua.LBool(is), s.runHook()
}

func answered(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(s.call.Answered()), nil
}

func mediaReady(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(s.call.MediaReady()), nil
}

func bridged(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(s.call.Bridged()), nil
}

func getState(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LString("ERROR"), nil
	}
	return lua.LString(s.call.State()), nil
}

func hangupCauseOf(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LString(s.dialCause), nil
}

func setAutoHangup(s *Session, a *vm.Args) (lua.LValue, error) {
	s.autoHangup = a.Bool(0)
	return no, nil
}

// destroy ends the session's control of its channel. A text is raised as an error.
func destroy(s *Session, a *vm.Args) (lua.LValue, error) {
	s.detach(a.Context())
	if text := a.String(0); text != "" {
		return nil, errors.New(text)
	}
	return nil, nil
}

// bridge connects two channels of the script and waits until the bridge ends.
func bridge(x, y *Session, a *vm.Args) error {
	if x == nil || y == nil || x.call == nil || y.call == nil || x.ended() || y.ended() {
		a.Instance().(*Sessions).env.Log.Error("bridge: Channels not ready")
		return nil
	}
	if err := x.runHook(); err != nil {
		return err
	}
	if !x.call.MediaReady() {
		if _, err := preAnswer(x, a); err != nil {
			return err
		}
	}
	if err := x.bridgeTo(y, a); err != nil {
		return err
	}
	return x.runHook()
}

// afterBridge is the variable that parks a channel when its bridge ends:
// uuid_bridge takes both channels out of our park, and FreeSWITCH would hang up
// the one that remains.
const afterBridge = "park_after_bridge"

func (s *Session) bridgeTo(y *Session, a *vm.Args) error {
	ctx := a.Context()
	for _, leg := range []*Session{s, y} {
		reply, err := leg.call.API(ctx, "uuid_getvar "+leg.call.UUID()+" "+afterBridge)
		if err == nil && reply == "_undef_" {
			_, err = leg.call.API(ctx, "uuid_setvar "+leg.call.UUID()+" "+afterBridge+" true")
			defer func() {
				if !leg.ended() {
					_, err := leg.call.API(ctx, "uuid_setvar "+leg.call.UUID()+" "+afterBridge)
					_ = leg.classifyErr(err)
				}
			}()
		}
		if err := leg.classifyErr(err); err != nil {
			return err
		}
	}
	reply, err := s.call.API(ctx, "uuid_bridge "+s.call.UUID()+" "+y.call.UUID())
	if err == nil && !strings.HasPrefix(reply, "+OK") {
		s.log().Error("bridge: FreeSWITCH refused", "reply", strings.TrimSpace(reply))
		return nil
	}
	if err != nil {
		return s.classifyErr(err)
	}
	watched := s
	if _, ok := s.call.(*attached); ok {
		watched = y
	}
	_, err = watched.waitWithCallbacks(a, &prompt{}, func() error {
		_, err := watched.call.WaitEvent(ctx, -1, func(ev esl.Event) bool {
			name := ev.Name()
			return ev.Get("Unique-ID") == watched.call.UUID() && (name == "CHANNEL_UNBRIDGE" || name == "CHANNEL_PARK" || name == "CHANNEL_HANGUP")
		})
		return err
	})
	watched.call.FlushDigits() // they were meant for the other side
	return err
}
