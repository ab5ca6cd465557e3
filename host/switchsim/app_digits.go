package switchsim

import (
	"regexp"
	"strings"
	"time"
)

// gather is one switch_ivr_read: a prompt, then digits up to a number, a
// terminator or a time-out.
type gather struct {
	min, max              int
	prompt, variable      string
	timeout, digitTimeout time.Duration
	terminators           string
}

// gathered is how it ended.
type gathered uint8

const (
	gatherSuccess gathered = iota
	gatherTimeout
	gatherTooSmall
	gatherFailed
	gatherRestart
)

func readApp(c *channel, arg string) {
	argv := separate(arg, ' ', 7)
	if len(argv) == 0 {
		return
	}
	g := gather{
		min: max(number(argv[0]), 1), max: number(arrayAt(argv, 1)), prompt: arrayAt(argv, 2),
		variable: arrayAt(argv, 3), timeout: clampTimeout(arrayAt(argv, 4)), terminators: arrayAt(argv, 5),
		digitTimeout: time.Duration(number(arrayAt(argv, 6))) * time.Millisecond,
	}
	c.read(&g)
}

// clampTimeout: the applications do not wait less than a second.
func clampTimeout(s string) time.Duration {
	return max(time.Duration(number(s))*time.Millisecond, time.Second)
}

func playAndGetDigitsApp(c *channel, arg string) {
	argv := separate(arg, ' ', 11)
	if len(argv) == 0 {
		return
	}
	g := gather{
		min: max(number(argv[0]), 0), max: number(arrayAt(argv, 1)), timeout: clampTimeout(arrayAt(argv, 3)),
		terminators: arrayAt(argv, 4), prompt: arrayAt(argv, 5), variable: arrayAt(argv, 7),
		digitTimeout: time.Duration(number(arrayAt(argv, 9))) * time.Millisecond,
	}
	tries, bad, pattern := number(arrayAt(argv, 2)), arrayAt(argv, 6), arrayAt(argv, 8)
	if !c.playAndGetDigits(g, tries, bad, pattern) {
		if target := separate(arrayAt(argv, 10), ' ', 4); len(target) > 0 {
			c.transferTo(target[0], arrayAt(target, 1), arrayAt(target, 2))
		}
	}
}

// playAndGetDigits is switch_play_and_get_digits.
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

// matches is switch_regex_match: somewhere in the digits.
func matches(pattern, digits string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(digits)
}

// read is switch_ivr_read. The first digit, also one typed ahead, breaks the
// prompt off and counts.
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
			switch g.terminators[i-1] { // +# keeps the terminator, x# also restarts
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
	switch result {
	case gatherSuccess:
		c.set("read_result", "success")
	case gatherTimeout:
		c.set("read_result", "timeout")
	default:
		c.set("read_result", "failure")
	}
	return c.finishRead(g, digits, result)
}

func (c *channel) finishRead(g *gather, digits []byte, result gathered) (string, gathered) {
	if result != gatherRestart && g.max == 1 && len(digits) == 1 && strings.IndexByte(g.terminators, digits[0]) >= 0 {
		digits = nil
	}
	if g.variable != "" && len(digits) > 0 {
		c.set(g.variable, string(digits))
	}
	return string(digits), result
}

// collect is switch_ivr_collect_digits_count: timeout for the first digit,
// digitTimeout between digits.
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
		out := c.pause(pause{d: limit, deafToBreak: true, digit: func(d digit) bool { got = d; return true }})
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
