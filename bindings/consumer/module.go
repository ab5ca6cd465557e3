package consumer

import (
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares freeswitch.EventConsumer and its objects.
type Module struct {
	Nodes []*node.Link // those whose events scripts can have
}

// Bind returns the consumers of a run.
func (m Module) Bind(env *run.Env) any { return &consumers{env: env, nodes: m.Nodes} }

// Declare declares the constructor and the class.
func (m Module) Declare() *vm.Module {
	name := vm.Param{Name: "event", Kind: vm.String, Doc: "the event's name, such as CHANNEL_ANSWER or CUSTOM; ALL is every event"}
	subclass := vm.Param{Name: "subclass", Kind: vm.String, Optional: true, Default: "any", Doc: "the subclass of a CUSTOM event, such as sofia::register"}
	queue := vm.Param{Name: "queue", Kind: vm.Int, Optional: true, Default: "5000", Doc: "how many events may wait, 5000 at most"}
	first := name
	first.Optional, first.Default = true, "none: bind names them"
	return &vm.Module{
		Outside: true,
		CText:   true,
		Name:    "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class(name, subclass)},
		Funcs: []vm.Func{{
			Name: "EventConsumer", Native: "EventConsumer::EventConsumer(char const *,char const *,int)", Params: []vm.Param{first, subclass, queue},
			Results: []vm.Result{{Name: "consumer", Kind: vm.Object, Class: "EventConsumer", Doc: "the consumer"}},
			Doc: "Makes a consumer of the events of the whole switch, which wait in a queue until the script takes them. They come over the control connection of eslua, so the switch must be named under nodes: in the configuration; " +
				"else an error is raised. Events that show what others press, write or say, or commands with their arguments (DTMF, MESSAGE, API, ALL ...), need a grant, which the error names. " +
				"A queue holds 4 MiB at most, which count as the script's memory; what comes when it is full is lost and counted. A script may have 16 consumers.",
			Differs: "Some events need a grant, the queue holds 4 MiB at most, and an event comes some milliseconds later than to mod_lua.",
			Example: "local consumer = freeswitch.EventConsumer(\"CUSTOM\", \"callcenter::info\")\nlocal event = consumer:pop(1, 30000)\nif event then print(event:getHeader(\"CC-Action\")) end\nconsumer:cleanup()",
			Go:      construct,
		}},
	}
}

func class(name, subclass vm.Param) *vm.Class {
	return &vm.Class{
		Name: "EventConsumer", Value: (*consumer)(nil),
		Doc:     "A queue of the switch's events. Without cleanup() it fills until the script ends.",
		Example: "local consumer = freeswitch.EventConsumer(\"CHANNEL_ANSWER\")\nconsumer:filter(\"Caller-Destination-Number\", \"7001\")\nlocal event = consumer:pop(1, 10000)",
		Fields: []vm.Field{{
			Name: "lost", Kind: vm.Int, Doc: "how many events were lost because the queue was full; mod_lua does not have it",
			Get: func(self any) lua.LValue {
				c := self.(*consumer)
				if c.sub != nil {
					c.lost = c.sub.Lost()
				}
				return lua.LNumber(c.lost)
			},
		}},
		Methods: []vm.Func{
			{
				Name: "bind", Native: "EventConsumer::bind(char const *,char const *)", Params: []vm.Param{name, subclass},
				Results: []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1, or 0 if there is no such event or FreeSWITCH refuses it; the log says why"}},
				Doc:     "Has the consumer get one more kind of events, from now on.",
				Example: "local consumer = freeswitch.EventConsumer()\nconsumer:bind(\"CHANNEL_ANSWER\")\nconsumer:bind(\"CUSTOM\", \"sofia::register\")",
				Go: func(a *vm.Args) error {
					done, err := a.Instance().(*consumers).bind(a, a.Self().(*consumer), a.String(0), a.String(1))
					a.ReturnInt(0)
					if done {
						a.ReturnInt(1)
					}
					return err
				},
			},
			{
				Name: "filter", Params: []vm.Param{
					{Name: "header", Kind: vm.String, Doc: "a header, such as Unique-ID or variable_domain_name"},
					{Name: "value", Kind: vm.String, Doc: "its value, in any case"},
				},
				Doc:     "Has the consumer get only events in which a header has a value, or those that another filter admits: the events of one call and not of the whole switch. mod_lua does not have it.",
				Example: "local consumer = freeswitch.EventConsumer()\nconsumer:filter(\"Unique-ID\", session:get_uuid())\nconsumer:bind(\"CHANNEL_BRIDGE\")",
				Go: func(a *vm.Args) error {
					if c := a.Self().(*consumer); c.sub != nil {
						return c.addFilter(a, a.String(0), a.String(1))
					}
					return nil
				},
			},
			{
				Name: "pop", Params: []vm.Param{
					{Name: "block", Kind: vm.Int, Optional: true, Default: "0", Doc: "0: return at once; another number: wait"},
					{Name: "timeout", Kind: vm.Int, Optional: true, Default: "0", Doc: "milliseconds to wait at most; 0: without end"},
				},
				Results:     []vm.Result{{Name: "event", Kind: vm.Object, Class: "Event", Doc: "nil if none came"}},
				Doc:         "Takes the oldest event from the queue, or waits for the next one. A wait ends with nil when the call hangs up.",
				Differs:     "A wait ends when the call hangs up.",
				Example:     "local consumer = freeswitch.EventConsumer(\"CHANNEL_ANSWER\")\nwhile true do\n  local event = consumer:pop(1, 1000)\n  if not event then break end\n  print(event:getHeader(\"Unique-ID\"))\nend",
				AfterHangup: "Waits only if it has a timeout.",
				Go:          pop,
			},
			{
				Name: "cleanup", Doc: "Ends the consumer: no event comes any more, pop returns nil and bind 0. What no other consumer wants FreeSWITCH stops sending.",
				Example: "local consumer = freeswitch.EventConsumer(\"CHANNEL_ANSWER\")\nconsumer:cleanup()",
				Go: func(a *vm.Args) error {
					a.Instance().(*consumers).cleanup(a.Self().(*consumer))
					return nil
				},
			},
		},
	}
}
