package session

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// An inputCallback holds the names of the globals that setInputCallback has given.
type inputCallback struct {
	set                bool
	function, argument string
}

// prompt describes a method that waits for the channel.
type prompt struct {
	ctx     context.Context // of the method
	app     bool            // an application of FreeSWITCH runs
	open    bool            // another one can run inside it
	file    bool            // the application plays a file, which a callback can change
	record  bool            // the application records
	takes   bool            // the application takes digits
	taking  bool            // and has begun
	left    bool            // a callback has moved the call or hung it up
	broken  bool            // uuid_break has cut the file
	main    string          // the file of playAndGetDigits
	another bool            // it has played another one
	input   bool            // the input callback is called
	dtmf    bool            // the function of onDtmf is called
	stopped bool            // a callback has stopped it
	again   bool            // it is only interrupted
	digits  int             // digits given to callbacks so far
}

func setInputCallback(s *Session, a *vm.Args) (lua.LValue, error) {
	s.input = inputCallback{set: a.Has(0), function: a.String(0), argument: a.String(1)}
	if s.subscribed || s.ended() {
		return nil, nil
	}
	s.subscribed = true
	return nil, s.classifyErr(s.call.Subscribe(a.Context(), "MESSAGE", "TEXT", "COMMAND"))
}

func unsetInputCallback(s *Session, a *vm.Args) (lua.LValue, error) {
	s.input, s.events = inputCallback{}, nil
	return nil, nil
}

func setOnDtmf(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return nil, errNoChannel
	}
	s.onDtmf = a.Function(0)
	return nil, nil
}

// hasCallback reports whether a callback gets the digits that come during p.
func (s *Session) hasCallback(p *prompt) bool {
	return p.input && s.input.set || p.dtmf && s.onDtmf != lua.LNil
}

// waitWithCallbacks runs wait and passes digits to the callbacks while it runs,
// digits typed ahead first. It reports whether a callback stopped it. The caller
// must raise the error.
func (s *Session) waitWithCallbacks(a *vm.Args, p *prompt, wait func() error) (stopped bool, err error) {
	if s.movedOn() {
		return true, nil
	}
	p.ctx = a.Context()
	outer := s.prompt
	if outer != nil && outer.app && p.app && !outer.open {
		// A callback runs an application: the one that runs already is stopped, or
		// the new one would wait for its end.
		if outer.again = s.recording != nil && outer.record; outer.again {
			s.setOwn(a, recordingVariable, "-")
		}
		outer.stopped = outer.stopped || !outer.again
		if err := s.classifyErr(s.call.Interrupt(p.ctx)); err != nil {
			return false, err
		}
	}
	s.prompt = p
	defer func() { s.prompt = outer }()
	for s.hasCallback(p) {
		digit, ok := s.call.PopDigit()
		if !ok {
			break
		}
		if s.handleDigit(digit) {
			return true, nil
		}
	}
	if s.deliverEvents() {
		return true, nil
	}
	err = wait()
	return p.stopped || errors.Is(err, outbound.ErrStopped), s.classifyErr(err)
}

// observe handles every event of the channel while a method waits.
func (s *Session) observe(ev esl.Event) (stop bool) {
	if s.onEvent != nil {
		s.onEvent(ev)
	}
	switch ev.Name() {
	case "DTMF":
		if s.prompt == nil || s.prompt.stopped || !s.hasCallback(s.prompt) {
			if s.prompt != nil && s.prompt.taking {
				s.call.PopDigit() // the application has swallowed it
			}
			return false // the digit stays typed ahead
		}
		digit, ok := s.call.PopDigit()
		if !ok { // the running application takes it
			key := ev.Get("DTMF-Digit")
			if key == "" {
				return false
			}
			duration, _ := strconv.Atoi(ev.Get("DTMF-Duration"))
			digit = outbound.Digit{Key: key[0], Duration: duration}
		}
		return s.handleDigit(digit)
	case "DETECTED_SPEECH", "MESSAGE", "TEXT", "COMMAND":
		return s.queueEvent(ev)
	case "":
		if strings.HasPrefix(ev.Get("Command"), "sendevent ") {
			return s.queueEvent(ev)
		}
	case "PLAYBACK_STOP":
		if s.prompt != nil {
			s.prompt.broken = ev.Get("Playback-Status") == "break"
			s.prompt.another = s.prompt.another || !strings.HasSuffix(ev.Get("Playback-File-Path"), s.prompt.main)
		}
	case "RECORD_STOP":
		if r := s.recording; r != nil && r.ends(ev) {
			r.over = true
			r.itself = r.prompt != nil && !r.prompt.stopped
			cause := ev.Get("Record-Completion-Cause")
			r.silent = cause == "success-silence" || cause == "no-input-timeout"
			return s.prompt != nil && s.prompt.record
		}
	case "CHANNEL_EXECUTE":
		s.applicationBegins(ev)
	case "CHANNEL_APPLICATION":
		s.progressed(ev)
	}
	if s.cancelDial != nil && s.gone() {
		s.cancelDial()
	}
	return false
}

// maxEvents limits the events that wait for the input callback, because they do
// not count against the script's memory; later ones are lost.
const maxEvents = 16

