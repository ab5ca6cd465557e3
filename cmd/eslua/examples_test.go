package main

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
)

// TestExamples runs a call through examples/dialplan.xml and examples/eslua.yaml
// as they are, except for the addresses.
func TestExamples(t *testing.T) {
	cfg, err := config.Load("../../examples/eslua.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l, clk := listening(t), processClock(t)
	sim := simulated(t, switchsim.Config{
		Clock:    clk,
		Password: cfg.Nodes[0].Password,
		Dialplan: switchsim.Dialplan{"default": exampleDialplan(t, string(cfg.Listen), l.Addr().String())},
	})
	cfg.Nodes[0].Address = config.Address(sim.Addr())
	serving(t, l, cfg, clk, nil, callHooks{})
	c := sim.Call(switchsim.Caller{Number: "1000", Destination: "invite7001", Script: []switchsim.Step{
		switchsim.OnPlayback("to_accept").After(200 * time.Millisecond).Press("1"),
		switchsim.OnApp("conference").After(100 * time.Millisecond).Hangup(),
	}})
	<-c.Done()
	if got := c.Variable("conference_name"); got != "7001" {
		t.Errorf("the caller was in conference %q and ended with %s", got, c.Cause())
	}
}

// exampleDialplan reads the example, with eslua at another address.
func exampleDialplan(t *testing.T, from, to string) []switchsim.Extension {
	t.Helper()
	source, err := os.ReadFile("../../examples/dialplan.xml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Extensions []struct {
			Condition struct {
				Expression string `xml:"expression,attr"`
				Actions    []struct {
					App  string `xml:"application,attr"`
					Data string `xml:"data,attr"`
				} `xml:"action"`
			} `xml:"condition"`
		} `xml:"extension"`
	}
	if err := xml.Unmarshal(source, &doc); err != nil {
		t.Fatal(err)
	}
	var extensions []switchsim.Extension
	for _, e := range doc.Extensions {
		x := switchsim.Extension{Match: e.Condition.Expression}
		for _, a := range e.Condition.Actions {
			x.Actions = append(x.Actions, switchsim.Action{App: a.App, Data: strings.ReplaceAll(a.Data, from, to)})
		}
		extensions = append(extensions, x)
	}
	return extensions
}
