package session

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// detectSpeech starts, stops and feeds speech recognition. The results come to the
// input callback as DETECTED_SPEECH events.
func detectSpeech(s *Session, a *vm.Args) (lua.LValue, error) {
	if !a.Has(0) {
		return nil, nil
	}
	if !s.asrEvents {
		// Without the variable the results are only queued to the channel.
		_, err := s.call.API(a.Context(), syntax.ForChannel("uuid_setvar", s.call.UUID(), "fire_asr_events true"))
		if err := s.classifyErr(err); err != nil {
			return nil, err
		}
		s.asrEvents = true
	}
	args := make([]string, 0, 4)
	for i := 0; i < 4 && a.Has(i); i++ {
		args = append(args, syntax.Word(a.String(i)))
	}
	_, _, err := s.run(a, &prompt{app: true, input: true, dtmf: true}, "detect_speech", syntax.Literal(strings.Join(args, " ")))
	return nil, err
}

// playAndDetectSpeech plays a prompt and returns the recognised speech.
func playAndDetectSpeech(s *Session, a *vm.Args) (lua.LValue, error) {
	arg := syntax.Literal(syntax.Word(a.String(0)) + " " + syntax.Word("detect:"+a.String(1)) + " " + a.String(2))
	done, _, err := s.run(a, &prompt{app: true, input: true, dtmf: true}, "play_and_detect_speech", arg)
	if response := done.Get("Application-Response"); strings.HasSuffix(response, "ERROR") {
		s.log().Error("playAndDetectSpeech: failed", "response", response)
		return empty, err
	}
	return lua.LString(strings.Clone(done.Get("variable_detect_speech_result"))), err
}
