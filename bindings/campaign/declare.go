// Package campaign declares campaign{...}, with which scripts have a list of numbers
// dialled. host/campaign keeps the list and dials.
package campaign

import (
	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// Module declares campaign.
type Module struct {
	Campaigns *campaign.Campaigns // nil: there are none
	Databases *database.Databases // nil: likewise
	Nodes     []*node.Link
}

// Bind returns what the run makes campaigns with.
func (m Module) Bind(env *run.Env) any { return &maker{env: env, Module: m} }

// A maker makes the campaigns of one run.
type maker struct {
	Module
	env *run.Env
}

// Declare declares the function.
func (Module) Declare() *vm.Module {
	return &vm.Module{Outside: true, AfterHangup: "Reading the list ends with an error.", Funcs: []vm.Func{{
		Name: "campaign",
		Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: `name: of the campaign, 1 to 64 letters, digits, - and _. ` +
			`list: who is called: the name of a CSV file whose first line names the columns, of which one is number; a table of numbers or of rows ({number = "5551234", name = "Ada"}); a function that returns a number or a row each time, and nil at the end; or {database = "crm", query = "select number, name from customers where city = ?", values = {"Oslo"}}. ` +
			`to: the endpoint, with {number} in it ("sofia/gateway/carrier/{number}"), or a list of them, each a text or a table {"sofia/gateway/a/{number}", rate = 2, at_once = 10}: each call goes to one that has room. ` +
			`on_answer: what the callee gets: a flow of this host ("survey"), or an application and its data ({"playback", "hello.wav"}). args: the arguments of the flow. ` +
			`from: the number that the callee sees, or {number = ..., name = ...}. variables: variables of each call. timeout: seconds to wait for an answer, 30. ` +
			`rate: calls per second, 1. at_once: calls at a time, 10. nodes: the FreeSWITCHes that dial, by name or by tag, as to: "fs1", {"fs1", {"fs2", rate = 2, at_once = 10}}, or {tag = "outbound", at_once = 10} for each that has the tag; all unless it is given. Of those that are ready the one with the fewest calls for its weight dials; one that is drained, full or away gets none. ` +
			`retries: how often a number is called again, by what came of the last attempt: an outcome as originate returns it, a cause, or a result of the flow: {busy = 2, ["no answer"] = 1, machine = 1}; none unless it is given. retry_after: seconds until then, 600; twice as long each further time. ` +
			`window: when people may be called by the clock on their wall, "08:00-21:00", or as "mon-fri 09:00-18:00, sat 10:00-14:00"; "00:00-24:00" is always. timezone: where the callees live ("Europe/Berlin"), the machine's unless it is given; timezones: by the first digits of the number ({["+44"] = "Europe/London"}); a column timezone of the list comes before both. ` +
			`dnc: who is not called: a file or a table of numbers, or a function that is given a number and returns true; who of the list is excluded is not called either if the campaign has the number already; {bucket = "dnc"} is a bucket of kv whose keys are looked up before each attempt. ` +
			`priority: 0 to 9, 5 unless it is given; of several campaigns the one with the greater goes first`}},
		Results: []vm.Result{{Name: "campaign", Kind: vm.Table, Doc: `name; state: "running", or "paused" or "stopped" if it was before; added: how many numbers are new; known: how many it had already, or the list has twice; excluded: how many dnc excludes; invalid: how many rows cannot be dialled; errors: why, of the first ten`}},
		Doc: "Has a list of numbers dialled, each once. It reads the list and returns; eslua dials from then on, also after a restart, on one of the hosts that share the store. " +
			"Called again with the same name it changes the campaign and adds what the list has in addition, so that a script that eslua starts (startup:) may call it each time. " +
			"A number is the same however it is written: blanks, -, /, ( and ) do not count. What else a row has is a variable of the call, campaign_NAME for the column name (but not result, which is the flow's to say); the campaign's name is in campaign, the number in campaign_number. " +
			"A flow that sets the variable campaign_result to a word (\"machine\") has it recorded and counted instead of answered. " +
			"eslua campaign shows how far it has come, pauses, resumes and stops it, and prints what came of each number. A flow needs grants: campaigns: [NAME]. mod_lua does not have it.",
		Example: `local c = campaign{
  name = "reminder", list = {"5551234", {number = "555-1235", name = "Ada"}},
  to = "sofia/gateway/carrier/{number}", from = "5550000", on_answer = {"playback", "ivr/ivr-welcome.wav"},
  rate = 2, at_once = 20, retries = {busy = 2}, window = "mon-fri 09:00-18:00", timezone = "Europe/Berlin",
}
print(c.state, c.added, c.known, c.invalid)`,
		Go: start,
	}}}
}
