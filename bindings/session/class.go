package session

import (
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares freeswitch.Session, freeswitch.bridge and the sessions.
type Module struct {
	Legs *legs.Registry // dials legs; nil: no script can dial
}

// Declare declares the functions and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{Name: "freeswitch", Funcs: functions(), Classes: []*vm.Class{class()}}
}

// Bind returns the sessions of one run; if it serves a call, that has one.
func (m Module) Bind(env *run.Env) any {
	r := &Sessions{env: env, legs: m.Legs}
	if env.Call != nil {
		r.setMain()
	}
	return r
}

// class declares a session's methods. What a session without a channel answers
// stands beside each body: -1, "", false or nothing.
func class() *vm.Class {
	c := &vm.Class{
		Name: "Session", Native: "CoreSession", Fields: fields(),
		Doc: "One channel of FreeSWITCH. Methods answer 0, false or \"\" once it has hung up.",
	}
	c.Methods = append(c.Methods, callMethods()...)
	c.Methods = append(c.Methods, promptMethods()...)
	c.Methods = append(c.Methods, digitMethods()...)
	c.Methods = append(c.Methods, dataMethods()...)
	c.Methods = append(c.Methods, callbackMethods()...)
	c.Methods = append(c.Methods, ownMethods()...)
	return c
}

const (
	empty   = lua.LString("")
	missing = lua.LBool(false)
)

func str(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
func num(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.Int, Doc: doc} }

func opt(p vm.Param) vm.Param {
	p.Optional = true
	return p
}

var (
	done   = []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1, or 0 if it did not come to that, -1 without a channel"}}
	zero   = []vm.Result{{Name: "zero", Kind: vm.Int, Doc: "0, or -1 without a channel"}}
	is     = []vm.Result{{Name: "is", Kind: vm.Bool}}
	pushed = []vm.Result{{Name: "digits", Kind: vm.String, Doc: `"" if there were none`}}
)

// callMethods are about the call itself.
func callMethods() []vm.Func {
	other := vm.Param{Name: "other", Kind: vm.Any, Doc: "taken and not used: no ringback is played to it"}
	return []vm.Func{
		{Name: "answer", Results: done, Waits: true, Doc: "Answers the call.", Go: live(none, answer)},
		{Name: "preAnswer", Results: done, Waits: true, Doc: "Opens early media.", Go: live(none, preAnswer)},
		{Name: "waitForAnswer", Params: []vm.Param{other}, Waits: true, Doc: "Waits until the other side answers.", Go: live(nil, waitForAnswer)},
		{
			Name: "hangup", Params: []vm.Param{opt(str("cause", "a name in any case, or a number; NORMAL_CLEARING if left out"))},
			Waits: true, Doc: "Hangs up at once.", Go: blocking(nil, hangup),
		},
		{Name: "hangupState", Doc: "Does nothing: FreeSWITCH runs its own state handlers.", Go: blocking(nil, nothing)},
		{
			Name: "hangupCause", Results: []vm.Result{{Name: "cause", Kind: vm.String, Doc: `"NONE" for a session that was not dialled`}},
			Doc: "How dialling this session ended.", Go: plain(hangupCauseOf),
		},
		{
			Name:    "transfer",
			Params:  []vm.Param{str("extension", ""), opt(str("dialplan", "XML if left out")), opt(str("context", ""))},
			Results: done, Waits: true,
			Doc: "Sends the call to another extension when the script ends; ready() is false from now on.",
			Go:  blocking(none, transfer),
		},
		{
			Name: "execute", Params: []vm.Param{str("application", "of the dialplan"), opt(str("data", "${variables} in it are expanded"))},
			Waits: true, Doc: "Runs a dialplan application and waits until it has ended.", Go: blocking(nil, execute),
		},
		{
			Name: "sleep", Params: []vm.Param{num("milliseconds", ""), opt(num("sync", "taken and not used"))},
			Results: done, Waits: true, Doc: "Lets time pass; a hangup or a callback ends it.", Go: blocking(none, sleep),
		},
		{Name: "ready", Results: is, Waits: true, Doc: "Whether the call is there and the script's.", Go: plain(ready)},
		{Name: "answered", Results: is, Doc: "Whether the call has been answered.", Go: live(missing, answered)},
		{Name: "mediaReady", Results: is, Doc: "Whether audio flows.", Go: live(missing, mediaReady)},
		{Name: "bridged", Results: is, Doc: "Whether the call talks to another channel.", Go: live(missing, bridged)},
		{
			Name: "getState", Results: []vm.Result{{Name: "state", Kind: vm.String, Doc: `such as "CS_EXECUTE"; "ERROR" without a channel`}},
			Doc: "The channel's state.", Go: plain(getState),
		},
		{
			Name: "setAutoHangup", Params: []vm.Param{{Name: "on", Kind: vm.Bool}},
			Results: zero, Doc: "Whether the call is hung up when the script ends.", Go: live(none, setAutoHangup),
		},
		{
			Name:    "originate",
			Params:  []vm.Param{{Name: "a_leg", Kind: vm.Any, Doc: "a session, or nil"}, str("dial", "a dial string"), num("timeout", "seconds")},
			Results: []vm.Result{{Name: "failed", Kind: vm.Int, Doc: "0 if it was answered"}},
			Waits:   true, Doc: "Dials for a session made with freeswitch.Session().", Go: plain(originate),
		},
		{
			Name: "destroy", Params: []vm.Param{opt(str("error", "raised as an error"))},
			Waits: true, Doc: "Takes the object off its channel.", Go: plain(destroy),
		},
		{Name: "begin_allow_threads", Results: is, Doc: "Runs a pending hangup hook.", Go: blocking(missing, allowed)},
		{Name: "end_allow_threads", Results: is, Doc: "Runs a pending hangup hook.", Go: blocking(missing, allowed)},
	}
}

