package node

import "time"

const (
	shortestPause = time.Second
	longestPause  = 30 * time.Second
	sayAgainAfter = time.Minute
)

// retry is the rhythm of attempts: pauses that double up to a bound, each
// shortened by up to a half, so that many hosts do not come back in step.
type retry struct {
	rand func() float64 // [0,1)
	next time.Duration
}

func (r *retry) pause() time.Duration {
	r.next = min(max(2*r.next, shortestPause), longestPause)
	return r.next - time.Duration(r.rand()*float64(r.next)/2)
}

// lasted starts over after a connection that has stood for a while. One that
// breaks at once is no better than one that does not come about.
func (r *retry) lasted(d time.Duration) {
	if d >= longestPause {
		r.next = 0
	}
}

// complaint keeps a log readable while the same thing goes on failing: what is
// new is said at once, what is not once a minute.
type complaint struct {
	text string
	at   time.Time
}

func (c *complaint) due(now time.Time, text string) bool {
	if text == c.text && now.Sub(c.at) < sayAgainAfter {
		return false
	}
	c.text, c.at = text, now
	return true
}
