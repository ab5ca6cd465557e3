package session

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// noTerminators has an application ignore keys, because the script's callbacks
// decide which keys stop a prompt. Written before an argument, it sets the
// variable for this application only.
const noTerminators = "%[playback_terminators=none]"

// streamFile plays a file. Without a callback it runs loop_playback, which leaves
// the digits to the next getDigits as mod_lua does; playback would swallow them.
// With a callback the digits come as events.
func streamFile(s *Session, a *vm.Args) (lua.LValue, error) {
	path, from := a.String(0), a.Int(1)
	p := &prompt{app: true, file: true, input: true, dtmf: true}
	if from > 0 {
		path += "@@" + strconv.Itoa(from)
	}
	app, arg := "loop_playback", syntax.Literal(path)
	if from > 0 || s.hasCallback(p) || strings.HasPrefix(path, "+") { // "+" is loop_playback's count
		app, arg = "playback", noTerminators+arg
	}
	if path == "" {
		return no, nil
	}
	done, ok, err := s.run(a, p, app, arg)
	if err != nil || !ok {
		return no, err
	}
	switch response := done.Get("Application-Response"); response {
	case "FILE NOT FOUND", "PLAYBACK ERROR":
		if state := done.Get("Channel-State-Number"); state == routing || state == reset {
			return no, nil // the channel was transferred during the playback
		}
		s.log().Error("streamFile: "+strings.ToLower(response), "path", path)
		return no, nil
	}
	return yes, nil
}

// The states in which a channel leaves the application that it runs
// (switch_types.h:switch_channel_state_t).
const (
	routing = "2"
	reset   = "9"
)

// run runs an application that the script is granted and passes digits to
// the callbacks while it runs. ok reports that it ended by itself, with the call
// still up and not stopped by a callback.
func (s *Session) run(a *vm.Args, p *prompt, app, arg string) (done esl.Event, ok bool, err error) {
	if err := s.set.env.Grants.CheckApp(app, arg); err != nil {
		return done, false, err
	}
	stopped, err := s.waitWithCallbacks(a, p, func() (err error) {
		done, err = s.call.Execute(a.Context(), app, arg)
		return err
	})
	return done, err == nil && !stopped && !s.ended(), err
}

// recordFile records into a file on FreeSWITCH's disk.
func recordFile(s *Session, a *vm.Args) (lua.LValue, error) {
	if !a.Has(0) {
		return no, nil
	}
	words := []string{syntax.Word(a.String(0))}
	for i := 1; i < a.Len(); i++ {
		words = append(words, strconv.Itoa(a.Int(i)))
	}
	p := &prompt{app: true, input: true, dtmf: true}
	_, ok, err := s.run(a, p, "record", noTerminators+syntax.Literal(strings.Join(words, " ")))
	return intBool(ok), err
}

// say speaks a number, a date and the like with recorded words.
func say(s *Session, a *vm.Args) (lua.LValue, error) {
	for i := range 4 {
		if !a.Has(i) {
			s.log().Error("say: text, module, type and method are needed")
			return nil, nil
		}
	}
	words := []string{syntax.Word(a.String(1)), syntax.Word(a.String(2)), syntax.Word(a.String(3))}
	if a.Has(4) {
		words = append(words, syntax.Word(a.String(4)))
	}
	words = append(words, syntax.Word(a.String(0)))
	_, _, err := s.run(a, &prompt{app: true, input: true, dtmf: true}, "say", noTerminators+syntax.Literal(strings.Join(words, " ")))
	return nil, err
}

// sayPhrase runs a phrase macro.
func sayPhrase(s *Session, a *vm.Args) (lua.LValue, error) {
	if !a.Has(0) {
		s.log().Error("sayPhrase: the phrase has no name")
		return nil, nil
	}
	arg := syntax.Scope(a.String(0)+","+a.String(1),
		syntax.Var{Name: "playback_terminators", Value: "none"}, syntax.Var{Name: "language", Value: a.String(2)})
	_, _, err := s.run(a, &prompt{app: true, input: true, dtmf: true}, "phrase", arg)
	return nil, err
}

func setTTS(s *Session, a *vm.Args) (lua.LValue, error) {
	engine, voice := a.String(0), a.String(1)
	s.engine, s.voice = &engine, &voice
	return nil, nil
}

func setTTSParms(s *Session, a *vm.Args) (lua.LValue, error) {
	s.log().Error("set_tts_parms is deprecated. Use set_tts_params.")
	return setTTS(s, a)
}

// speak speaks a text with a speech engine.
func speak(s *Session, a *vm.Args) (lua.LValue, error) {
	switch {
	case s.engine == nil:
		s.log().Error("speak: no TTS engine specified, call set_tts_params first")
		return yes, nil // as mod_lua, where SWITCH_STATUS_FALSE is 1
	case s.ended():
		return no, nil
	case *s.engine == "" || *s.voice == "" || strings.Contains(*s.engine+*s.voice, "|"):
		// The application would hang the call up, or read the words wrong.
		s.log().Error("speak: the TTS engine or voice is empty or holds a |", "engine", *s.engine, "voice", *s.voice)
		return no, nil
	}
	arg := noTerminators + syntax.Literal(*s.engine+"|"+*s.voice+"|"+a.String(0))
	_, ok, err := s.run(a, &prompt{app: true, input: true, dtmf: true}, "speak", arg)
	return intBool(ok), err
}
