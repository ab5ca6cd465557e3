package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

// TestStatusOfAllThatCanBe prints everything that a status can contain.
func TestStatusOfAllThatCanBe(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	st := admin.Status{
		Version: "v1.0", PID: 4711, Now: now, Started: ago(75 * time.Hour), Listen: "127.0.0.1:8084",
		Config:  admin.Config{File: "eslua.yaml", Loaded: ago(74 * time.Hour), Problem: `eslua.yaml:3: unknown setting "lissten"`, Since: ago(time.Minute)},
		Scripts: store.Status{Generation: "aaaaaaaaaaaa", Loaded: ago(30 * time.Hour), Scripts: 40, Since: ago(30 * time.Hour)},
		Rollout: rollout.Status{
			Overrides: []rollout.Override{{Generation: "bbbbbbbbbbbb", Since: ago(time.Hour), Why: "pinned by an admin"}},
			Canaries: []rollout.Canary{{
				Flow: "tried", Share: 10, Since: ago(time.Minute), Until: now.Add(9 * time.Minute), Calls: 20,
				New: rollout.Arm{Generation: "cccccccccccc", Version: "222222222222", Ended: 3, Failed: 1}, Old: rollout.Arm{Ended: 30, Failed: 2},
			}},
		},
		Calls: outbound.Status{Running: 1, Max: 10, Refused: 2},
		Nodes: []node.Status{
			{Node: "fs1", Address: "10.0.0.1:8021", Up: true, Since: ago(70 * time.Hour), Restarts: 2, EventsLost: 12},
			{Node: "fs2", Address: "10.0.0.2:8021", Since: ago(90 * time.Second), LastError: "FreeSWITCH refuses the password (-ERR invalid): it must be the param password of event_socket.conf.xml"},
		},
	}
	for i := range 12 {
		st.Scripts.Problems = append(st.Scripts.Problems, store.Problem{File: fmt.Sprintf("p%02d.lua", i), Line: i, Message: "is wrong", Warning: i == 1})
	}
	ran := func(flow string, started, ended int64) run.Counts {
		return run.Counts{Flow: flow, Tally: run.Tally{Started: started, Ended: ended}}
	}
	removed := ran("removed", 1, 0)
	removed.Versions = []run.VersionCounts{{Generation: "aaaaaaaaaaaa", Version: "333333333333", Tally: removed.Tally}}
	st.Flows = []admin.Flow{
		{Counts: ran("tried", 9, 9), Version: "111111111111"},
		{Counts: removed, Gone: true},
		{Counts: ran("lib/x", 0, 0), Module: true},
	}
	for i := range 25 {
		st.Flows = append(st.Flows, admin.Flow{Counts: ran(fmt.Sprintf("flow%02d", i), 1, 1), Version: "444444444444"})
	}
	var out strings.Builder
	printStatus(&out, st)
	golden(t, "status.txt", out.String())
}

func TestFlowsAndGenerationsAreToldApart(t *testing.T) {
	var flows []admin.Flow
	for _, name := range []string{"menu", "beef", "ivr/main"} {
		flows = append(flows, admin.Flow{Counts: run.Counts{Flow: name}})
	}
	for _, c := range []struct {
		args        string
		generations int
		want        target
		err         string
	}{
		{"", 2, target{}, ""},
		{"menu", 2, target{flow: "menu"}, ""},
		{"menu.lua", 0, target{flow: "menu"}, ""},
		{"ivr/main abcd", 1, target{"ivr/main", []string{"abcd"}}, ""},
		{"abcd", 1, target{"", []string{"abcd"}}, ""},
		{"abcd 0123456789ab", 2, target{"", []string{"abcd", "0123456789ab"}}, ""},
		{"menu abcd ef01", 2, target{"menu", []string{"abcd", "ef01"}}, ""},
		{"beef", 1, target{}, "is a flow and could also be a generation"},
		{"beef abcd", 2, target{}, "is a flow and could also be a generation"},
		{"beef abcd", 1, target{"beef", []string{"abcd"}}, ""},
		{"beef.lua", 1, target{flow: "beef"}, ""},
		{"beef", 0, target{flow: "beef"}, ""},
		{"gone abcd", 1, target{"gone", []string{"abcd"}}, ""}, // the host knows whether there was such a flow
		{"abc", 1, target{flow: "abc"}, ""},                    // too short for a generation
		{"menu abc", 1, target{}, "4 to 12 of its hexadecimal digits"},
		{"menu abcd ef01", 1, target{}, "too many arguments"},
		{"menu abcd", 0, target{}, "too many arguments"},
	} {
		got, err := parseTarget(strings.Fields(c.args), flows, c.generations)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, want %q", c.args, err, c.err)
			}
			continue
		}
		if err != nil || got.flow != c.want.flow || !reflect.DeepEqual(got.generations, c.want.generations) {
			t.Errorf("%q: %+v, %v, want %+v", c.args, got, err, c.want)
		}
	}
}

func TestWhatChanged(t *testing.T) {
	for _, c := range []struct {
		change admin.Change
		want   string
	}{
		{admin.Change{}, ""},
		{admin.Change{Entry: store.Entry{Edited: []string{"a.lua"}, Added: []string{"b.lua"}, Removed: []string{"c.lua"}}}, "a.lua, +b.lua, -c.lua"},
		{admin.Change{Entry: store.Entry{Edited: []string{"a", "b", "c"}, Removed: []string{"d"}}}, "3 edited, 1 removed"},
	} {
		if got := changed(c.change); got != c.want {
			t.Errorf("%+v: %q, want %q", c.change, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	var tab table
	tab.row("NAME", "N", "")
	tab.row("ä", 5, "x")
	tab.row("longer", 123, "")
	var out strings.Builder
	tab.print(&out)
	if want := "NAME      N\nä         5  x\nlonger  123\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", 90 * time.Second: "1 min",
		125 * time.Minute: "2 h 5 min", 75 * time.Hour: "3 d 3 h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
