package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
)

// flowsShown is how many flows a status lists; the rest is for eslua scripts list.
const flowsShown = 20

// printStatus is one screen: what an admin looks at first when called at night.
func printStatus(w io.Writer, st admin.Status) {
	fmt.Fprintf(w, "eslua %s, process %d, up %s\n", st.Version, st.PID, age(st.Now.Sub(st.Started)))
	if d := st.Draining; d == nil {
		fmt.Fprintf(w, "takes calls on %s: %s\n", st.Listen, callsLine(st.Calls))
	} else {
		fmt.Fprintf(w, "TAKES NO NEW CALLS since %s: %s", since(d.Since, st.Now), callsLine(st.Calls))
		if !d.Until.IsZero() {
			fmt.Fprintf(w, "; at %s those that are left go back to their dialplans", moment(d.Until, st.Now))
		}
		fmt.Fprintln(w)
	}
	if st.Config.File != "" {
		fmt.Fprintf(w, "configuration %s of %s\n", st.Config.File, since(st.Config.Loaded, st.Now))
	}
	if st.Config.Problem != "" {
		fmt.Fprintf(w, "  WRONG since %s, so the one before goes on\n    %s\n", since(st.Config.Since, st.Now), st.Config.Problem)
	}
	if st.Metrics != "" {
		fmt.Fprintf(w, "metrics http://%s/metrics\n", st.Metrics)
	}
	fmt.Fprintln(w)
	printScripts(w, st)
	printFlows(w, st)
	printNodes(w, st)
	if len(st.Running) > 0 {
		fmt.Fprintln(w)
		printCalls(w, st.Running, st)
	}
	if advice := advise(st); len(advice) > 0 {
		fmt.Fprintln(w, "\nwhat to do")
		for _, a := range advice {
			fmt.Fprintln(w, "  - "+a)
		}
	}
}

func callsLine(c admin.Calls) string {
	line := some(c.Running, "call") + " running"
	if c.Max > 0 {
		line += fmt.Sprintf(" of at most %d", c.Max)
	}
	if c.Refused > 0 {
		line += fmt.Sprintf(", %d REFUSED", c.Refused)
	}
	return line
}

func printScripts(w io.Writer, st admin.Status) {
	sc := st.Scripts
	where := sc.Dir
	if where == "" {
		where = "built into the program"
	}
	fmt.Fprintf(w, "scripts %s\n", where)
	if sc.Held == nil {
		fmt.Fprintf(w, "  generation %s serves since %s, %s\n", sc.Generation, since(sc.Since, st.Now), some(sc.Count, "script"))
	} else {
		fmt.Fprintf(w, "  generation %s of %s does NOT serve, %s\n", sc.Generation, since(sc.Since, st.Now), some(sc.Count, "script"))
		fmt.Fprintf(w, "  all flows are %s\n", holdLine(sc.Held, st))
	}
	switch {
	case sc.WrongSince.IsZero():
	case sc.Refused:
		fmt.Fprintf(w, "  WRONG since %s: what was saved then does not serve\n", since(sc.WrongSince, st.Now))
	default:
		fmt.Fprintf(w, "  WRONG since %s: these scripts do not serve, the others do\n", since(sc.WrongSince, st.Now))
	}
	const most = 10
	for i, p := range sc.Problems {
		if i == most {
			fmt.Fprintf(w, "    and %d more\n", len(sc.Problems)-most)
			break
		}
		fmt.Fprintln(w, "    "+problemLine(p))
	}
}

func problemLine(p admin.Problem) string {
	line := p.Message
	switch {
	case p.File == "":
	case p.Line == 0:
		line = p.File + ": " + line
	default:
		line = fmt.Sprintf("%s:%d: %s", p.File, p.Line, line)
	}
	if p.Warning {
		line += " (a warning)"
	}
	return strings.ReplaceAll(line, "\n", "\n    ")
}