func nothing(*Session, *vm.Args) (lua.LValue, error) { return nil, nil }
func allowed(*Session, *vm.Args) (lua.LValue, error) { return lua.LTrue, nil }

// promptMethods play, record and recognise.
func promptMethods() []vm.Func {
	return []vm.Func{
		{
			Name: "streamFile", Params: []vm.Param{str("path", "a file, tone_stream://, phrase:... and the like"), opt(num("start", "samples to skip"))},
			Results: done, Waits: true, Doc: "Plays a file to its end. Digits stay typed ahead unless there is a callback.", Go: blocking(none, streamFile),
		},
		{
			Name: "recordFile",
			Params: []vm.Param{str("path", "on FreeSWITCH's disk"), opt(num("limit", "seconds")),
				opt(num("threshold", "energy that counts as silence")), opt(num("hits", "of silence that end it"))},
			Results: done, Waits: true, Doc: "Records the caller.", Go: blocking(none, recordFile),
		},
		{
			Name:   "say",
			Params: []vm.Param{str("text", ""), str("module", "en, or en:language"), str("type", "number, name_spelled ..."), str("method", "pronounced, iterated ..."), opt(str("gender", ""))},
			Waits:  true, Doc: "Says a number, a date and the like with recorded words.", Go: blocking(nil, say),
		},
		{
			Name:   "sayPhrase",
			Params: []vm.Param{str("name", "of a phrase macro"), opt(str("data", "")), opt(str("language", ""))},
			Waits:  true, Doc: "Runs a phrase macro.", Go: blocking(nil, sayPhrase),
		},
		{Name: "set_tts_params", Params: []vm.Param{str("engine", ""), str("voice", "")}, Doc: "Chooses the voice of speak.", Go: live(nil, setTTS)},
		{Name: "set_tts_parms", Params: []vm.Param{str("engine", ""), str("voice", "")}, Doc: "The old name of set_tts_params.", Go: live(nil, setTTSParms)},
		{Name: "speak", Params: []vm.Param{str("text", "")}, Results: done, Waits: true, Doc: "Speaks a text; 1 as well if set_tts_params was not called.", Go: blocking(none, speak)},
		{
			Name:   "detectSpeech",
			Params: []vm.Param{str("command", "pause, resume, stop, grammar ..., or an engine"), opt(str("arg1", "")), opt(str("arg2", "")), opt(str("arg3", ""))},
			Waits:  true, Doc: "Starts, feeds and stops speech recognition.", Go: blocking(nil, detectSpeech),
		},
		{
			Name:   "playAndDetectSpeech",
			Params: []vm.Param{str("file", ""), str("engine", ""), str("grammar", "")}, Results: []vm.Result{{Name: "result", Kind: vm.String, Doc: "nil for nothing"}},
			Waits: true, Doc: "Plays a file and returns what was recognised.", Go: blocking(empty, playAndDetectSpeech),
		},
	}
}

