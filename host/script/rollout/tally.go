package rollout

import "sync/atomic"

// A tally counts the calls of one version of a flow.
type tally struct {
	started, ended, failed atomic.Int64
	begin                  func() (ended func(failed bool)) // made once for all calls
}

// newTally returns a tally that calls afterEach, unless it is nil, when a call has
// ended.
func newTally(afterEach func()) *tally {
	t := &tally{}
	end := func(failed bool) {
		if failed {
			t.failed.Add(1)
		}
		t.ended.Add(1)
		if afterEach != nil {
			afterEach()
		}
	}
	t.begin = func() func(bool) {
		t.started.Add(1)
		return end
	}
	return t
}

// counts is a tally at one moment.
type counts struct{ started, ended, failed int64 }

// counts reads a tally. A nil tally has no calls.
func (t *tally) counts() counts {
	if t == nil {
		return counts{}
	}
	// Read in this order, so that never more have failed than ended or ended than started.
	c := counts{failed: t.failed.Load()}
	c.ended = max(t.ended.Load(), c.failed)
	c.started = max(t.started.Load(), c.ended)
	return c
}