// printFlows shows the flows there is something to say of, first those that are
// not simply as the directory has them.
func printFlows(w io.Writer, st admin.Status) {
	var t table
	t.row("FLOW", "VERSION", "RUNNING", "STARTED", "FAILED", "")
	flows := slices.Clone(st.Flows)
	slices.SortStableFunc(flows, func(a, b admin.Flow) int { return cmp.Compare(rank(b), rank(a)) })
	quiet := 0
	for _, f := range flows {
		switch {
		case f.Started == 0 && f.Held == nil && f.Canary == nil:
			if !f.Module {
				quiet++
			}
		case len(t) > flowsShown:
			quiet++
		default:
			t.row(f.Name, orNone(f.Version), running(f), f.Started, f.Failed, flowNote(f, st))
		}
	}
	if len(t) > 1 {
		fmt.Fprintln(w)
		t.print(w)
	}
	if quiet > 0 && len(t) > flowsShown {
		fmt.Fprintf(w, "and %s; see eslua scripts list\n", some(quiet, "more flow"))
	} else if quiet > 0 {
		fmt.Fprintf(w, "\n%s had no call yet\n", some(quiet, "flow"))
	}
}

// rank orders flows: the more an admin has to know of them, the higher.
func rank(f admin.Flow) int64 {
	if f.Held != nil || f.Canary != nil {
		return math.MaxInt64
	}
	return running(f)
}

func running(f admin.Flow) (n int64) {
	for _, u := range f.Running {
		n += u.Calls
	}
	return n
}

func orNone(version string) string {
	if version == "" {
		return "-"
	}
	return version
}

// flowNote is what is out of the ordinary.
func flowNote(f admin.Flow, st admin.Status) string {
	var notes []string
	if f.Gone {
		notes = append(notes, "not in the directory")
	}
	if f.Held != nil {
		notes = append(notes, holdLine(f.Held, st))
	}
	if c := f.Canary; c != nil {
		notes = append(notes, fmt.Sprintf("canary: version %s gets %d%% of the calls until %s (%d of %d failed; before it %d of %d)",
			c.Version, c.Share, moment(c.Until, st.Now), c.New.Failed, c.New.Ended, c.Old.Failed, c.Old.Ended))
	}
	for _, u := range f.Running {
		if u.Version != f.Version {
			notes = append(notes, some(u.Calls, "call")+" on version "+u.Version)
		}
	}
	if l := f.LastFailure; l != nil {
		notes = append(notes, "last failure "+since(l.At, st.Now)+": "+l.Error)
	}
	return strings.Join(notes, "; ")
}

// holdLine completes "the flow is".
func holdLine(h *admin.Hold, st admin.Status) string {
	line := fmt.Sprintf("on generation %s since %s", h.Generation, since(h.Since, st.Now))
	if h.Why != "" {
		line += ": " + h.Why
	}
	return line
}

func printNodes(w io.Writer, st admin.Status) {
	if len(st.Nodes) == 0 {
		return
	}
	var t table
	t.row("NODE", "ADDRESS", "", "SINCE", "EVENTS LOST", "")
	for _, n := range st.Nodes {
		state, why := "up", ""
		if !n.Up {
			state, why = "DOWN", n.LastError
		}
		if n.Restarts > 0 {
			why = strings.TrimPrefix(why+"; FreeSWITCH was restarted "+some(n.Restarts, "time"), "; ")
		}
		t.row(n.Name, n.Address, state, since(n.Since, st.Now), n.EventsLost, why)
	}
	fmt.Fprintln(w)
	t.print(w)
}

func printCalls(w io.Writer, calls []admin.Call, st admin.Status) {
	var t table
	t.row("CALL", "FLOW", "VERSION", "GENERATION", "SINCE")
	for _, c := range calls {
		t.row(c.UUID, c.Flow, orNone(c.Version), c.Generation, since(c.Since, st.Now))
	}
	t.print(w)
}
