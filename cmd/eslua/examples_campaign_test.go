package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/switchsim"
)

// TestCampaignExample runs examples/campaign as it is, except for addresses and times: somebody
// confirms, somebody is busy, somebody does not want to be called again, and somebody has
// an answering machine.
func TestCampaignExample(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		site := newJobSite(t, nil)
		root := "../../examples/campaign"
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			name := strings.TrimPrefix(path, root+"/")
			if err == nil {
				err = os.MkdirAll(filepath.Dir(filepath.Join(site.dir, name)), 0o755)
			}
			write(t, site.dir, name, strings.NewReplacer("127.0.0.1:8021", site.sim.Addr(), "/var/lib/eslua", t.TempDir(), "fs1, ", "fs, ", "sat 10:00", "sat 01:01", "America/Chicago", "Europe/Berlin", "= 900", "= 60", "Europe/London", "Europe/Berlin", "mod_avmd", "no_avmd").Replace(string(text)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		gw := "sofia/gateway/carrier/"
		digit := func(d string) []switchsim.Step {
			return []switchsim.Step{switchsim.OnPlayback("appointment").After(time.Second).Press(d)}
		}
		for _, e := range []switchsim.Endpoint{
			{Dial: gw + "+49305550101", Ring: time.Second, Script: digit("1")},
			{Dial: gw + "+49305550102", Ring: time.Second, Cause: "USER_BUSY"},
			{Dial: gw + "+442079460103", Ring: time.Second, Script: digit("9")},
			{Dial: gw + "+12125550104", Silent: true},
		} {
			site.sim.SetEndpoint(e)
		}
		s := startServeOn(t, site.net, "--config", site.dir+"/eslua.yaml", "--scripts", site.dir)
		s.next(t, "reminders: 4 numbers are new, 1 were known, 0 cannot be dialled")
		client := s.admin()
		var sum campaign.Summary
		for range 100 {
			if sum, err = client.Campaign(t.Context(), "reminders"); err != nil {
				t.Fatal(err)
			}
			if sum.State == campaign.Ended {
				break
			}
			time.Sleep(time.Minute)
		}
		want := map[string]int{"confirmed": 1, "busy": 1, "opted out": 1, "no answer": 1}
		if !maps.Equal(sum.Progress.Outcomes, want) {
			t.Errorf("%v, want %v", sum.Progress.Outcomes, want)
		}
		attempts := map[string]int{}
		err = client.CampaignResults(t.Context(), "reminders", func(e campaign.Entry) error {
			attempts[e.Number] = len(e.Attempts)
			return nil
		})
		if err != nil || attempts["+49305550102"] != 3 || attempts["+12125550104"] != 2 || attempts["+49305550101"] != 1 {
			t.Errorf("%v: %v", attempts, err)
		}
		s.ends(t)
	})
}
