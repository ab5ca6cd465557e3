package queue

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// Declare declares the table and its class.
func (Module) Declare() *vm.Module {
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "its name in the configuration"}
	return &vm.Module{
		Outside: true,
		Name:    "queue", AfterHangup: "Works as before. A wait for a message ends with the hangup, and after it needs a time limit.",
		Doc: "Messages that are worked off once, by any script on any host that shares the store: publish keeps one on the disk or on a NATS cluster, next and work give it to one script at a time. " +
			"A message that fails is tried again, later each time, and is a dead letter in the end, see eslua queue. One whose host dies comes to another host. " +
			"A message may come twice if a host dies after its work was done: what must not be done twice remembers the flow and the id of the message. " +
			"The queues are named in the configuration (queues:), and granted to a flow (grants: queues:). mod_lua does not have it.",
		Funcs: []vm.Func{
			{
				Name: "publish",
				Params: []vm.Param{name, {Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "a text, a number, a boolean or a table"},
					{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "id: 1 to 64 letters, digits, - and _; another message of the flow with the same id within two minutes is not kept"}},
				Results: []vm.Result{{Name: "id", Kind: vm.String, Doc: "of the message, which is kept now; nil if it could not be kept"}, {Name: "error", Kind: vm.String, Doc: "why it is not kept"}},
				Doc:     "Keeps a message, and returns when it is on the disk.",
				Example: "local id, err = queue.publish(\"transcribe\", {file = \"/var/spool/calls/1.wav\", caller = session:getVariable(\"caller_id_number\")})\nif not id then freeswitch.consoleLog(\"err\", err .. \"\\n\") end", Go: publish,
			},
			{
				Name:    "work",
				Params:  []vm.Param{name, {Name: "handler", Kind: vm.Function, Doc: "is called with each message"}, {Name: "milliseconds", Kind: vm.Int, Optional: true, Default: "no limit", Doc: "how long to wait for a message before it returns"}},
				Results: []vm.Result{{Name: "count", Kind: vm.Int, Doc: "how many messages were handled"}},
				Doc:     "Gives one message after the other to a function. A message is worked off when the function returns; when it raises an error, the message has failed with that error. For a script that eslua starts (startup:), which ends when its host takes no more calls.",
				Example: "queue.work(\"transcribe\", function(message)\n  local answer = assert(http.post(\"https://speech.example.com/\", {json = message.value}))\n  assert(answer.status == 200, answer.status)\nend)", Go: process,
			},
			{
				Name: "next", Params: []vm.Param{name, {Name: "milliseconds", Kind: vm.Int, Optional: true, Default: "no limit", Doc: "how long at most"}},
				Results: []vm.Result{{Name: "message", Kind: vm.Object, Class: "delivery", Doc: "the next one; nil if none came"}, {Name: "error", Kind: vm.String, Doc: "\"timeout\" or another reason"}},
				Doc:     "Waits for a message. Nobody else gets it until the script has acknowledged or failed it, or ends without having done so, which is a failure.",
				Example: "local message = queue.next(\"callbacks\", 1000)\nif message then\n  print(message.id, message.attempt, message.value.number)\n  message:ack()\nend", Go: next,
			},
			{
				Name: "message", Results: []vm.Result{{Name: "message", Kind: vm.Object, Class: "delivery", Doc: "nil in another script"}},
				Doc:     "Returns the message for which this script runs, if the configuration names it (queues: NAME: script:). When the script ends without an error, its message is worked off.",
				Example: "local message = queue.message()\nif message then print(message.value) end", Go: given,
			},
		},
		Classes: []*vm.Class{messageClass()},
	}
}

func messageClass() *vm.Class {
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true; nil if it is not noted, and the message may come again"}, {Name: "error", Kind: vm.String, Doc: "why not"}}
	return &vm.Class{
		Name: "delivery", Value: (*message)(nil), Doc: "A message that the script works on.", Example: "local message = queue.next(\"callbacks\", 1000)\nif message then message:ack() end",
		Fields: []vm.Field{
			{Name: "value", Kind: vm.Any, Doc: "what was published", Get: func(self any) lua.LValue { return self.(*message).value }},
			{Name: "id", Kind: vm.String, Doc: "its id", Get: func(self any) lua.LValue { return lua.LString(self.(*message).delivery.ID) }},
			{Name: "flow", Kind: vm.String, Doc: "the flow that has published it", Get: func(self any) lua.LValue { return lua.LString(self.(*message).delivery.Flow) }},
			{Name: "attempt", Kind: vm.Int, Doc: "how often it has come, this time included", Get: func(self any) lua.LValue { return lua.LNumber(self.(*message).delivery.Attempt) }},
		},
		Methods: []vm.Func{
			{
				Name: "ack", Results: done, Doc: "Says that the message is worked off, and returns when that is noted.", Example: "local message = queue.next(\"callbacks\", 1000)\nif message then message:ack() end",
				Go: func(a *vm.Args) error {
					return finish(a, func(ctx context.Context, d *queue.Delivery) error { return d.Ack(ctx) })
				},
			},
			{
				Name: "nack", Params: []vm.Param{{Name: "reason", Kind: vm.String, Optional: true, Default: "\"\"", Doc: "why, for the log and the dead letter"}, {Name: "seconds", Kind: vm.Number, Optional: true, Default: "the longer the more often it has failed", Doc: "when it is tried again, at most a day"}},
				Results: done, Doc: "Says that the message could not be worked off: it is tried again later, or is a dead letter.", Example: "local message = queue.next(\"callbacks\", 1000)\nif message then message:nack(\"nobody answers\", 600) end",
				Go: func(a *vm.Args) error {
					after := time.Duration(min(max(a.Number(1), 0), 24*3600) * float64(time.Second))
					return finish(a, func(ctx context.Context, d *queue.Delivery) error { return d.Fail(ctx, a.String(0), after) })
				},
			},
		},
	}
}
