package session

import (
	"github.com/eslua/eslua/host/script/vm"
)

// promptMethods declares the methods that play, record and recognise.
func promptMethods() []vm.Func {
	played := []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1 if it came to its end, 0 if a callback or the hangup stopped it or it failed, -1 without a channel"}}
	return []vm.Func{
		blocking(vm.Func{
			Name: "streamFile", Params: []vm.Param{str("path", "a file of FreeSWITCH, or tone_stream://, phrase:NAME:DATA, say:TEXT and the like"), opt(num("start", "the sample to start at"), "0")},
			Results: played,
			Differs: "What a callback asks for takes effect after the way to FreeSWITCH and back; the file plays on meanwhile.",
			Doc: "Plays a file to its end. Without a callback, digits neither stop the file nor get lost: they stay typed ahead for the next method that collects digits.\n" +
				"A file that FreeSWITCH cannot play is logged, and 0 is returned.",
			Example: `session:streamFile("ivr/ivr-welcome.wav")`,
		}, noChannel, returns(no), streamFile),
		blocking(vm.Func{
			Name: "recordFile",
			Params: []vm.Param{str("path", "a file on the disk of FreeSWITCH"), opt(num("limit", "the longest recording, in seconds"), "0: none"),
				opt(num("threshold", "the energy below which audio counts as silence"), "FreeSWITCH's"), opt(num("hits", "seconds of silence that end the recording"), "FreeSWITCH's")},
			Results: played,
			Differs: "A callback can end a recording, not change it. Where FreeSWITCH cannot write the file, the call is not hung up.",
			Doc:     "Records the caller. Digits do not stop it unless a callback does. The recording ends when the call moves on.",
			Example: `session:recordFile("/tmp/message.wav", 60, 200, 5)`,
		}, noChannel, returns(no), recordFile),
		blocking(vm.Func{
			Name: "say", Native: "CoreSession::say(char const *,char const *,char const *,char const *,char const *)",
			Params: []vm.Param{str("text", "the text to say, such as a number"), str("module", "the language, such as en, or MODULE:LANGUAGE"), str("type", "number, current_date_time, name_spelled and the like"),
				str("method", "pronounced, iterated or counted"), opt(str("gender", "masculine, feminine or neuter"), "FreeSWITCH's")},
			Doc:     "Says a number, a date or the like with recorded words.",
			Example: `session:say("12345", "en", "number", "pronounced")`,
		}, nil, returns(nil), say),
		blocking(vm.Func{
			Name: "sayPhrase", Native: "CoreSession::sayPhrase(char const *,char const *,char const *)",
			Params:  []vm.Param{str("name", "the name of a phrase macro"), opt(str("data", "the macro's input"), `""`), opt(str("language", "the language of the macro"), "the channel's")},
			Doc:     "Runs a phrase macro.",
			Example: `session:sayPhrase("voicemail_menu", "1:2:3:#")`,
		}, nil, returns(nil), sayPhrase),
		live(vm.Func{
			Name: "set_tts_params", Params: []vm.Param{str("engine", "a text-to-speech module, such as flite"), str("voice", "a voice of it")},
			Doc:     "Chooses the engine and the voice of session:speak.",
			Example: `session:set_tts_params("flite", "slt")`,
		}, nil, runs("Is remembered; nothing is spoken any more."), setTTS),
		live(vm.Func{
			Name: "set_tts_parms", Params: []vm.Param{str("engine", "as in session:set_tts_params"), str("voice", "as in session:set_tts_params")},
			Doc:     "Is the old name of session:set_tts_params. Each call logs that it is deprecated.",
			Example: `session:set_tts_parms("flite", "slt")`,
		}, nil, runs("Is remembered; nothing is spoken any more."), setTTSParms),
		blocking(vm.Func{
			Name: "speak", Params: []vm.Param{str("text", "what to speak")}, Results: played,
			Differs: "FreeSWITCH does not tell that it lacks the engine: the result is 1 then.",
			Doc:     "Speaks a text. Without session:set_tts_params it logs an error and, as mod_lua does, returns 1. FreeSWITCH does not tell whether it has the engine: without it nothing is heard, and the result is 1.",
			Example: "session:set_tts_params(\"flite\", \"slt\")\nsession:speak(\"Please hold the line.\")",
		}, noChannel, runs("Does nothing and returns 0 (1 without session:set_tts_params)."), speak),
		blocking(vm.Func{
			Name: "detectSpeech",
			Params: []vm.Param{str("command", "pause, resume, stop, grammar, param and the like, or the name of an engine to start"), opt(str("arg1", "the command's first argument"), "none"),
				opt(str("arg2", "its second argument"), "none"), opt(str("arg3", "its third argument"), "none")},
			Doc:     "Starts, feeds and stops speech recognition with the application detect_speech. The result comes to the input callback as an event of type DETECTED_SPEECH.",
			Example: `session:detectSpeech("pocketsphinx", "yesno", "yesno")`,
		}, nil, returns(nil), detectSpeech),
		blocking(vm.Func{
			Name:    "playAndDetectSpeech",
			Params:  []vm.Param{str("file", "the prompt"), str("engine", "the recognition engine"), str("grammar", "the grammar, with its parameters")},
			Results: []vm.Result{{Name: "result", Kind: vm.String, Doc: "the recognised speech; \"\" if nothing was recognised"}},
			Doc:     "Plays a file and returns the speech recognised while it played.",
			Example: `local answer = session:playAndDetectSpeech("ivr/ivr-say_yes_or_no.wav", "pocketsphinx", "yesno")`,
		}, empty, returns(empty), playAndDetectSpeech),
	}
}