// digitMethods collect digits.
func digitMethods() []vm.Func {
	return []vm.Func{
		{
			Name: "getDigits",
			Params: []vm.Param{num("most", "digits"), str("terminators", "keys that end the input"), num("timeout", "ms for the first digit"),
				opt(num("interdigit", "ms for each further one")), opt(num("absolute", "ms in all"))},
			Results: pushed, Waits: true, Doc: "Collects digits, those typed ahead first.", Go: blocking(empty, getDigits),
		},
		{
			Name: "collectDigits", Params: []vm.Param{num("timeout", "ms in all; with a second argument between digits"), opt(num("absolute", "ms in all"))},
			Results: zero, Waits: true, Doc: "Lets the input callback have the digits until the time is over or it says stop.", Go: blocking(none, collectDigits),
		},
		{
			Name: "read",
			Params: []vm.Param{num("least", "digits"), num("most", "digits"), str("file", "the prompt, nil for none"), num("timeout", "ms for the first digit, 1000 at least"),
				str("terminators", "keys that end the input"), opt(num("interdigit", "ms for each further one"))},
			Results: pushed, Waits: true, Doc: "Plays a prompt and collects digits; the first one ends the prompt.", Go: blocking(empty, read),
		},
		{
			Name: "playAndGetDigits",
			Params: []vm.Param{num("least", "digits"), num("most", "digits"), num("tries", ""), num("timeout", "ms for the first digit, 1000 at least"), str("terminators", ""),
				str("file", "the prompt"), str("bad_file", "played after a wrong input"), str("pattern", "a regular expression the digits must match"),
				opt(str("variable", "that gets the digits")), opt(num("interdigit", "ms for each further digit")), opt(str("transfer", `"extension dialplan context" after the last failure`))},
			Results: pushed, Waits: true, Doc: "Plays a prompt and collects digits until they match.", Go: blocking(empty, playAndGetDigits),
		},
		{Name: "flushDigits", Results: zero, Waits: true, Doc: "Forgets the digits typed ahead.", Go: live(none, flushDigits)},
		{
			Name: "flushEvents", Results: zero, Doc: "Forgets the events that are kept for the input callback.",
			Go: live(none, func(s *Session, _ *vm.Args) (lua.LValue, error) { s.events = nil; return no, nil }),
		},
	}
}

// dataMethods are about what is known of the channel.
func dataMethods() []vm.Func {
	ev := vm.Param{Name: "event", Kind: vm.Object, Class: "Event"}
	uuid := []vm.Result{{Name: "uuid", Kind: vm.String, Doc: `"uninitialized" without a channel`}}
	level := str("level", "CONSOLE, ALERT, CRIT, ERR, WARNING, NOTICE, INFO or DEBUG; anything else is DEBUG")
	return []vm.Func{
		{
			Name: "getVariable", Params: []vm.Param{str("name", "")}, Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if it is not set"}},
			Waits: true, Doc: "A channel variable, a field of the caller profile or a global variable.", Go: live(empty, getVariable),
		},
		{
			Name: "setVariable", Params: []vm.Param{str("name", ""), str("value", "nil or empty takes it away")},
			Waits: true, Doc: "Sets a channel variable.", Go: live(nil, setVariable),
		},
		{Name: "get_uuid", Results: uuid, Doc: "The channel's uuid.", Go: plain(getUUID)},
		{Name: "setEventData", Params: []vm.Param{ev}, Doc: "Adds the channel's data to an event.", Go: live(nil, setEventData)},
		{Name: "sendEvent", Params: []vm.Param{ev}, Waits: true, Doc: "Sends an event's body to the phone as a message.", Go: live(nil, sendEvent)},
		{
			Name: "consoleLog", Params: []vm.Param{level, str("text", "")}, Doc: "Writes a line to the log.",
			Go: plain(func(s *Session, a *vm.Args) (lua.LValue, error) {
				s.set.env.Console.Write(a.String(0), a.String(1))
				return nil, nil
			}),
		},
		{
			Name: "consoleLog2", Params: []vm.Param{level, str("file", ""), str("function", ""), num("line", ""), str("text", "")},
			Doc: "Writes a line to the log that says where it comes from.",
			Go: plain(func(s *Session, a *vm.Args) (lua.LValue, error) {
				s.set.env.Console.WriteFrom(a.String(0), a.String(1), a.String(2), a.Int(3), a.String(4))
				return nil, nil
			}),
		},
	}
}

