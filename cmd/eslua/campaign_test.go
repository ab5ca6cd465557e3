package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
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
		})
		write(t, site.dir, "people.csv", "\ufeffNumber;Name\n100-1;\"Ada; {L}\"\n1002;x=y,'z\n2000;Bob\n1001;again\nno number!;Eve\n")
		gw := "sofia/gateway/carrier/"
		site.sim.SetEndpoint(switchsim.Endpoint{Dial: gw + "1*", Ring: time.Second})
		site.sim.SetEndpoint(switchsim.Endpoint{Dial: gw + "2*", Ring: time.Second, Cause: "USER_BUSY"})
		s := site.serve(fmt.Sprintf("state: %s\nflows: {start: {grants: {campaigns: [survey, slow]}}}\n", t.TempDir()))
		s.next(t, "connected to FreeSWITCH")
		time.Sleep(time.Second) // of the bubble: its socket is open
		eslua := func(want int, args ...string) string {
			t.Helper()
			var out, errs bytes.Buffer
			p := &program{stdout: &out, stderr: &errs, clock: clock.System(), getenv: noEnv, seams: s.seams}
			if code := p.main(t.Context(), append([]string{"campaign", "--admin", s.socket}, args...)); code != want {
				t.Errorf("eslua campaign %q: exit code %d, not %d: %s%s", args, code, want, out.String(), errs.String())
			}
			return out.String() + errs.String()
		}
		says := func(got string, wants ...string) {
			t.Helper()
			for _, want := range wants {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q:\n%s", want, got)
				}
			}
		}
		run := func(args ...string) (printed string, err error) {
			err = s.admin().Run(t.Context(), job.Order{Script: "start", Args: args, Print: func(line string) { printed += line + "\n" }, Said: func(string, string) {}}, false)
			return printed, err
		}
		says(eslua(exitFine), "there is no campaign")
		says(eslua(exitFailed, "show", "survey"), "there are no campaigns")
		if _, err := run("other", "1"); err == nil || !strings.Contains(err.Error(), "grants: {campaigns: [survey, slow, other]}") {
			t.Errorf("an ungranted campaign: %v", err)
		}
		printed, err := run("survey", "1")
		if err != nil {
			t.Fatal(err)
		}
		says(printed, "running\t3\t1\t1\trow 5: \"no number!\" is no number")
		says(s.next(t, "greets"), "greets Ada; {L} of survey")
		says(s.next(t, "greets"), "greets x=y,'z of survey")
		watched := eslua(exitFine, "show", "survey", "--watch")
		says(watched, "survey running [", "1 busy, 2 greeted")
		says(eslua(exitFine, "show", "survey"), "survey is ended since", "3 numbers, 3 done", "greeted        2  67 %", "window 00:00-24:00")
		says(eslua(exitFine), "survey    ended     3   3")
		says(eslua(exitFine, "results", "survey"), "number,state,outcome,attempts,", "2000,done,busy,2,USER_BUSY,0,", `1002,done,greeted,1,NORMAL_CLEARING,3,greeted,`, `"{""name"":""x=y,'z""}"`)
		says(eslua(exitFine, "results", "survey", "--format", "json"), `{"number":"1001","columns":{"name":"Ada; {L}"},"state":"done","outcome":"greeted"`)
		says(eslua(exitFine, "show", "survey", "--json"), `"outcomes": {`)

		if _, err := run("slow", "0.1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		says(eslua(exitFine, "pause", "slow"), "the campaign slow is paused")
		time.Sleep(time.Hour)
		says(eslua(exitFine, "show", "slow"), "slow is paused", "3 numbers, 1 done, 2 waiting")
		says(eslua(exitFine, "priority", "slow", "9"), "the campaign slow has the priority 9")
		says(eslua(exitFailed, "priority", "slow", "10"), "a priority is 0 to 9, not 10")
		says(eslua(exitFine, "resume", "slow"), "the campaign slow goes on")
		time.Sleep(5 * time.Second)
		says(eslua(exitFailed, "remove", "slow"), "stop it first (eslua campaign stop slow)")
		says(eslua(exitFine, "stop", "slow"), "the campaign slow is stopped")
		time.Sleep(time.Hour)
		says(eslua(exitFine, "show", "slow"), "slow is stopped", "3 numbers, 2 done, 1 waiting")
		says(eslua(exitFailed, "resume", "slow"), "the campaign slow is stopped: it cannot be told to resume")
		says(eslua(exitFine, "remove", "slow"), "the campaign slow was removed")
		says(eslua(exitFailed, "show", "slow"), `there is no campaign "slow"`)
		for _, wrong := range [][]string{{"show"}, {"pause", "a", "b"}, {"lst"}, {"results", "survey", "--format", "xml"}, {"priority", "survey", "x"}} {
			says(eslua(exitUsage, wrong...), "eslua campaign")
		}
		s.ends(t)
		says(eslua(exitFailed), "eslua is not running")
	})
}
