package bindings

import (
	"fmt"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// globals declares the globals that no other module sets, and the names that eslua does
// not have.
type globals struct{}

func (globals) Bind(*run.Env) any { return nil }

func (globals) Declare() *vm.Module {
	return &vm.Module{Absent: absent(), AfterHangup: "Works as before: it does not concern the call.", Funcs: []vm.Func{
		{
			Name: "swig_type", Params: []vm.Param{{Name: "value", Kind: vm.Any, Doc: "any value"}},
			Results: []vm.Result{{Name: "type", Kind: vm.String, Doc: `mod_lua's name of an object's class, such as "Event *"; of another value, its type`}},
			Doc:     "Returns what a value is in the words of mod_lua's errors.",
			Example: `print(swig_type(freeswitch.API()))`,
			Go:      func(a *vm.Args) error { a.ReturnString(a.TypeName(0)); return nil },
		},
		{
			Name: "swig_equals", Params: []vm.Param{{Name: "a", Kind: vm.Any, Doc: "an object"}, {Name: "b", Kind: vm.Any, Doc: "another one"}},
			Results: []vm.Result{{Name: "equal", Kind: vm.Bool, Doc: "true if they are the same; nothing if one of them is no object"}},
			Doc:     "Reports whether two objects are the same. a == b does too.",
			Example: `print(swig_equals(stream, stream))`,
			Go: func(a *vm.Args) error {
				if a.Value(0).Type() == lua.LTUserData && a.Value(1).Type() == lua.LTUserData {
					a.ReturnBool(a.Value(0) == a.Value(1))
				}
				return nil
			},
		},
	}, Variables: []vm.Variable{
		{
			Name: "argv", Kind: vm.Table,
			Doc: "The arguments of the script: argv[0] is its file, argv[1] the first argument. They come from the path of the socket application (socket HOST:PORT/FLOW/ARG1/ARG2), " +
				"from the route of the configuration, or from the command line of eslua exec.",
			Example: `local extension = argv[1] or "7001"`,
		},
		{
			Name: "settings", Kind: vm.Table,
			Doc:     "The values that the configuration has for this flow (flows: NAME: settings:). They are text, numbers and booleans.",
			Example: `local prompt = settings.prompt or "ivr/ivr-welcome.wav"`,
		},
		{
			Name: "event", Kind: vm.Object, Class: "Event",
			Doc:     "In the script of a hook (hooks: in the configuration): the event for which it runs. It cannot be fired.",
			Example: `if event then print(event:getType(), event:getHeader("Unique-ID")) end`,
		},
		{
			Name: "env", Kind: vm.Object, Class: "Event",
			Doc:     "In a script that runs after a hangup (flows: FLOW: on_hangup: in the configuration): the channel's data at its end. It cannot be fired.",
			Example: `if env then print(env:getHeader("Hangup-Cause"), env:getHeader("variable_billsec")) end`,
		},
		{
			Name: "push", Kind: vm.Table,
			Doc: "In the script of a push (pushes: in the configuration): the document, with type, timestamp and data, as it will be sent. The script may change it; push = nil drops it. " +
				"If the script fails, the document is dropped too, and the log says so.",
			Example: `if push and push.data.cause.name == "ORIGINATOR_CANCEL" then push = nil end`,
		},
		{
			Name: "XML_REQUEST", Kind: vm.Table,
			Doc: "In a script that answers FreeSWITCH's XML lookups (xml: scripts: in the configuration): section, tag_name, key_name and key_value of what is looked up, and the hostname of the FreeSWITCH that asks. " +
				"The script sets the global XML_STRING to the document; nil or \"\" means not found. For the dialplan it may set ACTIONS instead, a list of applications, each \"app\" or {\"app\", \"data\"}.",
			Example: `if XML_REQUEST then print(XML_REQUEST.section, XML_REQUEST.key_value) end`,
		},
		{
			Name: "params", Kind: vm.Object, Class: "Event",
			Doc:     "In a script that answers FreeSWITCH's XML lookups: what FreeSWITCH says about the lookup; nil if it says nothing.",
			Example: `if params then print(params:getHeader("user"), params:getHeader("domain")) end`,
		},
	}}
}

// exit declares os.exit, which mod_lua takes from scripts too.
type exit struct{}

func (exit) Bind(env *run.Env) any { return env }

func (exit) Declare() *vm.Module {
	return &vm.Module{Name: "os", Doc: "Lua's own functions for times and files.", AfterHangup: "Works as before: it does not concern the call.", Funcs: []vm.Func{{
		Name: "exit", Params: []vm.Param{{Name: "code", Kind: vm.Any, Variadic: true, Doc: "ignored"}},
		Doc:     "Logs an error and goes on, as in mod_lua. End a script with return, or with error(TEXT).",
		Example: `os.exit(0) print("still here")`,
		Go: func(a *vm.Args) error {
			file, line := a.Where()
			a.Instance().(*run.Env).Console.Write("ERR", fmt.Sprintf("%s:%d: os.exit does not end a script, as in mod_lua: write return, or error(TEXT)", file, line))
			return nil
		},
	}}}
}

// absent maps each name that mod_lua or Lua has and eslua lacks to advice on what
// to write instead. Scripts written for them use some of these names.
func absent() map[string]string {
	const (
		apiOnly = "eslua runs scripts for calls, not for FreeSWITCH's API, hooks or configuration"
		forXML  = "only a script that answers FreeSWITCH's XML lookups has it; name the script under xml: scripts: in the configuration"
		packs   = "it is of Lua 5.3; write string.byte and string.char"
		chat    = "send it with event:chat_send"
		pointer = "a pointer of FreeSWITCH, which is of no use to a script"
	)
	return map[string]string{
		"utf8":            "it is of Lua 5.3; texts are bytes here, and string.gmatch(s, \"[%z\\1-\\127\\194-\\244][\\128-\\191]*\") goes through the characters of UTF-8",
		"string.pack":     packs,
		"string.unpack":   packs,
		"string.packsize": packs,
		"math.tointeger":  "it is of Lua 5.3; all numbers are alike here: compare x with math.floor(x)",
		"math.type":       "it is of Lua 5.3; all numbers are alike here: compare x with math.floor(x)",
		"table.move":      "it is of Lua 5.3; write a loop",
		"session":         "there is no call; to try the script with one: fs_cli -x \"originate user/1000 '&socket(HOST:PORT/FLOW async full)'\"",
		"env":             "only a script that runs after a hangup has it; name the script under flows: FLOW: on_hangup: in the configuration",
		"event":           "only a script that runs as a hook has an event; name the script under hooks: in the configuration, with the event",
		"push":            "only the script of a push has it; name the script under pushes: in the configuration. To push from a script: outbox.push",
		"message":         apiOnly,
		"params":          forXML,
		"XML_REQUEST":     forXML,

		"EventConsumer:e_callback":      "it is " + pointer,
		"EventConsumer:e_cb_arg":        "it is " + pointer,
		"EventConsumer:e_event_id":      "it is " + pointer,
		"EventConsumer:e_subclass_name": "it is " + pointer,
		"EventConsumer:enodes":          "it is " + pointer,
		"EventConsumer:events":          "it is " + pointer + "; use consumer:pop",
		"EventConsumer:node_index":      "it is " + pointer,

		"freeswitch.CoreSession":            "make a session with freeswitch.Session",
		"freeswitch.string":                 "use Lua's own strings",
		"freeswitch.input_callback_state_t": "use session:setInputCallback",
		"freeswitch.hanguphook":             "use session:setHangupHook",
		"freeswitch.dtmf_callback":          "use session:setInputCallback",

		"Event:event":             "it is " + pointer,
		"Event:mine":              "event:fire returns false for an event that came from FreeSWITCH",
		"Event:serialized_string": "use the result of event:serialize",
		"Session:session":         "it is " + pointer,
		"Session:channel":         "it is " + pointer,
		"Session:cb_state":        "it is " + pointer,
		"Session:hook_state":      "it is " + pointer + "; use session:getState",
		"Session:cause":           "it is " + pointer + "; use session:hangupCause",

		"Dbh:load_extension":              "eslua loads no extensions into SQLite",
		"Session:getPrivate":              "use session:getVariable",
		"Session:setPrivate":              "use session:setVariable",
		"Session:insertFile":              "eslua cannot change files of FreeSWITCH",
		"Session:process_callback_result": "return the text from the function that session:setInputCallback names",
		"Session:run_dtmf_callback":       "use session:setInputCallback",
		"Session:get_cb_args":             "read session.cb_arg",
		"Session:setLUA":                  "it takes " + pointer,
		"Session:setDTMFCallback":         "use session:setInputCallback or session:onDtmf",
		"Event:chat_execute":              chat,
	}
}
