package clock

import "time"

// Shifted returns a clock that is ahead of another one by d.
func Shifted(clk Clock, d time.Duration) Clock { return shifted{clk, d} }

type shifted struct {
	Clock
	by time.Duration
}

func (s shifted) Now() time.Time { return s.Clock.Now().Add(s.by) }

func (s shifted) NewTimerAt(at time.Time) *Timer { return s.Clock.NewTimerAt(at.Add(-s.by)) }
