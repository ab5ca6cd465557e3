package admin

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

func TestAdvice(t *testing.T) {
	failing := func(ended, failed, older int64) []Flow {
		f := Flow{Version: "v2", Counts: run.Counts{Flow: "menu", Tally: run.Tally{Ended: ended + older, Failed: failed + older}}}
		f.Versions = []run.VersionCounts{
			{Version: "v1", Tally: run.Tally{Ended: older, Failed: older}},
			{Version: "v2", Tally: run.Tally{Ended: ended, Failed: failed}},
		}
		return []Flow{f}
	}
	overrides := func(o rollout.Override) rollout.Status { return rollout.Status{Overrides: []rollout.Override{o}} }
	for name, c := range map[string]struct {
		st   Status
		want string // a part of the only line; "": there is none
	}{
		"all is well":              {Status{Scripts: store.Status{Refused: true}, Nodes: []node.Status{{Node: "fs1", Up: true, LastError: "connection refused"}}, Flows: failing(9, 4, 0)}, ""},
		"a wrong configuration":    {Status{PID: 12, Config: Config{Problem: "x"}}, "kill -HUP 12"},
		"settings that wait":       {Status{Config: Config{Restart: []string{"listen", "calls.max"}}}, "need a restart (listen, calls.max): systemctl restart eslua"},
		"a setting that waits":     {Status{Config: Config{Restart: []string{"listen"}}}, "need a restart (listen)"},
		"flows that do not exist":  {Status{Config: Config{Strays: []string{"routes: x", "flows: y"}}}, "(routes: x, flows: y)"},
		"scripts that are refused": {Status{Scripts: store.Status{Since: noon, Refused: true}}, "eslua serves the last version without errors"},
		"scripts that fail":        {Status{Scripts: store.Status{Since: noon}}, "run the fallback"},
		"a pinned flow":            {Status{Rollout: overrides(rollout.Override{Flow: "menu"}), Flows: failing(0, 0, 0)}, "menu is pinned: changes have no effect until: eslua scripts unpin menu"},
		"a pin of all flows":       {Status{Rollout: overrides(rollout.Override{})}, "all flows are pinned: changes have no effect until: eslua scripts unpin"},
		"a rollback":               {Status{Rollout: overrides(rollout.Override{Flow: "menu", Until: "v"}), Flows: failing(0, 0, 0)}, "menu is rolled back until the next change. To see the change: eslua scripts diff menu;"},
		"a flow that fails":        {Status{Flows: failing(50, 5, 0)}, "menu failed in 5 of 50 calls"},
		"too few failures":         {Status{Flows: failing(4, 4, 0)}, ""},
		"too small a share":        {Status{Flows: failing(51, 5, 0)}, ""},
		"an old version failed":    {Status{Flows: failing(10, 0, 100)}, ""},
		"a node that refuses":      {Status{Nodes: []node.Status{{Node: "fs1", Address: "h:1", LastError: "connection refused"}}}, "listens on h:1"},
		"a node that says why":     {Status{Nodes: []node.Status{{Node: "fs1", LastError: "wrong password"}}}, ""},
		"lost events":              {Status{Nodes: []node.Status{{Node: "fs1", Up: true, EventsLost: 1}}}, "node fs1: 1 events were lost"},
		"a slow hook":              {Status{Jobs: []job.Status{{Hooks: []job.HookFigures{{Hook: "CUSTOM x", Lost: 2}}}}}, "hook CUSTOM x: 2 events were dropped"},
		"pushes that fall behind":  {Status{Missed: 1}, "1 events of calls were lost"},
		"unknown flows":            {Status{NoFlow: run.Counts{Tally: run.Tally{Started: 1}}}, "calls for flows that do not exist: 1"},
		"calls without a flow":     {Status{Listen: "10.0.0.1:8084", Unnamed: 1}, "nothing names a flow: 1; their dialplans continued. Name one in the dialplan (socket 10.0.0.1:8084/FLOW async full)"},
		"calls without async":      {Status{Listen: "10.0.0.1:8084", Calls: outbound.Status{Unserved: 1}}, "without async or full: 1; their dialplans continued. Write: socket 10.0.0.1:8084/FLOW async full"},
		"prompts":                  {Status{Flows: []Flow{{Counts: run.Counts{Flow: "menu", Prompts: run.Prompts{Count: 1, Last: "a.wav"}}}}}, "menu: FreeSWITCH could not play a.wav"},
		"refused calls":            {Status{Calls: outbound.Status{Refused: 1}}, "calls refused because calls.max was reached: 1"},
	} {
		got := c.st.Advice()
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
