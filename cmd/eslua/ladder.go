package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/trace"
)

// printLadder prints rungs as lines of time, actor and action; the time starts at began.
// Functions called in another script than file are printed with its name.
func printLadder(w io.Writer, rungs []trace.Rung, began time.Time, file string) {
	for i, r := range rungs {
		if i > 0 && r.N > rungs[i-1].N+1 {
			printLine(w, "           ...     %s omitted", count(r.N-rungs[i-1].N-1, "line"))
		}
		printRung(w, r, began, file)
	}
}

func printRung(w io.Writer, r trace.Rung, began time.Time, file string) {
	printMarked(w, " ", r, began, file)
}

// printMarked prints a rung with a mark before it.
func printMarked(w io.Writer, mark string, r trace.Rung, began time.Time, file string) {
	what := r.What
	switch {
	case r.Line > 0 && r.File == file:
		what = fmt.Sprintf("line %d: %s", r.Line, what)
	case r.Line > 0:
		what = fmt.Sprintf("%s:%d: %s", r.File, r.Line, what)
	}
	if r.Took >= 100 {
		what += fmt.Sprintf(" (%.1f s)", r.Took/1000)
	}
	printLine(w, "%s %7.3f  %-7s %s", mark, r.At.Sub(began).Seconds(), r.Who, what)
}

// A ladder collects what a simulated switch does with calls.
type ladder struct {
	mu    sync.Mutex
	rungs map[string][]trace.Rung // by channel UUID
}

func newLadder() *ladder { return &ladder{rungs: map[string][]trace.Rung{}} }

// shown lists the kinds of the switch's entries that are worth printing. It lacks
// the commands that a script sends, which are printed as the script wrote them.
var shown = map[string]bool{"progress": true, "answer": true, "execute": true, "dtmf": true, "conference": true, "hangup": true}

// onSwitch adds an entry of the simulator.
func (l *ladder) onSwitch(e switchsim.Entry) {
	if !shown[e.Kind] || e.UUID == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rungs[e.UUID] = append(l.rungs[e.UUID], trace.Rung{At: e.At, Who: e.Who, What: e.What})
}

// print writes what the switch and the script did with a call, in order of time.
func (l *ladder) print(w io.Writer, uuid string, script trace.Ladder) {
	l.mu.Lock()
	rungs := slices.Clone(l.rungs[uuid])
	l.mu.Unlock()
	for _, r := range script.Steps {
		if r.Who == trace.Script {
			rungs = append(rungs, r)
		}
	}
	slices.SortStableFunc(rungs, func(a, b trace.Rung) int { return a.At.Compare(b.At) })
	for i := range rungs {
		rungs[i].N = i
	}
	printLadder(w, rungs, rungs[0].At, scriptOf(script.Flow))
}

// has reports whether a rung of the call by the switch begins with what.
func (l *ladder) has(uuid, what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.rungs[uuid], func(r trace.Rung) bool {
		return r.Who == switchsim.WhoSwitch && strings.HasPrefix(r.What, what)
	})
}

// scriptOf returns the file of a flow.
func scriptOf(flow string) string { return flow + ".lua" }

// describeCall returns a script's call of a function, with its line.
func describeCall(t vm.Trace) string { return fmt.Sprintf("line %d: %s", t.Line, trace.Describe(t)) }
