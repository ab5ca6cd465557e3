package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

// maxFlows limits the flows that a status shows; eslua scripts list shows all.
const maxFlows = 20

// printStatus prints one screen: what an admin looks at first when called at night.
func printStatus(w io.Writer, st admin.Status) {
	printLine(w, "eslua %s, process %d, up %s", st.Version, st.PID, age(st.Now.Sub(st.Started)))
	if d := st.Draining; d == nil {
		printLine(w, "taking calls on %s: %s", st.Listen, callsLine(st.Calls))
	} else {
		fmt.Fprintf(w, "TAKING NO NEW CALLS since %s: %s", since(d.Since, st.Now), callsLine(st.Calls))
		if !d.Until.IsZero() {
			fmt.Fprintf(w, "; at %s the remaining ones go back to their dialplans", moment(d.Until, st.Now))
		}
		fmt.Fprintln(w)
	}
	if st.Config.File != "" {
		printLine(w, "configuration %s, loaded %s", st.Config.File, since(st.Config.Loaded, st.Now))
	}
	if st.Config.Problem != "" {
		red.line(w, "  WRONG since %s; the previous configuration stays in force", since(st.Config.Since, st.Now))
		fmt.Fprintln(w, indent(st.Config.Problem))
	}
	if st.Metrics != "" {
		printLine(w, "metrics http://%s/metrics", st.Metrics)
	}
	fmt.Fprintln(w)
	printScripts(w, st)
	printFlows(w, st)
	printNodes(w, st)
	printDatabases(w, st)
	printHTTP(w, st)
	printOutbox(w, st)
	printQueues(w, st)
	printBuckets(w, st)
	printCampaigns(w, st)
	printPushes(w, st)
	printJobs(w, st)
	if len(st.Running) > 0 {
		fmt.Fprintln(w)
		printCalls(w, st)
	}
	if advice := st.Advice(); len(advice) > 0 {
		fmt.Fprintln(w)
		bold.line(w, "what to do")
		for _, a := range advice {
			printLine(w, "  - %s", a)
		}
	}
}

func callsLine(c outbound.Status) string {
	line := count(c.Running, "call") + " running"
	if c.Max > 0 {
		line += fmt.Sprintf(" of at most %d", c.Max)
	}
	if c.Refused > 0 {
		line += fmt.Sprintf(", %d REFUSED", c.Refused)
	}
	if c.Unserved > 0 {
		line += fmt.Sprintf(", %d NOT SERVED (without async or full)", c.Unserved)
	}
	return line
}

func printScripts(w io.Writer, st admin.Status) {
	sc := st.Scripts
	printLine(w, "scripts %s", cmp.Or(sc.Dir, "built into the program"))
	if o := st.Override(""); o == nil {
		printLine(w, "  generation %s, %s, serving since %s", sc.Generation, count(sc.Scripts, "script"), since(sc.Loaded, st.Now))
	} else {
		printLine(w, "  generation %s, %s, loaded %s, does NOT serve", sc.Generation, count(sc.Scripts, "script"), since(sc.Loaded, st.Now))
		printLine(w, "  all flows are %s", overrideLine(o, st))
	}
	switch {
	case sc.Since.IsZero():
	case sc.Refused:
		red.line(w, "  WRONG since %s: the scripts saved then do not serve", since(sc.Since, st.Now))
	default:
		red.line(w, "  WRONG since %s: these scripts do not serve, the others do", since(sc.Since, st.Now))
	}
	const shown = 10
	for i, p := range sc.Problems {
		if i == shown {
			printLine(w, "    and %d more", len(sc.Problems)-shown)
			break
		}
		fmt.Fprintln(w, problemLine(p))
	}
}

func problemLine(p store.Problem) string {
	line := p.Error()
	if p.Warning {
		line += " (warning)"
	}
	return indent(line)
}

// printFlows prints the flows that have had calls or an override, those first
// that do not simply serve what the directory holds.
func printFlows(w io.Writer, st admin.Status) {
	var t table
	t.row("FLOW", "VERSION", "RUNNING", "STARTED", "FAILED", "")
	flows := slices.Clone(st.Flows)
	slices.SortStableFunc(flows, func(a, b admin.Flow) int { return cmp.Compare(rank(b, st), rank(a, st)) })
	idle, more := 0, 0
	for _, f := range flows {
		switch {
		case f.Started == 0 && st.Override(f.Flow) == nil && st.Canary(f.Flow) == nil:
			if !f.Module && !store.IsHook(f.Flow) {
				idle++
			}
		case len(t) > maxFlows:
			more++
		default:
			t.row(f.Flow, orDash(f.Version), running(f.Tally), f.Started, f.Failed, flowNote(f, st))
		}
	}
	if len(t) > 1 {
		fmt.Fprintln(w)
		t.print(w)
	}
	if more > 0 {
		printLine(w, "and %s; see eslua scripts list", count(more+idle, "more flow"))
	} else if idle > 0 {
		fmt.Fprintf(w, "\nno calls yet: %s\n", count(idle, "flow"))
	}
}

