package outbound

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A Digit is one key that the caller pressed.
type Digit struct {
	Key      byte   // '0'-'9', '*', '#', 'A'-'D'
	Duration int    // in samples at the channel's rate, mostly 8000 a second
	Source   string // RTP, ENDPOINT, INBAND_AUDIO, APP, UNKNOWN
}

// A typeahead is the queue of digits that nobody has asked for yet, oldest first.
type typeahead struct {
	digits  []Digit
	pressed time.Time // when a digit came last, whoever takes it
}

// maxTyped limits the digits typed ahead as FreeSWITCH does (switch_types.h:
// SWITCH_DTMF_LOG_LEN); later ones are lost.
const maxTyped = 1000

// add queues the digit of a DTMF event.
func (t *typeahead) add(ev esl.Event) {
	key := ev.Get("DTMF-Digit")
	if key == "" || len(t.digits) >= maxTyped {
		return
	}
	duration, _ := strconv.Atoi(ev.Get("DTMF-Duration"))
	t.digits = append(t.digits, Digit{Key: key[0], Duration: duration, Source: strings.Clone(ev.Get("DTMF-Source"))})
}

// PopDigit removes the oldest queued digit and returns it, without waiting.
func (c *Call) PopDigit() (Digit, bool) {
	c.catchUp()
	return c.pop()
}

func (t *typeahead) pop() (Digit, bool) {
	if len(t.digits) == 0 {
		return Digit{}, false
	}
	d := t.digits[0]
	t.digits = append(t.digits[:0], t.digits[1:]...)
	return d, true
}

// PendingDigits returns the queued digits.
func (c *Call) PendingDigits() string {
	c.catchUp()
	return c.typeahead.keys()
}

func (t *typeahead) keys() string {
	keys := make([]byte, len(t.digits))
	for i, d := range t.digits {
		keys[i] = d.Key
	}
	return string(keys)
}

// TakeDigits removes the queued digits and returns them. FlushDigits after
// PendingDigits would lose what came between the two.
func (c *Call) TakeDigits() string {
	digits := c.PendingDigits()
	c.digits = nil
	return digits
}

// FlushDigits discards the queued digits.
func (c *Call) FlushDigits() {
	c.catchUp()
	c.digits = nil
}

// WaitDigit returns the oldest queued digit or, if there is none, the next one
// pressed within d, or without a limit if d is negative. It returns false if none
// came in time.
func (c *Call) WaitDigit(ctx context.Context, d time.Duration) (Digit, bool, error) {
	w := &wait{}
	w.done = func() bool { return len(c.digits) > 0 || c.hungUp || w.stopped }
	err := c.wait(ctx, d, w)
	if digit, ok := c.pop(); ok {
		return digit, true, nil
	}
	switch {
	case err == errTimeUp:
		return Digit{}, false, nil
	case err != nil:
		return Digit{}, false, err
	case c.hungUp:
		return Digit{}, false, c.hangupError()
	}
	return Digit{}, false, ErrStopped
}

// queuesDigits reports whether a digit whose event comes now is queued for the script.
// If an application of ours runs that reads digits itself (read, ivr, voicemail,
// bridge ...), digits belong to it, and FreeSWITCH sends their events when it reads
// them. Until its CHANNEL_EXECUTE has come, park has read them.
func (c *Call) queuesDigits() bool {
	for _, x := range c.running {
		if x.started && !x.complete && !syntax.IgnoresDigits(x.app) {
			return false
		}
	}
	return true
}