// callbackMethods choose what is called while others wait.
func callbackMethods() []vm.Func {
	function := str("function_name", "of a global function, as text")
	argument := opt(str("argument_name", "of a global that is handed to it"))
	return []vm.Func{
		{
			Name: "setInputCallback", Params: []vm.Param{function, argument}, Waits: true,
			Doc: `Has f(session, "dtmf"|"event", data, argument) called while a prompt plays or a sleep lasts; what it returns drives the prompt.
Events are DETECTED_SPEECH at any time, and while nothing plays, records or reads those of type MESSAGE, TEXT or COMMAND that were sent to the channel (sendevent with its Unique-ID). Others do not come over the event socket: FreeSWITCH's applications swallow them.`,
			Go: live(nil, setInputCallback),
		},
		{Name: "unsetInputCallback", Doc: "Takes the input callback back.", Go: live(nil, unsetInputCallback)},
		{
			Name: "setHangupHook", Params: []vm.Param{function, argument},
			Doc: `Has f(session, "hangup"|"transfer", argument) called by the next method after the call has ended; "exit" or "die" ends the script.`,
			Go:  live(nil, setHangupHook),
		},
	}
}

// ownMethods are what mod_lua does not have.
func ownMethods() []vm.Func {
	return []vm.Func{
		{
			Name:    "schedHangup",
			Params:  []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "from now, at least 1"}, opt(str("cause", "ALLOTTED_TIMEOUT if left out"))},
			Results: []vm.Result{{Name: "task", Kind: vm.Any, Doc: "task:cancel() takes it back and tells whether it was still to come; task:id() is FreeSWITCH's number of it. A checkpoint can hold it"}},
			Waits:   true, Doc: "Has FreeSWITCH hang the call up later, even if this host is gone by then.", Go: plain(schedHangup),
		},
		{
			Name:   "checkpoint",
			Params: []vm.Param{{Name: "keep", Kind: vm.Table, Optional: true, Doc: "strings, numbers, booleans, tasks of schedHangup and tables of them, 4 KiB at most; nil takes back what is kept"}},
			Waits:  true, Doc: "Keeps a table in FreeSWITCH with the call: if this host dies, the next one runs the flow again, and session:resumed() gives it the table.",
			Go: live(nil, keepCheckpoint),
		},
		{
			Name: "resumed",
			Results: []vm.Result{{Name: "kept", Kind: vm.Table, Doc: "what the last session:checkpoint() of the interrupted run kept; nil if there was none"},
				{Name: "from", Kind: vm.Table, Doc: "flow, generation and version that kept it"}},
			Doc: "Whether this run continues a call whose earlier run was interrupted by its host's end.",
			Go:  resumed,
		},
		{
			Name:   "onDtmf",
			Params: []vm.Param{{Name: "fn", Kind: vm.Function, Optional: true, Doc: `fn(digit, duration); nil for none; what returns "break" ends what plays`}},
			Doc:    "Has fn called for each digit while a method waits, except those that collect digits.",
			Go:     plain(setOnDtmf),
		},
	}
}
