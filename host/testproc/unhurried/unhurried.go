// Package unhurried has a clock for tests that cannot run in a bubble, because their
// scripts compute, or because they have real ports or other processes.
package unhurried

import (
	"time"

	"github.com/eslua/eslua/host/clock"
)

// Clock returns the machine's clock, except that what takes five seconds or longer, as
// all limits do that an honest call could exceed on a busy machine, takes a hundred
// times as long. Pauses between attempts (clock.Pause) are none: a host whose node is not there
// yet would try again after ten minutes.
func Clock() clock.Clock { return unhurried{clock.System()} }

type unhurried struct{ clock.Clock }

func (u unhurried) Pauses() clock.Clock { return u.Clock }

func (u unhurried) NewTimer(d time.Duration) *clock.Timer { return u.Clock.NewTimer(stretch(d)) }

func (u unhurried) NewTimerAt(at time.Time) *clock.Timer { return u.NewTimer(time.Until(at)) }

func (u unhurried) AfterFunc(d time.Duration, fn func()) *clock.Timer {
	return u.Clock.AfterFunc(stretch(d), fn)
}

func stretch(d time.Duration) time.Duration {
	if d < 5*time.Second {
		return d
	}
	return 100 * d
}
