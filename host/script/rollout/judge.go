package rollout

import (
	"fmt"
	"math"
)

type verdict int

const (
	undecided verdict = iota
	better            // or equal
	worse
)

// judge compares the calls that started since the canary began: of both versions,
// so that calls of the same age are compared, and running calls count as not
// failed. Otherwise a flow whose good calls last for minutes and whose bad calls
// fail at once would seem to fail always at first.
//
// The new version is clearly worse if at least three calls have failed and the
// lower end of the 95 % Wilson interval of its failure rate is above the rate of
// the old one, both now and before the canary. Three, because one may fail by
// chance; before, because the old one may have had few calls since.
//
// When it is due (its window is over and enough of its calls have ended), the two
// rates decide.
func judge(fresh, old, earlier counts, due bool) verdict {
	rate := old.rate()
	if old.started == 0 {
		rate = earlier.rate()
	}
	const few = 3
	switch {
	case fresh.failed >= few && wilsonLower(fresh.failed, fresh.started) > max(rate, earlier.rate()):
		return worse
	case !due:
		return undecided
	case fresh.rate() > rate:
		return worse
	}
	return better
}

// rate returns the share of the calls that failed, 0 without calls.
func (c counts) rate() float64 {
	if c.started == 0 {
		return 0
	}
	return float64(c.failed) / float64(c.started)
}

func (c counts) String() string { return fmt.Sprintf("%d of %d calls", c.failed, c.started) }

// wilsonLower returns the lower end of the 95 % Wilson score interval of failed/n.
func wilsonLower(failed, n int64) float64 {
	const z = 1.96
	p, m := float64(failed)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	margin := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (middle - margin) / (1 + z*z/m)
}
