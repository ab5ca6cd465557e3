package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// TestExamples runs a call through examples/dialplan.xml and examples/eslua.yaml
// as they are, except for the addresses.
func TestExamples(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		cfg, err := config.Load("../../examples/eslua.yaml")
		if err != nil {
			t.Fatal(err)
		}
		network := memnet.New()
		l := network.Listen()
		sim := simulatedOn(t, network, switchsim.Config{
			Password: cfg.Nodes[0].Password,
			Dialplan: switchsim.Dialplan{"default": exampleDialplan(t, string(cfg.Listen), l.Addr().String())},
		})
		cfg.Nodes[0].Address = config.Address(sim.Addr())
		serving(t, l, cfg, clock.System(), nil, seamsOn(network))
		c := sim.Call(switchsim.Caller{Number: "1000", Destination: "invite7001", Script: []switchsim.Step{
			switchsim.OnPlayback("to_accept").After(200 * time.Millisecond).Press("1"),
			switchsim.OnApp("conference").After(100 * time.Millisecond).Hangup(),
		}})
		<-c.Done()
		if got := c.Variable("conference_name"); got != "7001" {
			t.Errorf("the caller was in conference %q and ended with %s", got, c.Cause())
		}
	})
}

// TestInviteWithoutItsPrompt: where FreeSWITCH lacks the prompt, the flow that ships
// neither asks without a pause nor misses the digit.
func TestInviteWithoutItsPrompt(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		network := memnet.New()
		l := network.Listen()
		sim := simulatedOn(t, network, switchsim.Config{StrictMedia: true, Dialplan: switchsim.Dialplan{"default": {
			{Match: "invite", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/inviteToConf/7001/9 async full"}}},
			{Match: "7001", Actions: []switchsim.Action{{App: "conference", Data: "7001@default"}}},
		}}})
		serving(t, l, config.Default(), clock.System(), nil, seamsOn(network))
		silent := sim.Call(switchsim.Caller{Number: "1000", Destination: "invite"})
		<-silent.Done()
		if silent.Cause() != "ALLOTTED_TIMEOUT" {
			t.Errorf("without a digit the call ended with %s", silent.Cause())
		}
		asked := 0
		record, _ := sim.Record(silent.UUID())
		for _, e := range record.Entries {
			if e.Kind == "execute" && strings.HasPrefix(e.What, "read ") {
				asked++
			}
		}
		if asked < 2 || asked > 6 {
			t.Errorf("asked %d times in 9 seconds", asked)
		}
		caller := sim.Call(switchsim.Caller{Number: "1000", Destination: "invite", Script: []switchsim.Step{
			switchsim.OnAnswer().After(3 * time.Second).Press("1"),
			switchsim.OnApp("conference").After(100 * time.Millisecond).Hangup(),
		}})
		<-caller.Done()
		if got := caller.Variable("conference_name"); got != "7001" {
			t.Errorf("the caller was in conference %q and ended with %s", got, caller.Cause())
		}
	})
}

// exampleDialplan reads the example, with eslua at another address.
func exampleDialplan(t *testing.T, from, to string) []switchsim.Extension {
	t.Helper()
	source, err := os.ReadFile("../../examples/dialplan.xml")
	if err != nil {
		t.Fatal(err)
	}
	return readExtensions(t, bytes.ReplaceAll(source, []byte(from), []byte(to)))
}
