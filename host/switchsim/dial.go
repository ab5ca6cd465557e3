package switchsim

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/text"
)

// An origination holds the parameters of one originate or bridge.
type origination struct {
	dial               string
	timeout            int // seconds
	cidName, cidNumber string
	from               *channel // the A leg of a bridge; nil for the API
	literal            bool     // variables whose values refer to others are not set
}

// A target is one dial string of an origination, with its variables.
type target struct {
	dial string
	vars [][2]string
}

// originate dials groups (|) one after the other and the legs (,) of a group at
// once. It returns the first leg that answers or, unless ignore_early_media is
// set, has media; else the cause (switch_ivr_originate).
func (s *Switch) originate(o origination) (*channel, string) {
	vars, rest, ok := text.Brackets(o.dial, '{', '}')
	if !ok || strings.TrimSpace(rest) == "" {
		return nil, "DESTINATION_OUT_OF_ORDER"
	}
	if !strings.Contains(strings.ToLower(o.dial), "origination_nested_vars=true") { // anywhere in it
		o.literal = true
	}
	o.override(vars)
	w := s.newDialWait(o, text.True(lookup(vars, "ignore_early_media")))
	cause := "NO_ROUTE_DESTINATION"
	final := lookup(vars, "fail_on_single_reject")
	for _, group := range strings.Split(rest, "|") {
		w.begin(o)
		var legs []*channel
		for _, dial := range splitLegs(group) {
			local, dial, _ := text.Brackets(dial, '[', ']')
			c, why := s.dialLeg(target{strings.TrimSpace(dial), o.settable(append(vars[:len(vars):len(vars)], local...))}, o)
			if c == nil {
				cause = why
				if ends(final, why) {
					return nil, cause
				}
				continue
			}
			c.watch(w.wake)
			legs = append(legs, c)
			o.recordLeg(c)
		}
		if len(legs) == 0 {
			continue
		}
		stop := s.limitLegs(legs)
		winner, why := w.firstOf(legs)
		stop()
		o.recordCauses(legs, winner)
		if winner != nil {
			return winner, "SUCCESS"
		}
		cause = why
		if w.over && !(w.timedOut && text.True(lookup(vars, "originate_continue_on_timeout"))) {
			break
		}
		if slices.ContainsFunc(legs, func(c *channel) bool { return ends(final, c.hangupCause()) }) {
			break
		}
	}
	return nil, cause
}

// limitLegs hangs up the legs whose own time is over. FreeSWITCH counts whole seconds that
// have begun (switch_ivr_originate.c:check_per_channel_timeouts).
func (s *Switch) limitLegs(legs []*channel) (stop func()) {
	var timers []*clock.Timer
	for _, c := range legs {
		if n := text.Number(c.get("leg_timeout")); n > 0 {
			timers = append(timers, s.clk.AfterFunc(s.seconds(n+1), func() { c.hangup("ALLOTTED_TIMEOUT") }))
		}
	}
	return func() {
		for _, t := range timers {
			t.Stop()
		}
	}
}

// settable returns the variables that a leg gets: one that refers to another is refused,
// unless the dial string permits it (switch_ivr_originate.c:switch_ivr_originate,
// switch_channel.c:switch_channel_set_variable_var_check).
func (o *origination) settable(vars [][2]string) [][2]string {
	if !o.literal {
		return vars
	}
	return slices.DeleteFunc(slices.Clone(vars), func(v [2]string) bool { return reference.MatchString(v[1]) })
}

// reference finds a reference to a variable (switch_utils.h:switch_string_var_check_const).
var reference = regexp.MustCompile(`\$[\\$]*\{`)

// ends reports whether a leg's cause ends the whole list: FreeSWITCH looks for it in the
// text of fail_on_single_reject (switch_ivr_originate.c:switch_ivr_originate).
func ends(final, cause string) bool {
	return cause != "" && !text.True(final) && strings.Contains(strings.ToUpper(final), cause)
}

// override applies the variables that change the origination itself.
func (o *origination) override(vars [][2]string) {
	for _, v := range vars {
		switch v[0] {
		case "originate_timeout", "call_timeout":
			if n := text.Number(v[1]); n > 0 {
				o.timeout = n
			}
		case "origination_caller_id_name":
			o.cidName = v[1]
		case "origination_caller_id_number":
			o.cidNumber = v[1]
		}
	}
}

// splitLegs splits at commas outside of brackets; \, is a comma in a leg
// (switch_utils.c:cleanup_separated_string).
func splitLegs(group string) []string {
	var legs []string
	depth, start := 0, 0
	leg := func(end int) { legs = append(legs, strings.ReplaceAll(group[start:end], `\,`, ",")) }
	for i := 0; i < len(group); i++ {
		switch group[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '\\':
			i++
		case ',':
			if depth == 0 {
				leg(i)
				start = i + 1
			}
		}
	}
	leg(len(group))
	return legs
}

