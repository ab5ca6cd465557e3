package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/switchsim"
)

// TestCampaignCommand has a script's list dialled: who answers gets the flow with the
// columns of the list, and an admin watches, pauses, resumes, stops and removes it.
func TestCampaignCommand(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"start": `local c = campaign{
				name = argv[1], list = "people.csv", to = "sofia/gateway/carrier/{number}", from = {number = "5550000", name = "Dr. O'Neil, {x}"},
				on_answer = "greet", rate = tonumber(argv[2]), retries = {busy = 1}, retry_after = 60, window = "00:00-24:00",
			}
			print(c.state, c.added, c.known, c.invalid, c.errors[1])`,
			"greet": `freeswitch.consoleLog("notice", "greets " .. session:getVariable("campaign_name") .. " of " .. session:getVariable("campaign") .. "\n")
				session:setVariable("campaign_result", "greeted")
				session:sleep(3000)`,
			"hostile": `local function try(what)
				what.name, what.on_answer, what.window = what.name or "hostile", "greet", what.window or "03:00-03:01"
				local ok, c = pcall(campaign, what)
				print(ok and ("added %d excluded %d invalid %d %s"):format(c.added, c.excluded, c.invalid, table.concat(c.errors, "; ")) or c)
			end
			local to = "sofia/gateway/carrier/{number}"
			-- a number that makes another word of the endpoint
			try{to = "loopback/{number}=system:touch x", list = {"app", "1000"}}
			try{to = "{number}/app=system:touch x", list = {"loopback"}}
			try{to = "l{number}pback/app=system:touch x", list = {"oo"}}
			try{to = "loopback/system:touch x/default/{number}", list = {"inline"}}
			try{to = {to, "loopback/{number}/default"}, list = {"alice"}}
			-- who is not called, however the list names its column
			try{to = to, list = {{Number = "+49 (30) 1"}, {[" NUMBER "] = "1001"}, {number = "7"}, {number = "8", Number = "9"}}, dnc = {"+49301", "100-1"}}
			try{to = to, list = {"7"}, dnc = {"7"}}
			-- numbers of Lua that nobody has
			try{to = to, list = {0/0, 1/0, -1, 1.5, 1e300}}
			-- rates that are none
			for _, rate in ipairs{0/0, 1/0, -1, 0} do try{to = to, list = {}, rate = rate} try{to = {{to, rate = rate}}, list = {}} end
			-- lists without an end, and a name that cannot be granted
			try{to = to, list = function() return "1" end}
			try{to = to, list = function() return "" end}
			try{to = to, list = {}, name = "a b"}
			-- more numbers than there is room for
			local n = 0
			try{to = to, list = function() n = n + 1 return tostring(n) end}`,
		})
		write(t, site.dir, "people.csv", "\ufeffNumber;Name\n100-1;\"Ada; {L}\"\n1002;x=y,'z\n2000;Bob\n1001;again\nno number!;Eve\n")
		gw := "sofia/gateway/carrier/"
		site.sim.SetEndpoint(switchsim.Endpoint{Dial: gw + "1*", Ring: time.Second})
		site.sim.SetEndpoint(switchsim.Endpoint{Dial: gw + "2*", Ring: time.Second, Cause: "USER_BUSY"})
		s := site.serve(fmt.Sprintf("state: %s\ncampaigns: {numbers: 1000}\nflows: {start: {grants: {campaigns: [survey, slow]}}, hostile: {grants: {campaigns: [hostile]}}}\n", t.TempDir()))
		s.next(t, "connected to FreeSWITCH")
		s.admin()
		eslua := func(want int, args ...string) string {
			t.Helper()
			return s.eslua(t, want, append([]string{"campaign"}, args...)...)
		}
		run := func(args ...string) (printed string, err error) {
			err = s.admin().Run(t.Context(), job.Order{Script: "start", Args: args, Print: func(line string) { printed += line + "\n" }, Said: func(string, string) {}}, false)
			return printed, err
		}
		has(t, eslua(exitFine), "there is no campaign")
		has(t, eslua(exitFailed, "show", "survey"), "there are no campaigns")
		if _, err := run("other", "1"); err == nil || !strings.Contains(err.Error(), "grants: {campaigns: [survey, slow, other]}") {
			t.Errorf("an ungranted campaign: %v", err)
		}
		printed, err := run("survey", "1")
		if err != nil {
			t.Fatal(err)
		}
		has(t, printed, "running\t3\t1\t1\trow 5: \"no number!\" is no number")
		has(t, s.next(t, "greets"), "greets Ada; {L} of survey")
		has(t, s.next(t, "greets"), "greets x=y,'z of survey")
		watched := eslua(exitFine, "show", "survey", "--watch")
		has(t, watched, "survey running [", "1 busy, 2 greeted")
		has(t, eslua(exitFine, "show", "survey"), "survey: ended since", "3 numbers, 3 done", "greeted        2  67 %", "window 00:00-24:00")
		has(t, eslua(exitFine), "survey    ended     3   3")
		has(t, eslua(exitFine, "results", "survey"), "number,state,outcome,attempts,", "2000,done,busy,2,USER_BUSY,0,", `1002,done,greeted,1,NORMAL_CLEARING,3,greeted,`, `"{""name"":""x=y,'z""}"`)
		has(t, eslua(exitFine, "results", "survey", "--format", "json"), `{"number":"1001","columns":{"name":"Ada; {L}"},"state":"done","outcome":"greeted"`)
		has(t, eslua(exitFine, "show", "survey", "--json"), `"outcomes": {`)

		if _, err := run("slow", "0.1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		has(t, eslua(exitFine, "pause", "slow"), "the campaign slow is paused")
		time.Sleep(time.Hour)
		has(t, eslua(exitFine, "show", "slow"), "slow: paused since", "3 numbers, 1 done, 2 waiting")
		has(t, eslua(exitFine, "priority", "slow", "9"), "the campaign slow has the priority 9")
		has(t, eslua(exitFailed, "priority", "slow", "10"), "a priority is 0 to 9, not 10")
		has(t, eslua(exitFine, "resume", "slow"), "the campaign slow goes on")
		time.Sleep(5 * time.Second)
		has(t, eslua(exitFailed, "remove", "slow"), "stop it first (eslua campaign stop slow)")
		has(t, eslua(exitFine, "stop", "slow"), "the campaign slow is stopped")
		time.Sleep(time.Hour)
		has(t, eslua(exitFine, "show", "slow"), "slow: stopped since", "3 numbers, 2 done, 1 waiting")
		has(t, eslua(exitFailed, "resume", "slow"), "the campaign slow is stopped: it cannot be told to resume")
		has(t, eslua(exitFine, "remove", "slow"), "the campaign slow was removed")
		has(t, eslua(exitFailed, "show", "slow"), `there is no campaign "slow"`)
		for _, wrong := range [][]string{{"show"}, {"pause", "a", "b"}, {"lst"}, {"results", "survey", "--format", "xml"}, {"priority", "survey", "x"}} {
			has(t, eslua(exitUsage, wrong...), "eslua campaign")
		}
		printed = ""
		if err := s.admin().Run(t.Context(), job.Order{Script: "hostile", Print: func(line string) { printed += line + "\n" }, Said: func(string, string) {}}, false); err != nil {
			t.Fatal(err)
		}
		const refused = `"system" is not granted`
		for i, want := range []string{
			"added 1 excluded 0 invalid 1 *" + refused, "added 0 excluded 0 invalid 1 *" + refused, "added 0 excluded 0 invalid 1 *" + refused, refused,
			"added 1 excluded 0 invalid 0 ", "added 1 excluded 2 invalid 1 row 4: two of its columns are called number", "added 0 excluded 1 invalid 0 ",
			"added 0 excluded 0 invalid 5 row 1: NaN is no number that can be dialled",
			"rate is NaN", "has the rate NaN", "rate is +Inf", "has the rate +Inf", "rate is -1", "has the rate -1", "rate is 0", "added 0",
			"a function returns nil when its list has ended", "a function returns nil when its list has ended", `"a b" is no name of a campaign`,
			"no more can be added; raise campaigns: numbers: 1000",
		} {
			line, _, _ := strings.Cut(printed, "\n")
			printed = strings.TrimPrefix(printed, line+"\n")
			for _, part := range strings.Split(want, "*") {
				if !strings.Contains(line, part) {
					t.Errorf("hostile campaign %d: %q does not say %q", i+1, line, part)
				}
			}
		}
		has(t, eslua(exitFine, "results", "hostile"), "7,done,do not call,0,")
		s.ends(t)
		has(t, eslua(exitFailed), "eslua is not running")
	})
}