// rank orders flows: the more an admin must know of them, the higher.
func rank(f admin.Flow, st admin.Status) int64 {
	if st.Override(f.Flow) != nil || st.Canary(f.Flow) != nil {
		return math.MaxInt64
	}
	return running(f.Tally)
}

func running(t run.Tally) int64 { return t.Started - t.Ended }

func orDash(version string) string { return cmp.Or(version, "-") }

// flowNote describes everything unusual about a flow.
func flowNote(f admin.Flow, st admin.Status) string {
	var notes []string
	if f.Gone {
		notes = append(notes, "not in the directory")
	}
	if o := st.Override(f.Flow); o != nil {
		notes = append(notes, overrideLine(o, st))
	}
	if c := st.Canary(f.Flow); c != nil {
		notes = append(notes, fmt.Sprintf("canary: version %s gets %d%% of the calls until %s (%d of %d failed; of the current version %d of %d)",
			c.New.Version, c.Share, moment(c.Until, st.Now), c.New.Failed, c.New.Ended, c.Old.Failed, c.Old.Ended))
	}
	for _, v := range f.Versions {
		if n := running(v.Tally); n > 0 && v.Version != f.Version {
			notes = append(notes, count(n, "call")+" on version "+v.Version)
		}
	}
	if p := f.Prompts; p.Count > 0 {
		notes = append(notes, count(p.Count, "prompt")+" could not be played: "+p.Last)
	}
	if l := f.Last; l != nil {
		notes = append(notes, "last failure "+since(l.At, st.Now)+": "+l.Error)
	}
	return strings.Join(notes, "; ")
}

// overrideLine completes "the flow is".
func overrideLine(o *rollout.Override, st admin.Status) string {
	line := fmt.Sprintf("on generation %s since %s", o.Generation, since(o.Since, st.Now))
	if o.Why != "" {
		line += ": " + o.Why
	}
	return line
}

func printNodes(w io.Writer, st admin.Status) {
	if len(st.Nodes) == 0 {
		return
	}
	fmt.Fprintln(w)
	t := nodeTable(st)
	t.print(w)
}

func printDatabases(w io.Writer, st admin.Status) {
	if len(st.Databases) == 0 {
		return
	}
	var t table
	t.row("DATABASE", "KIND", "IN USE", "OF", "WAITS")
	for _, d := range st.Databases {
		t.row(d.Name, d.Kind, d.InUse, d.Connections, d.Waits)
	}
	fmt.Fprintln(w)
	t.print(w)
}

func printHTTP(w io.Writer, st admin.Status) {
	if len(st.HTTP) == 0 {
		return
	}
	var t table
	t.row("HTTP SERVER", "REQUESTS", "FAILED", "")
	for _, e := range st.HTTP {
		note := ""
		if e.Open(st.Now) {
			note = fmt.Sprintf("NOT ASKED by flow %s for %v: %d requests in a row got no answer", e.Flow, e.Until.Sub(st.Now).Round(time.Second), e.Row)
		}
		t.row(e.Name, e.Requests, e.Failed, note)
	}
	fmt.Fprintln(w)
	t.print(w)
}

func printOutbox(w io.Writer, st admin.Status) {
	if p := st.Durable.Problem; p != "" {
		fmt.Fprintln(w)
		printLine(w, "What must not be lost CANNOT BE KEPT: %s", p)
	}
	if n := st.Durable.Lost; n > 0 {
		fmt.Fprintln(w)
		printLine(w, "Files in the state directory were DAMAGED: %s of what must not be lost have gone with them; see the log", count(n, "message"))
	}
	if len(st.Outbox) == 0 {
		return
	}
	var t table
	t.row("ENDPOINT", "WAITING", "")
	for _, e := range st.Outbox {
		waiting, note := "-", ""
		if e.Known {
			waiting = fmt.Sprint(e.Waiting)
		}
		if e.Refused > 0 {
			note = fmt.Sprintf("%d REFUSED, because they could not be kept; ", e.Refused)
		}
		if e.Row > 0 {
			note += fmt.Sprintf("NOT DELIVERED: %d attempts in a row failed", e.Row)
			if rest := e.Until.Sub(st.Now); rest > 0 {
				note += fmt.Sprintf("; asked again in %v", rest.Round(time.Second))
			}
		}
		t.row(e.Name, waiting, strings.TrimSuffix(note, "; "))
	}
	fmt.Fprintln(w)
	t.print(w)
}

