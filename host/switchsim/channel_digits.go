package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// digit is one received DTMF digit; the duration is in samples.
type digit struct {
	char     byte
	duration int
	source   string // RTP, ENDPOINT, INBAND_AUDIO, APP, UNKNOWN
}

// maxDigits is the length of a channel's DTMF queue.
const maxDigits = 1000

const dtmfChars = "0123456789*#ABCDabcdFf"

// receive queues digits; their events come when some application takes them
// (switch_channel.c:switch_channel_queue_dtmf).
func (c *channel) receive(digits, source string, duration int) int {
	count := 0
	c.mu.Lock()
	for i := 0; i < len(digits); i++ {
		if strings.IndexByte(dtmfChars, digits[i]) >= 0 && len(c.digits) < maxDigits && c.cause == "" {
			c.digits = append(c.digits, digit{digits[i], duration, source})
			count++
		}
	}
	c.mu.Unlock()
	c.signal()
	return count
}

func (c *channel) hasDigit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.digits) > 0
}

// dequeue takes the next digit and tells the world about it
// (switch_channel.c:switch_channel_dequeue_dtmf).
func (c *channel) dequeue() (digit, bool) {
	c.mu.Lock()
	if len(c.digits) == 0 {
		c.mu.Unlock()
		return digit{}, false
	}
	d := c.digits[0]
	c.digits = c.digits[1:]
	sensitive, divert := truth(c.vars.get("sensitive_dtmf")), c.divert
	c.mu.Unlock()
	if sensitive {
		return d, true
	}
	c.mu.Lock()
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
	if divert != nil {
		divert.push(c.event("DTMF", nil, headers))
		return d, true
	}
	c.fire("DTMF", headers...)
	return d, true
}

func (c *channel) flushDigits() {
	c.mu.Lock()
	c.digits = nil
	c.mu.Unlock()
}

// send plays digits to the other end: the other half of a loopback receives
// them, a scripted person hears them.
func (c *channel) send(digits string, duration int) {
	c.mu.Lock()
	loop := c.loop
	c.vars.set("last_dtmf_duration", strconv.Itoa(duration/2))
	c.mu.Unlock()
	c.trace(WhoSwitch, "dtmf", "sent "+digits)
	if loop != nil {
		loop.receive(digits, "APP", duration)
	}
}

// sendDuration splits digits@ms; FreeSWITCH's default is 2000 samples.
func sendDuration(arg string) (digits string, samples int) {
	digits, ms, ok := strings.Cut(arg, "@")
	if n := number(ms); ok && n > 0 {
		return digits, n * 8
	}
	return digits, 2000
}
