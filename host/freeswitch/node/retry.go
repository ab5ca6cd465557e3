package node

import "time"

const (
	shortestPause = time.Second
	longestPause  = 30 * time.Second
	repeatAfter   = time.Minute
)

// A backoff computes the pauses between attempts: they double up to a bound, and
// each is shortened by up to a half, so that many hosts do not reconnect in step.
type backoff struct {
	rand func() float64 // [0,1)
	next time.Duration
}

func (b *backoff) pause() time.Duration {
	b.next = min(max(2*b.next, shortestPause), longestPause)
	return b.next - time.Duration(b.rand()*float64(b.next)/2)
}

// lasted resets the pauses after a connection that was up for a while. One that
// breaks at once counts like one that failed.
func (b *backoff) lasted(d time.Duration) {
	if d >= longestPause {
		b.next = 0
	}
}

// A repeatFilter keeps the log readable while an attempt fails again and again: a
// new error is logged at once, a repeated one once a minute.
type repeatFilter struct {
	text string
	at   time.Time
}

func (f *repeatFilter) due(now time.Time, text string) bool {
	if text == f.text && now.Sub(f.at) < repeatAfter {
		return false
	}
	f.text, f.at = text, now
	return true
}
