package esl

import "time"

// A peer can send without an end, and reading all of it would take the processors
// from other connections. So a reader that has received much continues in turns, one
// reader of all that share a Budget at a time; and while others wait, the processor
// rests after each turn for several times as long as the turn took.
const (
	freeBytes = 128 << 10 // received at once, without turns: more than a whole call
	freeRate  = 256 << 10 // bytes a second
	restTimes = 3
	longRest  = 10 * time.Millisecond
)

// A pace limits how quickly one reader goes on.
type pace struct {
	budget *Budget // nil: as quickly as it can
	owed   int     // bytes received and not paid by time
	due    bool    // what was received waits for a turn
	at     time.Time
	began  time.Time // the turn; zero outside of one
}

// owes counts n bytes that have arrived, and notes whether they must wait for a
// turn.
func (p *pace) owes(n int) {
	if p.budget == nil {
		return
	}
	if p.owed+n > freeBytes/2 { // most connections never have that much in all
		now := time.Now()
		p.owed = max(0, p.owed-int(now.Sub(p.at).Seconds()*freeRate))
		p.at = now
	}
	p.owed = min(p.owed+n, 2*freeBytes)
	p.due = p.owed > freeBytes
}

// begin reports whether c has a turn, or has ended. With wait it waits for that,
// or for a Kick.
func (p *pace) begin(c *Conn, wait bool) bool {
	select {
	case p.budget.turn <- struct{}{}:
		p.due, p.began = false, time.Now()
		return true
	default:
	}
	if !wait {
		return false
	}
	p.budget.waiting.Add(1)
	defer p.budget.waiting.Add(-1)
	select {
	case p.budget.turn <- struct{}{}:
		p.began = time.Now()
	case <-c.ended:
	case <-c.kick:
		return false
	}
	p.due = false
	return true
}

// end notes that what was received has been passed on.
func (p *pace) end() {
	if p.began.IsZero() {
		return
	}
	if p.budget.waiting.Load() > 0 {
		time.Sleep(min(restTimes*time.Since(p.began), longRest))
	}
	p.began = time.Time{}
	<-p.budget.turn
}
