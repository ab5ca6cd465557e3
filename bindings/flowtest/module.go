// Package flowtest owns the Lua in which tests of flows are written: the function test,
// and the objects that a test gets. host/flowtest plays the tests.
package flowtest

import (
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// Module declares the function test for one reading of a test file.
type Module struct{ Play *Play }

// Bind returns the reading.
func (m Module) Bind(*run.Env) any { return m.Play }

// Declare declares the function, and the objects t and call.
func (Module) Declare() *vm.Module {
	text := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
	return &vm.Module{
		Funcs: []vm.Func{{
			Name:    "test",
			Params:  []vm.Param{text("name", "what is true if the test passes"), {Name: "fn", Kind: vm.Function, Doc: "the test, which gets the object t"}},
			Doc:     "In a file *_test.lua: declares a test, which eslua test plays on a simulated FreeSWITCH. Each test has a FreeSWITCH and a host of its own, in a time of its own that passes at once while everybody waits. A test fails if what it expects is not so, if a script fails, if a leg goes on for ever, if a person waits for a sound or an application (on =) that never begins, or if a flow asks an HTTP server for which the test has no answer.",
			Example: "test(\"a busy phone ends the call\", function(t)\n  t:phone(\"user/1000\", \"USER_BUSY\")\n  local call = t:call{flow = \"groupCall\", args = {\"user/1000\"}}\n  call:expect{apps = {\"...\", \"bridge *user/1000\"}, cause = \"NO_ANSWER\"}\nend)",
			Go:      test,
		}},
		Classes: []*vm.Class{{
			Name: "T", Value: (*tester)(nil),
			Doc: "What a test gets: it says who calls, and what the world around the call does. Nothing happens before the test waits for the first time: in call:expect, in t:wait, or at its end.",
			Methods: []vm.Func{
				{
					Name: "call", Params: []vm.Param{{Name: "who", Kind: vm.Table, Doc: "flow: the flow (without it, an extension of the test with the number, or else the routes of the configuration); args: its arguments, a list; caller, name: the number and the name of the caller; called: the number that was dialled; variables: of the channel; " +
						"at: what the caller does, by the second, such as {[3] = \"press 12#\", [12] = \"hangup\"}; on: what the caller does when a sound begins, or an application, such as {[\"welcome.wav\"] = \"press 1\", [\"app bridge\"] = \"wait 5, hangup\"}, or a list of what they do each time"}},
					Results: []vm.Result{{Name: "call", Kind: vm.Object, Class: "Call", Doc: "the call"}},
					Doc:     "Has somebody call, at the time at which the test waits next. What a person does is press DIGITS, hangup, hangup CAUSE and wait SECONDS, with commas between them; a w among the digits is a pause of half a second. A person who does nothing says nothing, and stays.",
					Example: "local call = t:call{flow = \"menu\", caller = \"0301234\", on = {[\"welcome.wav\"] = \"wait 2, press 1\"}, at = {[30] = \"hangup\"}}",
					Go:      place,
				},
				{
					Name: "hangups", Params: []vm.Param{{Name: "who", Kind: vm.Table, Doc: "the call, as in t:call; kills = false leaves the killed hosts out"}},
					Doc:     "Plays a call, and then again and again: each time the caller hangs up in another one of the script's waits, and then the host is killed in each, and another one continues the call from its checkpoint, or from the beginning. Fails the test if the script fails in one of these calls, or if a leg goes on for ever. Of more than 50 waits some are tried. Who would answer or press a key at once takes 0.2 seconds here, so that there is a wait before.",
					Example: "t:hangups{flow = \"menu\", on = {[\"welcome.wav\"] = \"press 1\"}}",
					Go:      hangups,
				},
				{
					Name: "phone", Params: []vm.Param{text("dial", "the dial string, such as user/1000 or sofia/gateway/carrier/*"), {Name: "does", Kind: vm.Any, Optional: true, Default: "it is answered at once", Doc: "the cause with which it is refused, such as \"USER_BUSY\"; or a table: answers: the second of the answer, false for nobody; cause, after: with what and when it is refused; early_media: true if it sends some while it rings; at, on: what the person does after the answer, as in t:call"}},
					Doc:     "Says what happens when a dial string is dialled. Without it, user/* is SUBSCRIBER_ABSENT, and a gateway INVALID_GATEWAY.",
					Example: "t:phone(\"user/1000\", {answers = 3, on = {[\"to_accept.wav\"] = \"press 1\"}, at = {[20] = \"hangup\"}})",
					Go:      phone,
				},
				{
					Name: "sound", Params: []vm.Param{text("path", "the path that is played, with * for anything"), {Name: "seconds", Kind: vm.Any, Doc: "how long it takes; false if there is no such file"}},
					Doc:     "Says how long a sound takes, or that it is missing. Without it, a sound takes a second.",
					Example: "t:sound(\"ivr/ivr-welcome.wav\", 4) t:sound(\"*/nosuch.wav\", false)",
					Go:      sound,
				},
				{
					Name: "api", Params: []vm.Param{text("command", "the command with its arguments, and * for anything"), text("answer", "the text that FreeSWITCH answers")},
					Doc:     "Says what FreeSWITCH answers to an API command; the simulated one knows many by itself.",
					Example: "t:api(\"sofia_contact *\", \"error/user_not_registered\")",
					Go:      api,
				},
				{
					Name: "extension", Params: []vm.Param{text("number", "the number, or a regular expression that begins with ^"), {Name: "applications", Kind: vm.Table, Doc: "what the dialplan does there: {\"answer\", \"playback bye.wav\"}"}},
					Doc:     "Adds an extension to the dialplan, context default, where a flow can transfer its call.",
					Example: "t:extension(\"1000\", {\"bridge user/1000\"})",
					Go:      extension,
				},
				{
					Name: "http", Params: []vm.Param{text("request", "the URL, or the method and the URL, with * for anything"), {Name: "answer", Kind: vm.Any, Doc: "the body; or a table: status (200), body or json, headers, after: seconds until it comes, times: how often this answer is given"}},
					Doc:     "Says what an HTTP server answers. The first answer that fits counts.",
					Example: "t:http(\"GET https://crm.example/customers/*\", {json = {name = \"Ada\"}})",
					Go:      http,
				},
				{
					Name: "database", Params: []vm.Param{text("name", "its name in the configuration"), text("sql", "the commands that fill it, with ; between them")},
					Doc:     "Fills a database, which is an SQLite of the test's own, whatever the configuration says.",
					Example: "t:database(\"customers\", \"CREATE TABLE c (number, name); INSERT INTO c VALUES ('0301234', 'Ada')\")",
					Go:      database,
				},
				{
					Name: "rows", Params: []vm.Param{text("database", "its name in the configuration"), text("sql", "the query")}, Results: []vm.Result{{Name: "rows", Kind: vm.Table, Doc: "a list of the rows, each a table of texts by the names of the columns; NULL is nil"}},
					Doc:     "Lets a second pass, and returns what a database of the test holds.",
					Example: "assert(t:rows(\"customers\", \"SELECT count(*) AS n FROM c\")[1].n == \"1\")",
					Go:      rows,
				},
				{
					Name: "kept", Params: []vm.Param{text("bucket", "a bucket of the configuration, or a flow, for its own"), text("key", "the key")}, Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "the value, as kv.get returns it; nil if the key has none"}},
					Doc:     "Lets a second pass, and returns what a flow has kept with kv.",
					Example: "assert(t:kept(\"dnc\", \"+49305550103\"))",
					Go:      kept,
				},
				{
					Name: "file", Params: []vm.Param{text("path", "the path, as the flow names it")}, Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "what the file holds; nil if it is not there"}},
					Doc:     "Lets a second pass, and returns what a flow has written into a file. The directories in which flows may write (grants: write:) are empty ones of the test's own.",
					Example: "assert(t:file(\"/var/spool/orders/1.txt\") == \"3\\n\")",
					Go:      file,
				},
				{
					Name: "run", Params: []vm.Param{text("script", "its name in the script directory"), {Name: "args", Kind: vm.String, Variadic: true, Doc: "argv[1] and so on"}}, Results: []vm.Result{{Name: "output", Kind: vm.String, Doc: "the lines that the script prints"}},
					Doc:     "Runs a script without a call, as eslua run does, and returns when it has ended. Raises its error.",
					Example: "assert(t:run(\"status\"):find(\"session\"))",
					Go:      job,
				},
				{
					Name: "lookup", Params: []vm.Param{{Name: "query", Kind: vm.Table, Doc: "what FreeSWITCH asks: section, key_value, user, domain ..."}}, Results: []vm.Result{{Name: "document", Kind: vm.String, Doc: "the XML"}},
					Doc:     "Looks something up as FreeSWITCH's mod_xml_curl does, from the scripts that the configuration names (xml: scripts:).",
					Example: "assert(t:lookup{section = \"directory\", user = \"1000\", domain = \"example.org\"}:find('id=\"1000\"', 1, true))",
					Go:      lookup,
				},
				{
					Name: "config", Params: []vm.Param{{Name: "settings", Kind: vm.Table, Doc: "settings with the names that they have in the configuration"}},
					Doc:     "Sets settings for this test, over those of the configuration: settings and grants of flows, limits, routes. Tests of a directory have its eslua.yaml, if there is one, or that of --config. With state: (or nats:) there, pushes, kv, queues and campaigns are kept for as long as the test; of several nodes: the test has the first.",
					Example: "t:config{flows = {menu = {settings = {key_1 = \"1000\"}, grants = {hosts = {\"crm.example\"}}}}}",
					Go:      configure,
				},
				{
					Name: "date", Params: []vm.Param{text("time", "2026-11-30 09:15, as a clock of this machine shows it, or 2026-11-30 09:15 +01:00")},
					Doc:     "Says at what time the test begins: for flows that look at the clock. Without it, that is the begin of 2000 (UTC), a Saturday.",
					Example: "t:date(\"2026-11-29 12:00\") -- a Sunday",
					Go:      date,
				},
				{
					Name: "expect", Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: "legs, requests and log, as in call:expect"}},
					Doc:     "Waits until all calls have ended, and fails the test if something is not so of all of them, and of what runs without a call.",
					Example: "t:run(\"reminders\") t:wait(60) t:expect{legs = {\"user/1000 USER_BUSY\"}}",
					Go:      expectOfAll,
				},
				{
					Name: "wait", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "how long"}},
					Doc:     "Lets time pass, with what is to happen in it.",
					Example: "t:wait(600)",
					Go:      wait,
				},
			},
		}, {
			Name: "Call", Value: (*call)(nil),
			Doc: "A call of a test.",
			Methods: []vm.Func{
				{
					Name: "expect", Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: "apps: the applications with their arguments, in order; heard: the sounds that were played, in order, each a path or its end, or {PATH, at = SECOND}; " +
						"legs: what was dialled, in order, each with the cause of its end, such as \"user/1000 USER_BUSY\"; requests: what HTTP servers were asked, with pushes among them, such as \"GET https://crm.example/*\" or {\"POST https://crm.example/*\", body = \"*answered*\"}; cause: of the hangup; ends: its second; variables: of the channel at its end, false for one that is not set; log: texts in lines of the log, in this order; error: a text in the error with which the script fails"}},
					Doc:     "Waits until all calls have ended, and fails the test if something is not so. In texts * stands for anything, and in lists \"...\" for any number of things. Times may differ by a tenth of a second.",
					Example: "call:expect{apps = {\"answer\", \"playback *welcome.wav\", \"...\"}, heard = {{\"welcome.wav\", at = 0}}, cause = \"NORMAL_CLEARING\", variables = {chosen = \"1\"}}",
					Go:      expect,
				},
				{
					Name: "variable", Params: []vm.Param{text("name", "of the variable")}, Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "its value at the end of the call"}},
					Doc:     "Waits until all calls have ended, and returns a channel variable.",
					Example: "assert(call:variable(\"chosen\") == \"1\")",
					Go: func(a *vm.Args) error {
						c := a.Self().(*call).call
						if err := c.Finish(a.Context()); err != nil {
							return err
						}
						a.ReturnString(c.Variable(a.String(0)))
						return nil
					},
				},
			},
		}},
	}
}

// cut splits at the first blank.
func cut(text string) (word, rest string, found bool) {
	word, rest, found = strings.Cut(strings.TrimSpace(text), " ")
	return word, strings.TrimSpace(rest), found
}
