package switchsim

import (
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
)

// sleepApp waits that many milliseconds. A digit in the queue ends it and remains
// queued, unless sleep_eat_digits is set. Without media it only waits.
func sleepApp(c *channel, arg string) {
	ms := text.Number(arg)
	if ms <= 0 {
		return
	}
	w := wait{limit: time.Duration(ms) * time.Millisecond}
	switch {
	case !c.hasMedia():
	case text.True(c.get("sleep_eat_digits")):
		w.digit = c.isTerminator
	default:
		w.endOnDigit = true
	}
	c.await(w)
}

func waitForAnswerApp(c *channel, _ string) {
	c.await(wait{endless: true, ignoreBreak: true, until: c.isAnswered})
}

// interrupt ends what the channel waits for: uuid_break and the break application.
func (c *channel) interrupt() {
	swap(&c.mu, &c.broken, true)
	signal(c.wake)
}