// queueEvent queues an event for the input callback and delivers it if the method
// that waits now calls that. FreeSWITCH fires events that were sent to the channel
// only while its park runs (switch_ivr.c:switch_ivr_park); its applications
// swallow them. One that was sent by sendevent has no Event-Name then.
func (s *Session) queueEvent(ev esl.Event) (stop bool) {
	if s.input.set && len(s.events) < maxEvents {
		s.events = append(s.events, ev)
	}
	return s.deliverEvents()
}

// deliverEvents gives the queued events to the input callback if the method that
// waits calls it.
func (s *Session) deliverEvents() (stop bool) {
	for !stop && len(s.events) > 0 && s.prompt != nil && !s.prompt.stopped && s.prompt.input {
		event := s.set.env.State.NewObject("Event", s.events[0])
		s.events = s.events[1:]
		s.set.env.State.SetGlobal("__Input_Event__", event)
		stop = s.callInput("event", event)
	}
	return stop
}

// handleDigit gives a digit to the callbacks and reports whether the application
// that runs must stop.
func (s *Session) handleDigit(d outbound.Digit) (stop bool) {
	p := s.prompt
	p.digits++
	if p.input && s.input.set {
		table := &lua.LTable{Metatable: lua.LNil}
		table.RawSetString("digit", lua.LString(string(d.Key)))
		table.RawSetString("duration", lua.LNumber(d.Duration))
		stop = s.callInput("dtmf", table)
	}
	if p.dtmf && s.onDtmf != lua.LNil {
		results, err := s.set.env.State.Call(s.onDtmf, lua.LString(string(d.Key)), lua.LNumber(d.Duration))
		if err != nil {
			s.callbackFailed("onDtmf", err)
			p.stopped = true
		}
		stop = stop || err != nil || firstText(results) == "break"
	}
	stop = stop || s.movedOn() // the callback has transferred it
	p.stopped = p.stopped || stop
	return stop || p.record && s.recording != nil && s.recording.over // while the callback ran
}

// callInput calls the input callback and applies its result.
func (s *Session) callInput(kind string, data lua.LValue) (stop bool) {
	state := s.set.env.State
	args := []lua.LValue{s.object, lua.LString(kind), data}
	if s.input.argument != "" {
		args = append(args, state.Global(s.input.argument))
	}
	before := s.gone()
	results, err := s.callGlobal(s.input.function, args)
	if err != nil {
		s.callbackFailed(s.input.function, err)
		stop = true
	} else {
		verdict := firstText(results)
		s.prompt.left = !before && s.gone() && playsOn(verdict)
		stop = s.movedOn() || s.applyVerdict(verdict)
	}
	s.prompt.stopped = s.prompt.stopped || stop
	return stop
}

// callGlobal calls the global function that a script has named.
func (s *Session) callGlobal(name string, args []lua.LValue) ([]lua.LValue, error) {
	state := s.set.env.State
	fn := state.Global(name)
	results, err := state.Call(fn, args...)
	var failed *vm.ScriptError
	if fn == lua.LNil && errors.As(err, &failed) && !endsScript(err) {
		failed.Message = fmt.Sprintf("there is no global function %q: write its name as it is defined, and define it without local", name)
	}
	return results, err
}

// callbackFailed logs an error of a callback. One that must end the script is
// stored until the method that waits has returned.
func (s *Session) callbackFailed(name string, err error) {
	if endsScript(err) {
		s.callbackErr = err
		return
	}
	s.set.env.CallbackFailed(err)
	s.log().Error("the callback failed", "callback", name, "error", err)
}

// applyVerdict does what the result of an input callback asks for, as
// switch_ivr.c:switch_ivr_process_fh does, and reports whether the application
// that runs must stop.
func (s *Session) applyVerdict(verdict string) (stop bool) {
	if playsOn(verdict) {
		return false
	}
	if !s.prompt.file && !s.prompt.record {
		return true
	}
	verb, value, hasValue := strings.Cut(strings.ToLower(verdict), ":")
	command := ""
	switch {
	case verb == "pause" || verb == "restart":
		command = verb
	case (verb == "speed" || verb == "volume") && hasValue:
		command = verb + ":" + signedStep(value, 1)
	case verb == "seek" && hasValue:
		command = verb + ":" + signedStep(value, 1000)
	case verb == "seek":
		return false
	default:
		return true
	}
	if s.prompt.record {
		s.log().Warn("a recording continues unchanged: over the event socket it can only be stopped", "asked_for", verdict)
		return false
	}
	reply, err := s.call.API(s.prompt.ctx, syntax.ForChannel("uuid_fileman", s.call.UUID(), command))
	if err == nil && strings.HasPrefix(reply, "-ERR") {
		s.log().Warn("the prompt could not be changed", "command", command, "reply", strings.TrimSpace(reply))
	}
	if err := s.classifyErr(err); err != nil {
		s.callbackErr = err
		return true
	}
	return false
}

func playsOn(verdict string) bool {
	return verdict == "" || verdict == "true" || verdict == "undefined"
}

var leadingNumber = regexp.MustCompile(`^[+-]?\d{0,9}`)

// signedStep reads "+2", "-1", "3" as atoi does; a sign without a number is the
// smallest step.
func signedStep(value string, smallest int) string {
	n := leadingNumber.FindString(value)
	if n == "" {
		return "0"
	}
	if number := strings.TrimLeft(n, "+-"); (number == "" || strings.Trim(number, "0") == "") && n != number {
		return n[:1] + strconv.Itoa(smallest)
	}
	return n
}
