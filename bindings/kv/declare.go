package kv

import (
	"fmt"

	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
)

// Declare declares the table and its classes.
func (Module) Declare() *vm.Module {
	functions := operations()
	methods := make([]vm.Func, len(functions))
	for i, f := range functions {
		methods[i] = method(f)
	}
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "its name in the configuration"}
	return &vm.Module{
		Outside: true,
		Name:    "kv", AfterHangup: "Works as before. A wait for a change ends with the hangup, and after it needs a time limit.",
		Doc: "Keeps values under keys, on the disk or on a NATS cluster: they outlive the call, the script and the host, and all hosts of a cluster share them. " +
			"Each flow has a bucket of its own, whose keys no other flow sees; kv.bucket returns one of the configuration (buckets:), which flows share. " +
			fmt.Sprintf("A key is any text of 1 to %d bytes. A value is a text, a number, a boolean or a table (kept as JSON), and get returns it as it was. ", kv.MostKey) +
			"A value that is kept is on the disk when the function returns; what cannot be kept or reached within five seconds is an error: functions return nil and the reason. " +
			"How much a bucket may hold is set in the configuration (kv:, buckets:). After a thousand writes a script writes 200 times a second. mod_lua does not have it.",
		Funcs: append(functions, vm.Func{
			Name: "bucket", Params: []vm.Param{name}, Results: []vm.Result{{Name: "bucket", Kind: vm.Object, Class: "bucket", Doc: "has the functions of kv as methods"}},
			Doc:     "Returns a bucket that flows share. Raises an error if it is not granted to the flow (grants: buckets:).",
			Example: "local agents = kv.bucket(\"agents\")\nagents:put(\"1000\", {state = \"ready\"})", Go: shared,
		}),
		Classes: []*vm.Class{
			{Name: "bucket", Value: (*bucket)(nil), Doc: "A bucket that flows share.", Example: "local agents = kv.bucket(\"agents\")\nlocal agent, revision = agents:get(\"1000\")", Methods: methods},
			entriesClass(), watchClass(),
		},
	}
}

// operations declares what can be done with a bucket.
func operations() []vm.Func {
	key := vm.Param{Name: "key", Kind: vm.String, Doc: "any text"}
	val := vm.Param{Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "a text, a number, a boolean or a table"}
	options := vm.Param{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "ttl: after so many seconds the key is gone"}
	prefix := vm.Param{Name: "prefix", Kind: vm.String, Optional: true, Default: "every key", Doc: "how the keys begin; it is fast if it ends with a dot"}
	reason := vm.Result{Name: "error", Kind: vm.String, Doc: "why not"}
	revision := vm.Result{Name: "revision", Kind: vm.Int, Doc: "of the value, which is kept now; nil if it is not"}
	return []vm.Func{
		{
			Name: "get", Params: []vm.Param{key}, Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "what the key has; nil if it has nothing"}, {Name: "revision", Kind: vm.Any, Doc: "its number, which each write makes greater; nil if the key has nothing; the reason, a text, if it cannot be reached"}},
			Doc: "Returns the value of a key, as it was written last.", Example: "local language = kv.get(\"language.\" .. session:getVariable(\"caller_id_number\")) or \"en\"", Go: get,
		},
		{
			Name: "put", Params: []vm.Param{key, val, options}, Results: []vm.Result{revision, reason},
			Doc: "Gives a key a value, whatever it has.", Example: "kv.put(\"language.1000\", \"de\")\nkv.put(\"code.1000\", 4711, {ttl = 300})", Go: write(2, put),
		},
		{
			Name: "create", Params: []vm.Param{key, val, options}, Results: []vm.Result{revision, {Name: "error", Kind: vm.String, Doc: "\"changed\": the key has a value"}},
			Doc: "Gives a key a value if it has none: of several scripts that try it, one succeeds.", Example: "if kv.create(\"night.2026-11-28\", true, {ttl = 86400}) then\n  print(\"the first call of the night\")\nend", Go: write(2, create),
		},
		{
			Name: "cas", Params: []vm.Param{key, val, {Name: "revision", Kind: vm.Int, Doc: "what get returned with the value"}, options}, Results: []vm.Result{revision, {Name: "error", Kind: vm.String, Doc: "\"changed\": it has another revision"}},
			Doc:     "Gives a key a value if it still has that revision (compare and set): nobody else has written it since.",
			Example: "repeat\n  local list, revision = kv.get(\"callbacks\")\n  list = list or {}\n  list[#list + 1] = session:getVariable(\"caller_id_number\")\n  local done = revision and kv.cas(\"callbacks\", list, revision) or not revision and kv.create(\"callbacks\", list)\nuntil done", Go: write(3, compareAndSet),
		},
		{
			Name: "delete", Params: []vm.Param{key, {Name: "revision", Kind: vm.Int, Optional: true, Default: "any", Doc: "delete it only if it still has this one"}}, Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true: the key has nothing now; else nil"}, reason},
			Doc: "Deletes a key.", Example: "kv.delete(\"language.1000\")", Go: remove,
		},
		{
			Name: "increment", Params: []vm.Param{key, {Name: "by", Kind: vm.Number, Optional: true, Default: "1", Doc: "a whole number"}, {Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "ttl: so many seconds after it was made the counter begins again"}},
			Results: []vm.Result{{Name: "sum", Kind: vm.Int, Doc: "what the counter is now; nil if it could not be changed"}, reason},
			Doc:     "Adds to a counter, which is 0 at first. However many scripts count at a time, on however many hosts, nothing is lost or counted twice.",
			Example: "local calls = kv.increment(\"calls.\" .. session:getVariable(\"caller_id_number\"), 1, {ttl = 3600})\nif calls and calls > 10 then session:hangup(\"CALL_REJECTED\") end", Go: increment,
		},
		{
			Name: "keys", Params: []vm.Param{prefix}, Results: []vm.Result{{Name: "keys", Kind: vm.Table, Doc: "a list, in the order in which the values were written; nil if they cannot be reached"}, reason},
			Doc: fmt.Sprintf("Lists keys, %d at most; more are an error, and each has them one by one.", mostListed), Example: "for _, key in ipairs(kv.keys(\"language.\")) do print(key) end", Go: list,
		},
		{
			Name: "each", Params: []vm.Param{prefix}, Results: []vm.Result{{Name: "iterator", Kind: vm.Function, Doc: "returns the next key, its value and its revision"}, {Name: "entries", Kind: vm.Object, Class: "entries", Doc: "where it is"}},
			Doc:     "Goes through keys and values, each key once. The script may write and delete meanwhile. An error is raised if they cannot be reached.",
			Example: "for key, value in kv.each(\"language.\") do print(key, value) end", Go: each,
		},
		{
			Name: "watch", Params: []vm.Param{prefix}, Results: []vm.Result{{Name: "watch", Kind: vm.Object, Class: "watch", Doc: "tells what changes from now on; nil if that cannot be seen"}, reason},
			Doc:     fmt.Sprintf("Watches keys, whichever script or host changes them; a script may have %d watches.", mostWatches),
			Example: "local watch = kv.watch(\"agent.\")\nlocal key, value = watch:next(30000)\nif key then print(key, value) end", Go: begin,
		},
	}
}
