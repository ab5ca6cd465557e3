package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// A digit is one received DTMF digit; the duration is in samples.
type digit struct {
	char     byte
	duration int
	source   string // RTP, ENDPOINT, INBAND_AUDIO, APP, UNKNOWN
	hidden   bool   // it came while sensitive_dtmf was true, and has no event
}

// frameTime says how long a frame of media lasts.
const frameTime = 20 * time.Millisecond

// maxDigits is the length of a channel's DTMF queue.
const maxDigits = 1000

const dtmfChars = "0123456789*#ABCDabcdFfWw"

// receive queues digits; their events come when an application takes them from
// the queue (switch_channel_queue_dtmf).
func (c *channel) receive(digits, source string, duration int) {
	hidden := text.True(c.get("sensitive_dtmf"))
	c.mu.Lock()
	for i := 0; i < len(digits); i++ {
		if strings.IndexByte(dtmfChars, digits[i]) >= 0 && len(c.digits) < maxDigits && c.cause == "" {
			c.digits = append(c.digits, digit{digits[i], duration, source, hidden})
		}
	}
	c.mu.Unlock()
	signal(c.wake)
}

func (c *channel) hasDigit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.digits) > 0
}

// dequeue takes the next digit from the queue and fires its event
// (switch_channel_dequeue_dtmf).
func (c *channel) dequeue() (digit, bool) {
	d, ok := shift(&c.mu, &c.digits)
	if !ok || d.hidden {
		return d, ok
	}
	c.mu.Lock()
	divertTo := c.divertTo
	if len(c.dialled) < maxDigits {
		c.dialled = append(c.dialled, d.char)
	}
	c.mu.Unlock()
	c.trace(WhoSwitch, "dtmf", "DTMF "+string(d.char))
	headers := []wire.Header{
		{Name: "DTMF-Digit", Value: string(d.char)},
		{Name: "DTMF-Duration", Value: strconv.Itoa(d.duration)},
		{Name: "DTMF-Source", Value: d.source},
	}
	if divertTo != nil {
		divertTo.sub.Push(c.event("DTMF", nil, headers))
	} else {
		c.fire("DTMF", headers...)
	}
	return d, true
}

func (c *channel) flushDigits() { swap(&c.mu, &c.digits, nil) }

// send plays digits to the other end. The other half of a loopback receives them,
// a scripted person only hears them.
func (c *channel) send(digits string, duration int) {
	c.mu.Lock()
	half := c.otherHalf
	c.vars.set("last_dtmf_duration", strconv.Itoa(duration/2))
	c.mu.Unlock()
	c.trace(WhoSwitch, "dtmf", "sent "+digits)
	if half != nil {
		half.receive(digits, "APP", duration)
	}
}

// parseDigits splits digits@ms into digits and samples; FreeSWITCH's default is
// 2000 samples.
func parseDigits(arg string) (digits string, samples int) {
	digits, ms, _ := strings.Cut(arg, "@")
	if n := text.Number(ms); n > 0 {
		return digits, n * 8
	}
	return digits, 2000
}
