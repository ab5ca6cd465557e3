package outbound

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// mostDigits bounds what is typed ahead; later digits are lost, as in
// FreeSWITCH's own queue.
const mostDigits = 128

// Digit is one key the caller pressed.
type Digit struct {
	Key      byte   // '0'-'9', '*', '#', 'A'-'D'
	Duration int    // samples of the channel's rate, mostly 8000 a second
	Source   string // RTP, ENDPOINT, INBAND_AUDIO, APP, UNKNOWN
}

// typeahead are the digits nobody has asked for yet, oldest first.
type typeahead struct{ digits []Digit }

func (t *typeahead) add(ev esl.Event) {
	key := ev.Get("DTMF-Digit")
	if key == "" || len(t.digits) >= mostDigits {
		return
	}
	duration, _ := strconv.Atoi(ev.Get("DTMF-Duration"))
	t.digits = append(t.digits, Digit{Key: key[0], Duration: duration, Source: strings.Clone(ev.Get("DTMF-Source"))})
}

// PopDigit takes the oldest digit that is typed ahead, without waiting.
func (c *Call) PopDigit() (Digit, bool) {
	c.catchUp()
	if len(c.digits) == 0 {
		return Digit{}, false
	}
	d := c.digits[0]
	c.digits = append(c.digits[:0], c.digits[1:]...)
	return d, true
}

// PendingDigits are the digits typed ahead.
func (c *Call) PendingDigits() string {
	c.catchUp()
	keys := make([]byte, len(c.digits))
	for i, d := range c.digits {
		keys[i] = d.Key
	}
	return string(keys)
}

// FlushDigits forgets the digits typed ahead.
func (c *Call) FlushDigits() {
	c.catchUp()
	c.digits = nil
}

// WaitDigit returns the oldest digit typed ahead or, within d (without limit when
// negative), the next one pressed; false when there was none in time.
func (c *Call) WaitDigit(ctx context.Context, d time.Duration) (Digit, bool, error) {
	w := &wait{}
	w.done = func() bool { return len(c.digits) > 0 || c.hungUp || w.stopped }
	err := c.wait(ctx, d, w)
	if digit, ok := c.PopDigit(); ok {
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

// keepsDigits tells whether a digit heard now is for whoever asks next. While an
// application of ours runs that takes digits for itself (read, ivr, voicemail,
// bridge ...) they are its own: FreeSWITCH tells of them when they are taken.
func (c *Call) keepsDigits() bool {
	for _, x := range c.running {
		if !leavesDigits(x.app) {
			return false
		}
	}
	return true
}

// leavesDigits lists the applications that take no digits but to be broken off.
func leavesDigits(app string) bool {
	switch strings.ToLower(app) {
	case "playback", "loop_playback", "endless_playback", "say", "phrase", "speak", "gentones",
		"record", "sleep", "park", "detect_speech", "wait_for_silence", "displace_session":
		return true
	}
	return false
}
