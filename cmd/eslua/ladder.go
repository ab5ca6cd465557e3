package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	lua "github.com/yuin/gopher-lua"
)

// A ladder collects what the switch and the scripts do with calls, and prints one
// call as lines of time, actor and action.
type ladder struct {
	mu    sync.Mutex
	rungs map[string][]rung // by channel UUID
}

type rung struct {
	at        time.Time
	who, what string
}

func newLadder() *ladder { return &ladder{rungs: map[string][]rung{}} }

// shown lists the kinds of the switch's entries that are worth printing. It lacks
// the commands that a script sends, which are printed as the script wrote them.
var shown = map[string]bool{"progress": true, "answer": true, "execute": true, "dtmf": true, "conference": true, "hangup": true}

// onSwitch adds an entry of the simulator.
func (l *ladder) onSwitch(e switchsim.Entry) {
	if shown[e.Kind] && e.UUID != "" {
		l.add(e.UUID, rung{e.At, e.Who, e.What})
	}
}

// onScript adds a script's call of a bound function.
func (l *ladder) onScript(uuid string, t vm.Trace) {
	l.add(uuid, rung{t.Start.Add(t.Took), "script", describeCall(t)})
}

// describeCall returns a script's call of a bound function as the script would write it.
func describeCall(t vm.Trace) string {
	name := strings.ToLower(t.Name[:1]) + t.Name[1:] // the object's usual name, not its class's
	what := fmt.Sprintf("%s(%s)", name, values(t.Args))
	if len(t.Results) > 0 {
		what += " = " + values(t.Results)
	}
	if t.Err != nil {
		what += " failed: " + t.Err.Error()
	}
	return fmt.Sprintf("line %d: %s", t.Line, what)
}

func values(vs []lua.LValue) string {
	texts := make([]string, len(vs))
	for i, v := range vs {
		texts[i] = value(v)
	}
	return strings.Join(texts, ", ")
}

// value formats a value as the script would write it; the only objects that
// scripts pass on are tasks.
func value(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return fmt.Sprintf("%q", string(v))
	case *lua.LUserData:
		return "task"
	case *lua.LTable:
		var fields []string
		v.ForEach(func(k, v lua.LValue) {
			if _, deeper := v.(*lua.LTable); !deeper { // it may be in itself
				fields = append(fields, k.String()+" = "+value(v))
			}
		})
		slices.Sort(fields)
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return v.String()
}

func (l *ladder) add(uuid string, r rung) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rungs[uuid] = append(l.rungs[uuid], r)
}

// print writes the call's rungs in order of time, which starts at the first one.
func (l *ladder) print(w io.Writer, uuid string) {
	l.mu.Lock()
	rungs := slices.Clone(l.rungs[uuid])
	l.mu.Unlock()
	slices.SortStableFunc(rungs, func(a, b rung) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	for _, r := range rungs {
		printLine(w, "  %7.3f  %-7s %s", r.at.Sub(rungs[0].at).Seconds(), r.who, r.what)
	}
}

// has reports whether a rung of the call by the switch begins with what.
func (l *ladder) has(uuid, what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.rungs[uuid], func(r rung) bool {
		return r.who == switchsim.WhoSwitch && strings.HasPrefix(r.what, what)
	})
}
