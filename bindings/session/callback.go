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
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// inputCallback is setInputCallback's: the names of two globals.
type inputCallback struct {
	set                bool
	function, argument string
}

// prompt is a method that waits for the channel.
type prompt struct {
	ctx     context.Context // the method's
	app     bool            // an application of FreeSWITCH runs
	file    bool            // it plays a file, which a callback can drive
	input   bool            // the input callback takes part
	dtmf    bool            // onDtmf takes part
	stopped bool            // by a callback
	heard   int             // digits so far
}

func setInputCallback(s *Session, a *vm.Args) (lua.LValue, error) {
	s.input = inputCallback{set: a.Has(0), function: a.String(0), argument: a.String(1)}
	if s.hearsEvents || s.over() {
		return nil, nil
	}
	s.hearsEvents = true
	return nil, s.settle(s.call.Subscribe(a.Context(), "MESSAGE", "TEXT", "COMMAND"))
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

// listens tells whether digits that come during p have somebody to go to.
func (s *Session) listens(p *prompt) bool {
	return p.input && s.input.set || p.dtmf && s.onDtmf != lua.LNil
}

// attend runs wait while digits go to the callbacks, those typed ahead first.
// It tells whether a callback stopped it; the error is one to raise.
func (s *Session) attend(a *vm.Args, p *prompt, wait func() error) (stopped bool, err error) {
	p.ctx = a.Context()
	outer := s.prompt
	if outer != nil && outer.app && p.app {
		// We are inside a callback, and what it wants to run would wait behind
		// what runs: that one is broken off.
		outer.stopped = true
		if err := s.settle(s.call.Interrupt(p.ctx)); err != nil {
			return false, err
		}
	}
	s.prompt = p
	defer func() { s.prompt = outer }()
	for s.listens(p) {
		digit, ok := s.call.PopDigit()
		if !ok {
			break
		}
		if s.hear(digit) {
			return true, nil
		}
	}
	if s.handEvents() {
		return true, nil
	}
	err = wait()
	return p.stopped || errors.Is(err, outbound.ErrStopped), s.settle(err)
}

// observe sees every event of the channel while a method waits.
func (s *Session) observe(ev esl.Event) (stop bool) {
	switch ev.Name() {
	case "DTMF":
		if s.prompt == nil || s.prompt.stopped || !s.listens(s.prompt) {
			return false // it stays typed ahead
		}
		digit, ok := s.call.PopDigit()
		if !ok { // the running application keeps it
			key := ev.Get("DTMF-Digit")
			if key == "" {
				return false
			}
			duration, _ := strconv.Atoi(ev.Get("DTMF-Duration"))
			digit = outbound.Digit{Key: key[0], Duration: duration}
		}
		return s.hear(digit)
	case "DETECTED_SPEECH", "MESSAGE", "TEXT", "COMMAND":
		return s.keepEvent(ev)
	case "":
		if strings.HasPrefix(ev.Get("Command"), "sendevent ") {
			return s.keepEvent(ev)
		}
	case "CHANNEL_EXECUTE":
		s.handAhead(ev.Get("Application"))
	case "CHANNEL_HANGUP":
		if s.giveUp != nil {
			s.giveUp()
		}
	}
	return false
}

// mostEvents bounds what is kept, for it is not in the script's budget; later
// ones are lost.
const mostEvents = 16

// keepEvent keeps an event that was queued to the channel until a method takes
// events, which may be the one that waits now. These are events that FreeSWITCH
// fires when it finds them while nothing but its park runs (switch_ivr.c:
// switch_ivr_park); its applications swallow them. One that was sent by
// sendevent has no Event-Name then.
func (s *Session) keepEvent(ev esl.Event) (stop bool) {
	if s.input.set && len(s.events) < mostEvents {
		s.events = append(s.events, ev)
	}
	return s.handEvents()
}

// handEvents gives the kept events to the input callback, if it takes part.
func (s *Session) handEvents() (stop bool) {
	for !stop && len(s.events) > 0 && s.prompt != nil && !s.prompt.stopped && s.prompt.input {
		event := s.set.env.State.NewObject("Event", s.events[0])
		s.events = s.events[1:]
		s.set.env.State.SetGlobal("__Input_Event__", event)
		stop = s.tell("event", event)
	}
	return stop
}

// hear gives one digit to the callbacks and tells whether what runs must stop.
func (s *Session) hear(d outbound.Digit) (stop bool) {
	p := s.prompt
	p.heard++
	if p.input && s.input.set {
		table := &lua.LTable{Metatable: lua.LNil}
		table.RawSetString("digit", lua.LString(string(d.Key)))
		table.RawSetString("duration", lua.LNumber(d.Duration))
		stop = s.tell("dtmf", table)
	}
	if p.dtmf && s.onDtmf != lua.LNil {
		results, err := s.set.env.State.Call(s.onDtmf, lua.LString(string(d.Key)), lua.LNumber(d.Duration))
		if err != nil {
			s.callbackFailed("onDtmf", err)
			p.stopped = true
		}
		stop = stop || err != nil || text(results) == "break"
	}
	p.stopped = p.stopped || stop
	return stop
}

// tell calls the input callback and does what it answers.
func (s *Session) tell(kind string, data lua.LValue) (stop bool) {
	state := s.set.env.State
	args := []lua.LValue{s.object, lua.LString(kind), data}
	if s.input.argument != "" {
		args = append(args, state.Global(s.input.argument))
	}
	results, err := s.callGlobal(s.input.function, args)
	if err != nil {
		s.callbackFailed(s.input.function, err)
		stop = true
	} else {
		stop = s.obey(text(results))
	}
	s.prompt.stopped = s.prompt.stopped || stop
	return stop
}

// callGlobal calls the global function of a name that a script has given.
func (s *Session) callGlobal(name string, args []lua.LValue) ([]lua.LValue, error) {
	state := s.set.env.State
	fn := state.Global(name)
	results, err := state.Call(fn, args...)
	var failed *vm.ScriptError
	if fn == lua.LNil && errors.As(err, &failed) && !limit(err) {
		failed.Message = fmt.Sprintf("there is no global function %q: write its name as it is defined, and define it without local", name)
	}
	return results, err
}

// callbackFailed logs an error of a callback; one that must end the script is
// kept until the method that waits has returned.
func (s *Session) callbackFailed(name string, err error) {
	if limit(err) {
		s.failed = err
		return
	}
	s.log().Error("the callback failed", "callback", name, "error", err)
}

// obey does what an input callback's result asks for, as
// switch_ivr.c:switch_ivr_process_fh, and tells whether what runs must stop.
func (s *Session) obey(verdict string) (stop bool) {
	if verdict == "" || verdict == "true" || verdict == "undefined" {
		return false
	}
	if !s.prompt.file {
		return true
	}
	verb, value, hasValue := strings.Cut(strings.ToLower(verdict), ":")
	command := ""
	switch {
	case verb == "pause" || verb == "restart":
		command = verb
	case (verb == "speed" || verb == "volume") && hasValue:
		command = verb + ":" + step(value, 1)
	case verb == "seek" && hasValue:
		command = verb + ":" + step(value, 1000)
	case verb == "seek":
		return false
	default:
		return true
	}
	reply, err := s.call.API(s.prompt.ctx, "uuid_fileman "+s.call.UUID()+" "+command)
	if err == nil && strings.HasPrefix(reply, "-ERR") {
		s.log().Warn("the prompt could not be changed", "command", command, "reply", strings.TrimSpace(reply))
	}
	if err := s.settle(err); err != nil {
		s.failed = err
		return true
	}
	return false
}

var leadingNumber = regexp.MustCompile(`^[+-]?\d{0,9}`)

// step reads "+2", "-1", "3" as atoi does; a sign without a number is the
// smallest step.
func step(value string, smallest int) string {
	n := leadingNumber.FindString(value)
	if n == "" {
		return "0"
	}
	if number := strings.TrimLeft(n, "+-"); (number == "" || strings.Trim(number, "0") == "") && n != number {
		return n[:1] + strconv.Itoa(smallest)
	}
	return n
}
