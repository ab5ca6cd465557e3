package rollout

import "sync/atomic"

// tally counts the calls of one version of a flow.
type tally struct {
	started, ended, failed atomic.Int64
	end                    func(failed bool)
}

// newTally makes end once for all its calls. then is told after each of them;
// nil: nobody is.
func newTally(then func()) *tally {
	t := &tally{}
	t.end = func(failed bool) {
		if failed {
			t.failed.Add(1)
		}
		t.ended.Add(1)
		if then != nil {
			then()
		}
	}
	return t
}

// counts is a tally at one moment.
type counts struct{ started, ended, failed int64 }

// now reads a tally; nil counts as nothing.
func (t *tally) now() counts {
	if t == nil {
		return counts{}
	}
	// What begins comes last, so that no more have failed than ended than begun.
	c := counts{failed: t.failed.Load()}
	c.ended = max(t.ended.Load(), c.failed)
	c.started = max(t.started.Load(), c.ended)
	return c
}
