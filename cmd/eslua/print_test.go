package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
)

// TestStatusOfAllThatCanBe prints what a running host seldom has at once.
func TestStatusOfAllThatCanBe(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	st := admin.Status{
		Version: "v1.0", PID: 4711, Now: now, Started: ago(75 * time.Hour), Listen: "127.0.0.1:8084",
		Config: admin.Config{File: "eslua.yaml", Loaded: ago(74 * time.Hour), Problem: `eslua.yaml:3: unknown setting "lissten"`, Since: ago(time.Minute)},
		Scripts: admin.Scripts{Generation: "aaaaaaaaaaaa", Since: ago(30 * time.Hour), Count: 40, WrongSince: ago(30 * time.Hour),
			Held: &admin.Hold{Pinned: true, Generation: "bbbbbbbbbbbb", Since: ago(time.Hour), Why: "pinned by an admin"}},
		Calls: admin.Calls{Running: 1, Max: 10, Refused: 2},
		Nodes: []admin.Node{
			{Name: "fs1", Address: "10.0.0.1:8021", Up: true, Since: ago(70 * time.Hour), Restarts: 2, EventsLost: 12},
			{Name: "fs2", Address: "10.0.0.2:8021", Since: ago(90 * time.Second), LastError: "FreeSWITCH refuses the password (-ERR invalid): it must be the param password of event_socket.conf.xml"},
		},
	}
	for i := range 12 {
		st.Scripts.Problems = append(st.Scripts.Problems, admin.Problem{File: fmt.Sprintf("p%02d.lua", i), Line: i, Message: "is wrong", Warning: i == 1})
	}
	st.Flows = []admin.Flow{
		{Name: "tried", Version: "111111111111", Started: 9, Canary: &admin.Canary{
			Generation: "cccccccccccc", Version: "222222222222", Share: 10, Since: ago(time.Minute), Until: now.Add(9 * time.Minute), Calls: 20,
			New: admin.Tally{Ended: 3, Failed: 1}, Old: admin.Tally{Ended: 30, Failed: 2},
		}},
		{Name: "removed", Gone: true, Started: 1, Running: []admin.Use{{Generation: "aaaaaaaaaaaa", Version: "333333333333", Calls: 1}}},
		{Name: "lib/x", Module: true},
	}
	for i := range 25 {
		st.Flows = append(st.Flows, admin.Flow{Name: fmt.Sprintf("flow%02d", i), Version: "444444444444", Started: 1})
	}
	var out strings.Builder
	printStatus(&out, st)
	golden(t, "status.txt", out.String())
}

func TestFlowsAndGenerationsAreToldApart(t *testing.T) {
	flows := []admin.Flow{{Name: "menu"}, {Name: "beef"}, {Name: "ivr/main"}}
	for _, c := range []struct {
		args        string
		generations int
		want        choice
		err         string
	}{
		{"", 2, choice{}, ""},
		{"menu", 2, choice{flow: "menu"}, ""},
		{"menu.lua", 0, choice{flow: "menu"}, ""},
		{"ivr/main abcd", 1, choice{"ivr/main", []string{"abcd"}}, ""},
		{"abcd", 1, choice{"", []string{"abcd"}}, ""},
		{"abcd 0123456789ab", 2, choice{"", []string{"abcd", "0123456789ab"}}, ""},
		{"menu abcd ef01", 2, choice{"menu", []string{"abcd", "ef01"}}, ""},
		{"beef", 1, choice{}, "is a flow, and may be a generation"},
		{"beef abcd", 2, choice{}, "is a flow, and may be a generation"},
		{"beef abcd", 1, choice{"beef", []string{"abcd"}}, ""},
		{"beef.lua", 1, choice{flow: "beef"}, ""},
		{"beef", 0, choice{flow: "beef"}, ""},
		{"gone abcd", 1, choice{"gone", []string{"abcd"}}, ""}, // the host knows whether there was such a flow
		{"abc", 1, choice{flow: "abc"}, ""},                    // too short for a generation
		{"menu abc", 1, choice{}, "4 to 12 of its hexadecimal digits"},
		{"menu abcd ef01", 1, choice{}, "one argument too many"},
		{"menu abcd", 0, choice{}, "one argument too many"},
	} {
		got, err := choose(strings.Fields(c.args), flows, c.generations)
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
		{admin.Change{Edited: []string{"a.lua"}, Added: []string{"b.lua"}, Removed: []string{"c.lua"}}, "a.lua, +b.lua, -c.lua"},
		{admin.Change{Edited: []string{"a", "b", "c"}, Removed: []string{"d"}}, "3 edited, 1 removed"},
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