// printQueues prints what waits in the queues of messages.
func printCampaigns(w io.Writer, st admin.Status) {
	if len(st.Campaigns) == 0 {
		return
	}
	var t table
	t.row("CAMPAIGN", "STATE", "DONE", "OF", "CALLS", "")
	for _, c := range st.Campaigns {
		var calls []string
		for _, node := range slices.Sorted(maps.Keys(c.Calls)) {
			calls = append(calls, fmt.Sprintf("%d on %s", c.Calls[node], node))
		}
		notes := []string{c.Progress.Note}
		if c.Away > 0 {
			notes = append(notes, count(c.Away, "call")+" on nodes that are away")
		}
		t.row(c.Name, c.State, c.Progress.Done(), c.Progress.Total, orDash(strings.Join(calls, ", ")), strings.Trim(strings.Join(notes, "; "), "; "))
	}
	fmt.Fprintln(w)
	t.print(w)
}

func printQueues(w io.Writer, st admin.Status) {
	if len(st.Queues) == 0 {
		return
	}
	var t table
	t.row("QUEUE", "WAITING", "DEAD", "")
	for _, q := range st.Queues {
		waiting, note := "-", ""
		if q.Known {
			waiting = fmt.Sprint(q.Waiting)
		}
		switch l := q.Last; {
		case q.Waiting >= uint64(q.Most):
			note = "FULL: it takes no more messages"
		case l != nil:
			note = fmt.Sprintf("last failure %s: %s: %s", since(l.At, st.Now), l.ID, l.Error)
		}
		t.row(q.Name, waiting, q.Dead, note)
	}
	fmt.Fprintln(w)
	t.print(w)
}

// printBuckets prints what the buckets hold that scripts have used.
func printBuckets(w io.Writer, st admin.Status) {
	if len(st.Buckets) == 0 {
		return
	}
	var t table
	t.row("BUCKET", "KEYS", "OF", "HOLDS", "OF", "")
	for _, b := range st.Buckets {
		note := ""
		switch {
		case b.Keys >= uint64(b.MostKeys):
			note = "FULL: it takes no more keys"
		case b.Bytes > uint64(b.MostBytes)/10*9:
			note = "NEARLY FULL"
		}
		name := "buckets: " + b.Name
		if b.Flow {
			name = "the flow's: " + b.Name
		}
		t.row(name, b.Keys, b.MostKeys, fmt.Sprintf("%d KiB", (b.Bytes+1023)/1024), fmt.Sprintf("%d KiB", b.MostBytes/1024), note)
	}
	fmt.Fprintln(w)
	t.print(w)
}

func printPushes(w io.Writer, st admin.Status) {
	if len(st.Pushes) == 0 {
		return
	}
	var t table
	t.row("PUSH", "WAITING", "KEPT", "DROPPED", "LOST")
	for _, p := range st.Pushes {
		t.row(p.Push, p.Waiting, p.Kept, p.Dropped, p.Lost)
	}
	fmt.Fprintln(w)
	t.print(w)
}

// printJobs prints the scripts that have run without a call, and the hooks.
func printJobs(w io.Writer, st admin.Status) {
	var jobs, hooks table
	jobs.row("JOB", "SCRIPT", "RUNNING", "STARTED", "FAILED", "")
	hooks.row("HOOK", "WORKERS", "HANDLED", "WAITING", "LOST", "FAILED", "LATENCY", "")
	for _, j := range st.Jobs {
		for _, c := range j.Scripts {
			note := ""
			if l := c.Last; l != nil {
				note = "last failure " + since(l.At, st.Now) + ": " + l.Error
			}
			jobs.row(string(j.Kind), cmp.Or(c.Flow, "(does not exist)"), running(c.Tally), c.Started, c.Failed, note)
		}
		for _, h := range j.Hooks {
			note := ""
			switch {
			case h.Problem != nil:
				note = "not loaded: " + h.Problem.Error
			case h.Last != nil:
				note = "last failure " + since(h.Last.At, st.Now) + ": " + h.Last.Error
			}
			hooks.row(h.Hook, h.Workers, h.Handled, h.Waiting, h.Lost, h.Failed, fmt.Sprintf("%v, most %v", brief(h.Half), brief(h.Most)), note)
		}
	}
	for _, t := range []table{jobs, hooks} {
		if len(t) > 1 {
			fmt.Fprintln(w)
			t.print(w)
		}
	}
}

func printCalls(w io.Writer, st admin.Status) {
	var t table
	t.row("CALL", "FLOW", "VERSION", "GENERATION", "SINCE")
	for _, c := range st.Running {
		t.row(c.UUID, c.Flow, orDash(c.Version), c.Generation, since(c.Since, st.Now))
	}
	t.print(w)
}

// brief returns a duration with two or three digits.
func brief(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}
