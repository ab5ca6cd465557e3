package campaign

import (
	"math"
	"time"
)

// A pace lets one call go at a time, so many in a second, without bursts.
type pace struct {
	next time.Time // when the next one may go
}

// longestStep is longer than any campaign lasts.
const longestStep = 10 * 365 * 24 * time.Hour

// due returns when the next call may go, now or later.
func (p *pace) due() time.Time { return p.next }

// take counts a call. What was not used before is not made up for.
func (p *pace) take(now time.Time, rate float64) {
	step := time.Duration(min(float64(time.Second)/rate, float64(longestStep)))
	if p.next.Before(now.Add(-step)) {
		p.next = now
	}
	p.next = p.next.Add(step)
}

// A load is what a route or a node is busy with.
type load struct {
	pace
	calls int // at a time
}

// A limit is what FreeSWITCH says that it can take, and what it has shown that it can.
//
// FreeSWITCH makes so many sessions in each second of its clock (sessions-per-second,
// switch_core_session.c:switch_core_session_request_uuid), for everybody who calls, and
// refuses the rest. A call on loopback takes two. So campaigns take half of it at most, and
// when calls are refused all the same, half of what they took, which grows again by a
// twentieth of the whole with each second without a refusal.
type limit struct {
	sessions int     // per second, as the node says; 0: it is not known
	share    float64 // of what may be taken, 0 to 1
	changed  time.Time
}

// unknownSessions is FreeSWITCH's default (switch_core.c: runtime.sps_total).
const unknownSessions = 30

const (
	mostOf     = 0.5  // of the sessions per second
	leastShare = 0.02 // however often it refuses
	growth     = 0.05 // in each second
)

// rate returns how many calls a second may be placed.
func (l *limit) rate(now time.Time) float64 {
	sessions := l.sessions
	if sessions == 0 {
		sessions = unknownSessions
	}
	return max(0.1, float64(sessions)*mostOf*l.grown(now))
}

// grown returns the share at a moment.
func (l *limit) grown(now time.Time) float64 {
	if l.changed.IsZero() {
		return 1
	}
	return math.Min(1, l.share+growth*now.Sub(l.changed).Seconds())
}

// refused notes that the node has refused a call. Those of one second count once.
func (l *limit) refused(now time.Time) {
	if !l.changed.IsZero() && now.Sub(l.changed) < time.Second {
		return
	}
	l.share, l.changed = max(leastShare, l.grown(now)/2), now
}
