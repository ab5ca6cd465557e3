package session

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

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
	if err := s.hearBreaks(a); err != nil {
		return no, err
	}
	done, ok, err := s.run(a, p, app, arg)
	if err != nil || !ok || p.broken {
		return intBool(err == nil && p.left), err // mod_lua takes it for played if a callback has moved the call or hung it up
	}
	return intBool(s.played(path, done)), nil
}

// played reports whether an application that has ended by itself could play its
// prompt, which is its argument or one word of it. If not, it logs and counts that,
// once for each file.
func (s *Session) played(file string, done esl.Event) bool {
	failed, word := false, 0
	var v [2]string
	done.PickLast([]string{"Application", "Application-Response"}, v[:])
	app, response := strings.ToLower(v[0]), v[1]
	switch app {
	case "playback", "loop_playback", "endless_playback":
		failed = response == "FILE NOT FOUND" || response == "PLAYBACK ERROR"
	case "read", "play_and_get_digits":
		// switch_ivr_play_say.c:switch_ivr_read unsets it, and goes to its end if
		// the prompt fails.
		failed = done.Get("variable_read_result") == ""
		word = map[string]int{"read": 3, "play_and_get_digits": 6}[app]
	}
	if words := syntax.Split(file, ' ', word+1); word > 0 && len(words) >= word {
		file = words[word-1]
	}
	if !failed || s.gone() {
		return !failed
	}
	if response == "FILE NOT FOUND" { // switch_ivr_play_file has flushed the digits
		s.call.FlushDigits()
	}
	s.cannotPlay(app, file)
	return false
}

// cannotPlay logs and counts a prompt that FreeSWITCH could not play.
func (s *Session) cannotPlay(app, file string) {
	if s.set.env.PromptFailed(file) {
		s.log().Error("FreeSWITCH cannot play this prompt; it looks for a relative name below its sounds directory (sound_prefix)", "application", app, "file", file)
	}
}

// hearBreaks asks for the events that say whether a prompt was played to its end or
// cut by uuid_break; the application says FILE PLAYED of both.
func (s *Session) hearBreaks(a *vm.Args) error {
	if s.hearsBreaks {
		return nil
	}
	s.hearsBreaks = true
	return s.classifyErr(s.call.Subscribe(a.Context(), "PLAYBACK_STOP"))
}

// run runs an application that the script is granted and passes digits to
// the callbacks while it runs. ok reports that it ended by itself, with the call
// still ours and not stopped by a callback.
func (s *Session) run(a *vm.Args, p *prompt, app, arg string) (done esl.Event, ok bool, err error) {
	if arg, err = s.granted(a, app, arg); err != nil {
		return done, false, s.classifyErr(err)
	}
	return s.runGranted(a, p, app, arg)
}

// runGranted works like run for an application that needs no grant of its own.
func (s *Session) runGranted(a *vm.Args, p *prompt, app, arg string) (done esl.Event, ok bool, err error) {
	var failed error
	stopped, err := s.waitWithCallbacks(a, p, func() error {
		execute := s.call.Execute
		if p.open = p.input && s.hasCallback(p); p.open || syntax.IgnoresDigits(app) { // what plays can be interrupted by uuid_broadcast
			execute = s.call.ExecuteOpen
		}
		sent := arg
		if p.takes {
			if sent, failed = s.withTyped(a, arg); failed != nil {
				return failed
			}
		}
		clock := s.set.env.Clock
		begun := clock.Now()
		done, failed = execute(a.Context(), app, sent)
		if ended := clock.Now(); p.takes || ended.Sub(begun) >= drainTime/2 {
			s.drained = ended.Add(drainTime) // digits that it left, or that were pressed meanwhile, may be in the channel's queue
		}
		return failed
	})
	return done, failed == nil && err == nil && !stopped && !s.gone(), err
}

// granted returns the argument to send for an application that the script is granted,
// with the values of the variables that it refers to, so that FreeSWITCH runs what was
// checked.
func (s *Session) granted(a *vm.Args, app, arg string) (string, error) {
	env := s.set.env
	if env.Grants.Unlimited() {
		return arg, env.Grants.CheckApp(app, arg)
	}
	text, err := s.expand(a, arg)
	if err != nil {
		return "", err
	}
	check := func() error { return env.Grants.CheckApp(app, text) }
	return syntax.Unexpanded(text), env.Allowed(a.Context(), check)
}

// expand returns an application's argument as FreeSWITCH would expand it.
func (s *Session) expand(a *vm.Args, arg string) (string, error) {
	return s.set.env.ExpandApp(a.Context(), arg, func(name string) (string, error) {
		value, err := s.value(a, name)
		return lua.LVAsString(value), err
	})
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
	if language := a.String(2); !isName(language) {
		return nil, fmt.Errorf("sayPhrase: the language is a name such as en, not %.40q", language)
	}
	return nil, s.phrase(a, &prompt{app: true, input: true, dtmf: true}, a.String(0), a.String(1), a.String(2), "none")
}

// phrase runs a phrase macro, which the terminators end.
func (s *Session) phrase(a *vm.Args, p *prompt, macro, data, language, terminators string) error {
	arg := syntax.Scope(macro+","+data,
		syntax.Var{Name: "playback_terminators", Value: terminators}, syntax.Var{Name: "language", Value: language})
	_, _, err := s.run(a, p, "phrase", arg)
	return err
}

// isName reports whether a text has no sign that could end a bracket of FreeSWITCH.
func isName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
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
	case s.voice == nil:
		s.log().Error("speak: no TTS voice specified, call set_tts_params first")
		return yes, nil
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
