package replay

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
)

// A Pace has a script take the time that it took in the recorded call: in a time of its own
// computing takes none, and what the script finds out between two waits depends on it. It is
// a vm.Tracer of one run.
type Pace struct {
	clock clock.Clock
	calls []trace.Rung // of functions, in the order in which they were called
}

// NewPace returns the pace of a recorded call.
func NewPace(recorded trace.Ladder, clk clock.Clock) *Pace {
	p := &Pace{clock: clk}
	for i, r := range recorded.Steps {
		if r.N != i {
			break // rungs are missing
		}
		if r.Kind == trace.Function {
			p.calls = append(p.calls, r)
		}
	}
	began := func(r trace.Rung) float64 { return r.Ms - r.Took }
	slices.SortStableFunc(p.calls, func(a, b trace.Rung) int { return cmp.Compare(began(a), began(b)) })
	return p
}

// Enter waits until the script called the function in the recorded call, if it goes the same
// way still.
func (p *Pace) Enter(a *vm.Args) {
	if len(p.calls) == 0 {
		return
	}
	next := p.calls[0]
	called, _ := vm.AsCalled(a.Declared())
	name := next.What[:max(0, strings.IndexAny(next.What, "({"))]
	if called != name {
		p.calls = nil
		return
	}
	p.calls = p.calls[1:]
	took := time.Duration(next.Took * float64(time.Millisecond))
	_ = clock.Sleep(a.Context(), p.clock, next.At.Add(-took).Sub(p.clock.Now()))
}

// Leave does nothing.
func (*Pace) Leave(*vm.Args, error) {}