// lookup returns the last value of a variable.
func lookup(vars [][2]string, name string) string {
	for i := len(vars) - 1; i >= 0; i-- {
		if vars[i][0] == name {
			return vars[i][1]
		}
	}
	return ""
}

// dialWait waits for legs in the A leg's media loop or, for the API, in the
// goroutine that runs it.
type dialWait struct {
	s           *Switch
	from        *channel
	ignoreEarly bool
	wake        chan struct{}
	deadline    time.Time
	over        bool // timed out or cancelled: no further group is dialled
	timedOut    bool
}

// begin starts the time of a group; each has its own.
func (w *dialWait) begin(o origination) {
	w.deadline, w.over, w.timedOut = w.s.clk.Now().Add(w.s.seconds(o.timeout)), false, false
}

func (s *Switch) newDialWait(o origination, ignoreEarly bool) *dialWait {
	w := &dialWait{s: s, from: o.from, ignoreEarly: ignoreEarly, wake: make(chan struct{}, 1)}
	if o.from != nil {
		w.wake = o.from.wake
	}
	return w
}

// firstOf waits for the first leg that wins and hangs the others up; else it
// returns the cause.
func (w *dialWait) firstOf(legs []*channel) (*channel, string) {
	var winner *channel
	cause := "NO_ANSWER"
	decided := func() bool {
		dead := 0
		for i := range legs {
			c := legs[i].swapped()
			if c != legs[i] {
				legs[i], winner = c, c
				return true
			}
			p := c.progress()
			if p.ringing && w.from != nil {
				w.from.ringAsPartner(c)
			}
			switch {
			case p.cause != "":
				cause = p.cause
				dead++
			case p.answered || p.early && !w.ignoreEarly:
				winner = c
				return true
			}
		}
		return dead == len(legs)
	}
	out := w.wait(decided)
	lost := "ORIGINATOR_CANCEL"
	switch {
	case winner != nil:
		lost = "LOSE_RACE"
	case out == timedOut:
		lost = "NO_ANSWER"
	}
	for _, c := range legs {
		c.unwatch(w.wake)
		if c != winner {
			c.hangup(lost)
		}
	}
	if winner == nil && out != conditionMet {
		w.over, w.timedOut, cause = true, out == timedOut, lost
	}
	return winner, cause
}

func (w *dialWait) wait(decided func() bool) outcome {
	if w.from != nil {
		return w.from.await(wait{limit: w.deadline.Sub(w.s.clk.Now()), until: decided, ignoreBreak: true})
	}
	timer := w.s.clk.NewTimerAt(w.deadline)
	defer timer.Stop()
	for !decided() {
		select {
		case <-w.wake:
		case <-timer.C:
			return timedOut
		}
	}
	return conditionMet
}

// progress tells how far a dialled leg has come, as originate sees it.
type progress struct {
	ringing, early, answered bool
	cause                    string
}

func (c *channel) progress() progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return progress{c.ringing, c.early && c.callState != "DOWN" && c.callState != "RINGING", c.answerShown, c.cause}
}

// recordLeg sets the A leg's variables about a leg that is dialled.
func (o *origination) recordLeg(c *channel) {
	if o.from == nil {
		return
	}
	c.mu.Lock()
	item := c.uuid + ";" + c.caller.calleeName + ";" + c.caller.calleeNumber
	c.mu.Unlock()
	o.from.mu.Lock()
	defer o.from.mu.Unlock()
	o.from.vars.set("originate_signal_bond", c.uuid)
	o.from.vars.push("originated_legs", item)
}

// recordCauses sets the A leg's variables about the end of each leg.
func (o *origination) recordCauses(legs []*channel, winner *channel) {
	if o.from == nil {
		return
	}
	for _, c := range legs {
		cause := c.hangupCause()
		if c == winner || cause == "" {
			cause = "NONE"
		} else {
			o.from.set("last_bridge_hangup_cause", cause)
		}
		o.from.push("originate_causes", c.uuid+";"+cause)
	}
}

// ringAsPartner shows the A leg the leg that rings. An A leg that is not answered
// rings too.
func (c *channel) ringAsPartner(b *channel) {
	b.mu.Lock()
	name, number := b.caller.calleeName, b.caller.calleeNumber
	b.mu.Unlock()
	c.mu.Lock()
	p := *c.caller
	known := p.calleeName == name && p.calleeNumber == number && p.progress.us != ""
	p.calleeName, p.calleeNumber = name, number
	if p.progress.us == "" {
		p.progress = stampOf(c.sw.clk.Now())
	}
	if !known {
		c.caller = &p
	}
	c.mu.Unlock()
	c.ringReady() // unless it has come further already
}
