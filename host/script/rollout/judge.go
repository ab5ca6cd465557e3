package rollout

import (
	"fmt"
	"math"
)

type verdict int

const (
	undecided verdict = iota
	better            // or as good
	worse
)

// judge compares the calls begun since the canary was: of both versions, so that
// calls of the same age stand against each other, and running ones count as not
// failed. A flow whose calls last for minutes when they are well and fail at
// once when they are not would else seem to fail always at first.
//
// The new version is clearly worse when at least three calls have failed and the
// lower end of the 95 % Wilson interval of its failure rate is above the rate of
// the old one, both now and before the canary. Three, because one may fail by
// chance; before, because the old one may have had few calls since.
//
// When it is due, its window over and enough of its calls ended, the two rates
// decide.
func judge(fresh, old, before counts, due bool) verdict {
	rate := old.rate()
	if old.started == 0 {
		rate = before.rate()
	}
	const few = 3
	switch {
	case fresh.failed >= few && wilsonLower(fresh.failed, fresh.started) > max(rate, before.rate()):
		return worse
	case !due:
		return undecided
	case fresh.rate() > rate:
		return worse
	}
	return better
}

// rate is 0 without calls.
func (c counts) rate() float64 {
	if c.started == 0 {
		return 0
	}
	return float64(c.failed) / float64(c.started)
}

func (c counts) String() string { return fmt.Sprintf("%d of %d calls", c.failed, c.started) }

// wilsonLower is the lower end of the 95 % Wilson score interval of failed/n.
func wilsonLower(failed, n int64) float64 {
	const z = 1.96
	p, m := float64(failed)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	margin := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (middle - margin) / (1 + z*z/m)
}
