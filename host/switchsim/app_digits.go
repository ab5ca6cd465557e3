package switchsim

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
)

// A gather holds the parameters of switch_ivr_read: a prompt, then digits up to a
// number, a terminator or a time-out.
type gather struct {
	min, max              int
	prompt, variable      string
	timeout, digitTimeout time.Duration
	terminators           string
}

// gathered tells how a gather ended.
type gathered uint8

const (
	gatherSuccess gathered = iota
	gatherTimeout
	gatherTooSmall
	gatherFailed
	gatherRestart
)

// String returns the value of read_result.
func (g gathered) String() string {
	return [...]string{"success", "timeout", "failure", "failure", "failure"}[g]
}

// readApp runs "min max prompt variable timeout terminators [digit timeout]".
func readApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 7)
	if len(argv) == 0 {
		return
	}
	g := gather{
		min: max(text.Number(argv[0]), 1), max: text.Number(nth(argv, 1)), prompt: nth(argv, 2),
		variable: nth(argv, 3), timeout: clampTimeout(nth(argv, 4)), terminators: nth(argv, 5),
		digitTimeout: time.Duration(text.Number(nth(argv, 6))) * time.Millisecond,
	}
	c.read(&g)
}

// queueDTMFApp queues digits as if the channel's own end had pressed them.
func queueDTMFApp(c *channel, arg string) {
	digits, samples := parseDigits(arg)
	c.receive(digits, "APP", samples)
}

// clampTimeout parses milliseconds; the applications do not wait less than a second.
func clampTimeout(s string) time.Duration {
	return max(time.Duration(text.Number(s))*time.Millisecond, time.Second)
}

// playAndGetDigitsApp runs "min max tries timeout terminators prompt invalid-prompt
// variable regexp [digit timeout [extension to transfer to after a failure]]".
func playAndGetDigitsApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 11)
	if len(argv) == 0 {
		return
	}
	g := gather{
		min: max(text.Number(argv[0]), 0), max: text.Number(nth(argv, 1)), timeout: clampTimeout(nth(argv, 3)),
		terminators: nth(argv, 4), prompt: nth(argv, 5), variable: nth(argv, 7),
		digitTimeout: time.Duration(text.Number(nth(argv, 9))) * time.Millisecond,
	}
	tries, bad, pattern := text.Number(nth(argv, 2)), nth(argv, 6), nth(argv, 8)
	if !c.playAndGetDigits(g, tries, bad, pattern) {
		if target := text.Split(nth(argv, 10), ' ', 4); len(target) > 0 {
			c.transfer(target)
		}
	}
}

// playAndGetDigits gathers digits until they match the pattern
// (switch_play_and_get_digits) and reports whether the call may continue.
func (c *channel) playAndGetDigits(g gather, tries int, bad, pattern string) bool {
	if pattern != "" && g.variable != "" {
		c.set(g.variable+"_invalid", "")
	}
	for ; c.ready() && tries > 0; tries-- {
		digits, result := c.read(&g)
		if result == gatherRestart {
			return true
		}
		if result == gatherTimeout && len(digits) >= g.min {
			result = gatherSuccess
		}
		if g.min == 0 && digits == "" && c.get("read_terminator_used") != "" {
			return true
		}
		if result == gatherSuccess && digits != "" {
			if pattern == "" || matches(pattern, digits) {
				return true
			}
			c.set(g.variable, "")
			if g.variable != "" {
				c.set(g.variable+"_invalid", digits)
			}
		}
		if !c.ready() {
			break
		}
		if bad != "" {
			c.playFile(bad, nil)
		}
	}
	return false
}

// read gathers digits once (switch_ivr_read). The first digit, also one typed
// ahead, stops the prompt and counts.
func (c *channel) read(g *gather) (string, gathered) {
	if g.terminators == "" {
		g.terminators = "#"
	}
	g.max = max(g.max, g.min)
	if g.digitTimeout == 0 {
		g.digitTimeout = g.timeout
	}
	c.set("read_result", "")
	if g.variable != "" {
		c.set(g.variable, "")
	}
	c.preAnswer()
	var digits []byte
	if g.prompt != "" && !strings.EqualFold(g.prompt, "silence") {
		st := c.playFile(g.prompt, func(d digit) bool { digits = append(digits, d.char); return true })
		if st != filePlayed {
			return c.finishRead(g, digits, gatherFailed)
		}
	}
	result, terminator := gatherSuccess, byte(0)
	if len(digits) < g.max {
		digits, terminator, result = c.collect(g, digits)
	}
	if terminator != 0 {
		c.set("read_terminator_used", string(terminator))
		if i := strings.IndexByte(g.terminators, terminator); i > 0 {
			switch g.terminators[i-1] { // +# appends the terminator, x# also restarts
			case '+':
				digits = append(digits, terminator)
			case 'x':
				digits, result = append(digits, terminator), gatherRestart
			}
		}
	} else if g.terminators[0] == '=' { // a terminator is required
		result = gatherTooSmall
	}
	if len(digits) < g.min {
		result = gatherTooSmall
	}
	c.set("read_result", result.String())
	return c.finishRead(g, digits, result)
}

// finishRead sets the variable, unless the only digit is a terminator.
func (c *channel) finishRead(g *gather, digits []byte, result gathered) (string, gathered) {
	if result != gatherRestart && g.max == 1 && len(digits) == 1 && strings.IndexByte(g.terminators, digits[0]) >= 0 {
		digits = nil
	}
	if g.variable != "" && len(digits) > 0 {
		c.set(g.variable, string(digits))
	}
	return string(digits), result
}

// collect takes digits until there are enough of them, with timeout for the first
// and digitTimeout for each further digit (switch_ivr_collect_digits_count).
func (c *channel) collect(g *gather, digits []byte) ([]byte, byte, gathered) {
	for i, d := range digits {
		if strings.IndexByte(g.terminators, d) >= 0 {
			return digits[:i], d, gatherSuccess
		}
	}
	limit := g.timeout
	if len(digits) > 0 {
		limit = g.digitTimeout
	}
	for {
		var got digit
		out := c.await(wait{limit: limit, ignoreBreak: true, digit: func(d digit) bool { got = d; return true }})
		switch out {
		case digitDone:
		case timedOut:
			return digits, 0, gatherTimeout
		default:
			return digits, 0, gatherFailed
		}
		limit = g.digitTimeout
		if strings.IndexByte(g.terminators, got.char) >= 0 {
			return digits, got.char, gatherSuccess
		}
		if digits = append(digits, got.char); len(digits) >= g.max {
			return digits, 0, gatherSuccess
		}
	}
}
