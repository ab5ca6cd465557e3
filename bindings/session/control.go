package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// errNoChannel is raised by eslua's additions on a session without a channel.
var errNoChannel = errors.New("this session has no channel: it was destroyed or its originate failed, see session:hangupCause()")

func answer(s *Session, a *vm.Args) (lua.LValue, error) {
	switch {
	case s.isOutbound():
		return yes, nil
	case s.ended():
		return no, nil
	}
	return s.bringUp(a, "answer", func() bool { return s.call.Answered() })
}

func preAnswer(s *Session, a *vm.Args) (lua.LValue, error) {
	return s.bringUp(a, "pre_answer", func() bool { return s.call.MediaReady() })
}

// isOutbound reports whether FreeSWITCH has dialled the channel: there is nothing to answer,
// and that is done at once, even after the hangup (switch_channel.c:
// switch_channel_perform_answer).
func (s *Session) isOutbound() bool { return s.call.Snapshot().Get("Call-Direction") == "outbound" }

func (s *Session) bringUp(a *vm.Args, app string, up func() bool) (lua.LValue, error) {
	if up() {
		return yes, nil
	}
	if _, _, err := s.run(a, &prompt{app: true}, app, ""); err != nil {
		return no, err
	}
	return intBool(!s.ended() && up()), nil
}

// waitForAnswer waits for audio, which may come before the answer
// (switch_ivr_originate.c:switch_ivr_wait_for_answer).
func waitForAnswer(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call.MediaReady() {
		return nil, nil
	}
	_, _, err := s.run(a, &prompt{app: true}, "wait_for_answer", "")
	return nil, err
}

// hangup ends the call. The hangup hook runs before it returns.
func hangup(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call.Moved() {
		s.log().Warn("hangup: the call has moved on and is not hung up", "uuid", s.call.UUID())
		return nil, nil
	}
	cause, _ := syntax.CauseName(a.String(0))
	s.transferTo = ""
	return nil, s.classifyErr(s.call.Hangup(a.Context(), cause))
}

// transfer remembers where the channel goes at the end of the script.
func transfer(s *Session, a *vm.Args) (lua.LValue, error) {
	extension := a.String(0)
	if extension == "" || strings.HasPrefix(extension, "-") {
		s.log().Error("transfer: this is no extension", "extension", extension)
		return no, nil
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
	if _, ok := s.call.(*attached); !ok {
		target = syntax.Literal(target)
	}
	err := s.transferAtEnd(a, target)
	return intBool(err == nil && s.transferTo != ""), err
}

// transferAtEnd has the channel transferred at the end of the script: mod_lua runs the
// script in the channel's own thread, which goes to the extension when the script has
// ended. Until then nothing waits for the channel any more. arg is the argument of
// the application.
func (s *Session) transferAtEnd(a *vm.Args, arg string) error {
	target, plain := arg, arg
	if _, ok := s.call.(*attached); ok { // uuid_transfer expands nothing
		if err := s.set.env.Grants.CheckApp("transfer", arg); err != nil {
			return err
		}
	} else {
		var err error
		if target, err = s.granted(a, "transfer", arg); err != nil {
			return s.classifyErr(err)
		}
		plain = syntax.Unescape(target)
	}
	if s.call.Moved() {
		s.log().Warn("transfer: the call has moved on and is not transferred", "uuid", s.call.UUID(), "to", target)
		return nil
	}
	s.transferTo, s.destination = target, ""
	if words := syntax.Split(strings.TrimPrefix(plain, "-both "), ' ', 4); len(words) > 0 && !strings.Contains(plain, "${") {
		s.destination = words[0]
	}
	return nil
}

// execute runs a dialplan application.
func execute(s *Session, a *vm.Args) (lua.LValue, error) {
	if a.String(0) == "" {
		s.log().Error("execute: no application specified")
		return nil, nil
	}
	return nil, s.execute(a, a.String(0), a.String(1))
}

// execute runs a dialplan application; FreeSWITCH expands ${...} in its argument.
func (s *Session) execute(a *vm.Args, app, arg string) error {
	_, attached := s.call.(*attached)
	switch {
	case strings.EqualFold(app, "transfer") && !attached && !s.ended() && arg != "" && !strings.HasPrefix(arg, "-bleg "):
		return s.transferAtEnd(a, arg)
	case s.gone():
		return s.executeLate(a, app, arg)
	case strings.EqualFold(app, "park") && !attached:
		return s.park(a, arg)
	}
	p := &prompt{app: true, dtmf: true}
	switch strings.ToLower(app) {
	case "read", "play_and_get_digits", "ivr":
		p.dtmf = false
	}
	p.takes = syntax.TakesDigits(app) && !s.hasCallback(p)
	sent, err := s.granted(a, app, arg)
	if err != nil {
		return s.classifyErr(err)
	}
	if strings.EqualFold(app, "bridge") {
		sent = s.withProgress(sent)
	}
	done, ok, err := s.runGranted(a, p, app, sent)
	if ok {
		s.played(arg, done)
	}
	if strings.EqualFold(app, "flush_dtmf") {
		s.call.FlushDigits()
	}
	s.deflected = s.deflected || strings.EqualFold(app, "deflect") && !s.ended()
	return err
}

// sleep waits; a callback can end the wait.
func sleep(s *Session, a *vm.Args) (lua.LValue, error) {
	stopped, err := s.waitWithCallbacks(a, &prompt{input: true, dtmf: true}, func() error {
		return s.call.Sleep(a.Context(), milliseconds(a.Int(0)))
	})
	return intBool(!stopped && !s.gone()), err
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
	return lua.LBool(!s.gone()), s.runHook()
}

func answered(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(s.call.Answered()), nil
}

func mediaReady(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(!s.gone() && s.call.MediaReady()), nil
}

func bridged(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LBool(s.call.Bridged()), nil
}

func getState(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LString("ERROR"), nil
	}
	if _, hungUp := s.call.HungUp(); hungUp {
		return lua.LString("CS_HANGUP"), nil
	}
	if s.transferred() { // mod_lua keeps the channel in the state of a transfer until its script ends
		return lua.LString("CS_ROUTING"), nil
	}
	state := s.call.State()
	if s.leg != nil && state == "CS_EXECUTE" { // FreeSWITCH has it in our socket application
		state = "CS_SOFT_EXECUTE"
	}
	return lua.LString(state), nil
}

func hangupCauseOf(s *Session, a *vm.Args) (lua.LValue, error) {
	return lua.LString(s.dialCause), nil
}

func setAutoHangup(s *Session, a *vm.Args) (lua.LValue, error) {
	s.autoHangup = a.Bool(0)
	s.stays = !s.autoHangup && s.leg != nil
	return no, nil
}

// destroy ends the session's control of its channel. A text is raised as an error.
func destroy(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return nil, nil
	}
	s.detach(a.Context())
	if text := a.String(0); text != "" {
		return nil, vm.Barely(errors.New(text))
	}
	return nil, nil
}
