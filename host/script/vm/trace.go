package vm

import (
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A Trace describes one finished call of a declared function.
type Trace struct {
	Name    string // "Session:playback", "freeswitch.consoleLog"
	Args    []lua.LValue
	Results []lua.LValue
	Err     error
	Start   time.Time
	Took    time.Duration
	Line    int // of the script that called
	File    string
}

func (s *State) traceStart() (start time.Time) {
	if s.options.Trace != nil {
		start = s.options.Clock.Now()
	}
	return start
}

func (s *State) trace(a *Args, start time.Time, err error) {
	t := Trace{Name: a.wrapper.name, Err: err, Start: start, Took: s.options.Clock.Now().Sub(start)}
	for i := range a.Len() {
		t.Args = append(t.Args, a.Value(i))
	}
	t.Results = append(t.Results, a.results...)
	t.File, t.Line = guard.Where(a.L)
	s.options.Trace(t)
}
