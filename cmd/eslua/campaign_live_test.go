package main

import (
	"fmt"
	"testing"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/testproc"
)

// TestLiveCampaign has a real FreeSWITCH, with its vanilla configuration, dial three lists:
// of causes by their numbers, of people who answer, and of somebody who does not.
func TestLiveCampaign(t *testing.T) {
	address, password := livetest.Address(t)
	dir := t.TempDir()
	write(t, dir, "start.lua", `local function dial(name, list, to, on_answer)
	campaign{name = name, list = list, to = to, on_answer = on_answer, timeout = 2, rate = 5, at_once = 4, nodes = {{tag = "dials", at_once = 3}},
		retries = {busy = 1, ["no answer"] = 1}, retry_after = 1, window = "00:00-24:00"}
end
dial("causes", {"17", "21", "1", "41"}, "loopback/hangup:{number}/default/inline", {"park"})
dial("answers", {"5551", "5552", "5553"}, "null/{number}", {"sleep", "1200"})
dial("silence", {"20000"}, "loopback/sleep:{number}/default/inline", {"park"})`)
	write(t, dir, "eslua.yaml", fmt.Sprintf(`nodes: [{name: fs, address: %q, password: %q, tags: [dials]}]
state: %s
startup: [start]
flows: {start: {grants: {campaigns: [causes, answers, silence]}}}
`, address, password, t.TempDir()))
	s := startServer(t, testproc.Context(t), &program{clock: clock.System(), getenv: noEnv}, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", freeAddress(t))
	for range 3 {
		s.next(t, "a campaign has ended")
	}
	type result struct {
		outcome, cause string
		attempts       int
		talked         bool
	}
	for name, wants := range map[string]map[string]result{
		"causes": {
			"17": {"busy", "USER_BUSY", 2, false}, "21": {"rejected", "CALL_REJECTED", 1, false},
			"1": {"unallocated", "UNALLOCATED_NUMBER", 1, false}, "41": {"gateway down", "NORMAL_TEMPORARY_FAILURE", 1, false},
		},
		"answers": {"5551": {"answered", "NORMAL_CLEARING", 1, true}, "5552": {"answered", "NORMAL_CLEARING", 1, true}, "5553": {"answered", "NORMAL_CLEARING", 1, true}},
		"silence": {"20000": {"no answer", "NO_ANSWER", 2, false}},
	} {
		err := s.admin().CampaignResults(t.Context(), name, func(e campaign.Entry) error {
			a := e.Attempts[len(e.Attempts)-1]
			if got := (result{e.Outcome, a.Cause, len(e.Attempts), a.Seconds > 0}); got != wants[e.Number] || a.Memory == "" {
				t.Errorf("%s: %+v, want %+v", e.Number, e, wants[e.Number])
			}
			delete(wants, e.Number)
			return nil
		})
		if err != nil || len(wants) > 0 {
			t.Errorf("%s: missing %v, %v", name, wants, err)
		}
	}
	s.ends(t)
}
