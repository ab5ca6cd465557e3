package hook

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/schedule"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares on, after, every and cron.
type Module struct{}

// Bind returns what the script names.
func (Module) Bind(env *run.Env) any { return &registry{env: env} }

// Declare declares the functions, and the object of a timer.
func (Module) Declare() *vm.Module {
	fn := vm.Param{Name: "fn", Kind: vm.Function, Doc: "the function"}
	made := []vm.Result{{Name: "timer", Kind: vm.Object, Class: "Timer", Doc: "with which it can be cancelled"}}
	return &vm.Module{
		AfterHangup: "Works as before: it does not concern a call.",
		Classes: []*vm.Class{{
			Name: "Timer", Value: (*timer)(nil),
			Doc:     "What after, every and cron return.",
			Example: "local t = every(60, function() print(\"still here\") end)\nt:cancel()",
			Methods: []vm.Func{{
				Name: "cancel", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if the function was still to be called"}},
				Doc:     "Has the function not be called any more.",
				Example: "local t = after(60, function() print(\"late\") end)\nt:cancel()",
				Go: func(a *vm.Args) error {
					t := a.Self().(*timer)
					a.ReturnBool(t.timer.Cancel())
					t.fn = lua.LNil
					return nil
				},
			}},
		}},
		Funcs: []vm.Func{
			{
				Name: "on",
				Params: []vm.Param{
					{Name: "event", Kind: vm.String, Doc: `FreeSWITCH's name of the event, such as "CHANNEL_ANSWER" or "CUSTOM sofia::register"; "ALL" is every event; "eslua::node_connected", "eslua::node_lost", "eslua::node_restarted", "eslua::node_drained" and "eslua::node_resumed" tell of the nodes themselves (a script that is loaded for the first time is also told of the nodes that are connected already), with the headers Node, Address, Core-UUID, Previous-Core-UUID and Reason`, Check: checkEvent},
					{Name: "filter", Kind: vm.Any, Doc: `the headers that must have a value, in any case: {["Hangup-Cause"] = "USER_BUSY"}, or one of some: {["Hangup-Cause"] = {"USER_BUSY", "NO_ANSWER"}}; it may be left out`},
					{Name: "fn", Kind: vm.Any, Optional: true, Default: "the argument before it", Doc: "the function, which gets the event and the name of the node that it came from"},
				},
				Doc: "In a script under hooks/ of the script directory: has a function called for each event of every node. Such a script runs when eslua starts, and stays in memory: what it keeps in variables is there at the next event. " +
					"The functions are called one after the other, in the order of the events; if one raises an error, that is logged, and the next event comes as before. Each call has the limits of one run (limits.cpu, limits.switch, ...) and takes at most limits.duration, or a minute; all together have FreeSWITCH start and keep at most limits.switch in ten seconds, so that a function that causes its own event does no harm; " +
					"a call that goes on longer, or takes too much memory, ends the script, which is then loaded again. Meanwhile events wait (flows: hooks/NAME: queue), and what does not fit is dropped and counted in eslua status; of one channel half as many may wait. " +
					"In a call api acts on the node that sent the event, and the event's channel is the script's own. A saved change is loaded at once: no event is lost, or comes to both versions; the earlier one handles what it has got, and if that takes more than 30 seconds, its function is stopped, and the new one goes on. When eslua ends, there are 10 seconds for what has come. " +
					"With flows: hooks/NAME: workers: 4 there are four states, and the events of a channel always come to the same one. Events that show what others press, write or say need the grant that the error names. mod_lua does not have it.",
				Example: "on(\"CHANNEL_HANGUP_COMPLETE\", {[\"Hangup-Cause\"] = \"USER_BUSY\"}, function(event, node)\n  print(node, event:getHeader(\"Caller-Destination-Number\"), \"is busy\")\nend)",
				Check:   checkOn,
				Go:      on,
			},
			{
				Name: "after", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "how long from now, such as 0.5"}, fn}, Results: made,
				Doc:     "In a script under hooks/: has a function called once. If the script is changed meanwhile, the earlier version stays until then. mod_lua does not have it.",
				Example: "on(\"CHANNEL_ANSWER\", function(event)\n  local uuid = event:getHeader(\"Unique-ID\")\n  after(3600, function() freeswitch.API():executeString(\"uuid_kill \" .. uuid) end)\nend)",
				Go:      after,
			},
			{
				Name: "every", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "the interval, at least 0.01; changes of the script do not shift it"}, fn}, Results: made,
				Doc:     "In a script under hooks/: has a function called again and again, on each host. What a slow function misses is not made up for. With several workers, the first one has the timers that are started while the script is loaded. mod_lua does not have it.",
				Example: "every(60, function() print(freeswitch.API():executeString(\"show calls count\")) end)",
				Go:      every,
			},
			{
				Name: "cron",
				Params: []vm.Param{
					{Name: "schedule", Kind: vm.String, Most: schedule.MostText, Check: checkSchedule, Doc: "minute, hour, day of the month, month and day of the week, as in crontab; or @hourly, @daily, @weekly, @monthly"},
					fn,
					{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "timezone: such as \"Europe/Berlin\", else that of the machine; everywhere = true: on each host, and not on one of those that share a cluster of NATS servers"},
				},
				Results: made,
				Doc: "In a script under hooks/: has a function called at the times of a schedule, while the script is loaded. Hosts that share a cluster of NATS servers (nats: servers:) call it once in all; " +
					"if the cluster cannot be reached, it is not called, which the log tells. Where clocks are changed, a time of fixed hours that is skipped comes at the change, and one that is repeated comes once; with * or */2 for the hour it comes whenever the clock shows it. mod_lua does not have it.",
				Example: "cron(\"*/5 8-18 * * 1-5\", function() print(freeswitch.API():executeString(\"status\")) end, {timezone = \"Europe/Berlin\"})",
				Check:   checkCron,
				Go:      cron,
			},
		},
	}
}

func checkEvent(text string) error {
	_, _, err := eventOf(text)
	return err
}

// checkOn checks what the text of a script shows of a call of on.
func checkOn(args []vm.Literal) error {
	filter := args[1]
	switch {
	case filter.List:
		return errNoHeader
	case len(args) == 2 && (filter.Table || filter.Known), len(args) > 2 && (args[2].Table || args[2].Known):
		return errNoFunction
	}
	event, subclass, err := eventOf(args[0].Text)
	if err != nil || !args[0].Known {
		return nil //nolint:nilerr // checkEvent says so
	}
	if event != "CUSTOM" && filter.Known && !filter.Table {
		return errTextFilter(event)
	}
	if event != "CUSTOM" || subclass != "" {
		return nil
	}
	named := func(key string) bool { return strings.EqualFold(key, "Event-Subclass") }
	if filter.Function || filter.Table && filter.Known && !slices.ContainsFunc(filter.Keys, named) {
		return errNoSubclass
	}
	return nil
}

// checkCron checks what the text of a script shows of a call of cron.
func checkCron(args []vm.Literal) error {
	if len(args) < 3 {
		return nil
	}
	for _, key := range args[2].Keys {
		if key != "timezone" && key != "everywhere" {
			return errOption(key)
		}
	}
	return nil
}

func checkSchedule(text string) error {
	_, err := schedule.Parse(text, "")
	return err
}
