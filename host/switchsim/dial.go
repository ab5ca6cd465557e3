package switchsim

import (
	"strings"
	"time"
)

// origination is one originate: who is dialled, for whom, how long.
type origination struct {
	dial               string
	timeout            int // seconds
	cidName, cidNumber string
	from               *channel // the A leg of a bridge; nil for the API
}

// leg is one dial string of an origination.
type leg struct {
	target string
	vars   [][2]string
}

// originate dials groups (|) one after the other and the legs (,) of a group at
// once, and returns the first leg that answers or, unless ignore_early_media,
// has media; else the cause (switch_ivr_originate).
func (s *Switch) originate(o origination) (*channel, string) {
	vars, rest, ok := brackets(o.dial, '{', '}')
	if !ok || strings.TrimSpace(rest) == "" {
		return nil, "DESTINATION_OUT_OF_ORDER"
	}
	for _, v := range vars {
		switch v[0] {
		case "originate_timeout", "call_timeout":
			if n := number(v[1]); n > 0 {
				o.timeout = n
			}
		case "origination_caller_id_name":
			o.cidName = v[1]
		case "origination_caller_id_number":
			o.cidNumber = v[1]
		}
	}
	w := s.newDialWait(o)
	cause := "NO_ROUTE_DESTINATION"
	for _, group := range strings.Split(rest, "|") {
		var legs []*channel
		for _, target := range splitLegs(group) {
			local, target, _ := brackets(target, '[', ']')
			c, why := s.dialLeg(leg{target: target, vars: append(append([][2]string(nil), vars...), local...)}, o)
			if c == nil {
				cause = why
				continue
			}
			w.watch(c)
			legs = append(legs, c)
			o.noteLeg(c)
		}
		if len(legs) == 0 {
			continue
		}
		won, why := w.first(legs, lookup(vars, "ignore_early_media"))
		o.noteCauses(legs, won)
		if won != nil {
			return won, "SUCCESS"
		}
		cause = why
		if w.over {
			break
		}
	}
	return nil, cause
}

// splitLegs splits at commas outside of brackets.
func splitLegs(group string) []string {
	var legs []string
	depth, start := 0, 0
	for i := 0; i < len(group); i++ {
		switch group[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				legs = append(legs, group[start:i])
				start = i + 1
			}
		}
	}
	return append(legs, group[start:])
}

func lookup(vars [][2]string, name string) string {
	for i := len(vars) - 1; i >= 0; i-- {
		if vars[i][0] == name {
			return vars[i][1]
		}
	}
	return ""
}

// dialWait waits for legs, in the A leg's own media loop or, for the API, in
// the goroutine that runs it.
type dialWait struct {
	s        *Switch
	from     *channel
	wake     chan struct{}
	deadline time.Time
	over     bool // timed out or cancelled: no further group
}

func (s *Switch) newDialWait(o origination) *dialWait {
	w := &dialWait{s: s, from: o.from, wake: make(chan struct{}, 1), deadline: s.clk.Now().Add(s.seconds(o.timeout))}
	if o.from != nil {
		w.wake = o.from.wake
	}
	return w
}

func (w *dialWait) watch(c *channel) { c.watchOn(w.wake) }

// first waits for the first leg that is won; the others lose the race.
func (w *dialWait) first(legs []*channel, ignoreEarly string) (*channel, string) {
	var won *channel
	cause := "NO_ANSWER"
	settled := func() bool {
		alive := false
		for _, c := range legs {
			c.mu.Lock()
			dead, answered, early, ringing, why := c.cause != "", c.answered, c.early, c.ringing, c.cause
			c.mu.Unlock()
			if ringing && w.from != nil {
				w.from.partnerRings(c)
			}
			switch {
			case dead:
				cause = why
			case answered || early && !truth(ignoreEarly):
				won = c
				return true
			default:
				alive = true
			}
		}
		return !alive
	}
	out := w.wait(settled)
	for _, c := range legs {
		c.unwatch(w.wake)
		if c == won {
			continue
		}
		switch {
		case won != nil:
			c.hangup("LOSE_RACE")
		case out == timedOut:
			c.hangup("NO_ANSWER")
		case out != stopped:
			c.hangup("ORIGINATOR_CANCEL")
		}
	}
	switch {
	case won != nil:
		return won, ""
	case out == timedOut:
		w.over = true
		return nil, "NO_ANSWER"
	case out != stopped:
		w.over = true
		return nil, "ORIGINATOR_CANCEL"
	}
	return nil, cause
}

func (w *dialWait) wait(settled func() bool) outcome {
	left := w.deadline.Sub(w.s.clk.Now())
	if w.from != nil {
		return w.from.pause(pause{d: max(left, 0), stop: settled, deafToBreak: true})
	}
	timer := w.s.clk.NewTimer(left)
	defer timer.Stop()
	for !settled() {
		select {
		case <-w.wake:
		case <-timer.C:
			return timedOut
		}
	}
	return stopped
}

// noteLeg and noteCauses leave in the A leg's variables who was dialled and what
// became of it.
func (o *origination) noteLeg(c *channel) {
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

func (o *origination) noteCauses(legs []*channel, won *channel) {
	if o.from == nil {
		return
	}
	for _, c := range legs {
		c.mu.Lock()
		cause := c.cause
		c.mu.Unlock()
		o.from.mu.Lock()
		if c == won || cause == "" {
			cause = "NONE"
		} else {
			o.from.vars.set("last_bridge_hangup_cause", cause)
		}
		o.from.vars.push("originate_causes", c.uuid+";"+cause)
		o.from.mu.Unlock()
	}
}

// partnerRings shows the A leg whom it will reach; one that is not answered
// hears the ringing.
func (c *channel) partnerRings(b *channel) {
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
	waiting := !c.answered && !c.early && !c.ringing
	c.mu.Unlock()
	if waiting {
		c.ringReady()
	}
}

// originateAPI is the originate API (mod_commands.c:originate_function). An unquoted
// &app(a b) loses what follows the first blank: it was split before.
func (s *Switch) originateAPI(args string) string {
	const usage = "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n"
	argv := separate(args, ' ', 10)
	if len(argv) < 2 || len(argv) > 7 {
		return usage
	}
	for len(argv) < 7 {
		argv = append(argv, "")
	}
	for i := range argv {
		if strings.EqualFold(argv[i], "undef") {
			argv[i] = ""
		}
	}
	o := origination{dial: argv[0], timeout: 60, cidName: argv[4], cidNumber: argv[5]}
	if argv[6] != "" {
		o.timeout = number(argv[6])
	}
	c, cause := s.originate(o)
	if c == nil {
		return "-ERR " + cause + "\n"
	}
	s.handOver(c)
	exten, dialplan, context := argv[1], argv[2], argv[3]
	if app, isApp := strings.CutPrefix(exten, "&"); isApp && app != "" {
		app, _, _ = strings.Cut(app, ")")
		app, arg, _ := strings.Cut(app, "(")
		c.runOnly([]Action{{app, arg}})
	} else {
		if dialplan == "" {
			dialplan = "XML"
		}
		if context == "" {
			context = "default"
		}
		c.transferTo(exten, dialplan, context)
	}
	return "+OK " + c.uuid + "\n"
}

// handOver is what originate does with the leg that answered before it gives it
// something to do. It looks for an answer every 20 ms only, so that an
// execute_on_answer application gets as far as that and is then broken off.
func (s *Switch) handOver(c *channel) {
	if c.get("execute_on_answer") != "" {
		timer := s.clk.NewTimer(pollTick)
		select {
		case <-timer.C:
		case <-c.reported:
			timer.Stop()
		}
	}
	if c.get("dialed_user") != "" {
		// user/ originates a second time inside, so this comes again.
		c.fire("CHANNEL_OUTGOING")
		c.set("originate_endpoint", "user")
	}
	c.flipCallerID()
}

// flipCallerID makes the dialled party the caller of what runs next
// (switch_channel_flip_cid).
func (c *channel) flipCallerID() {
	c.mu.Lock()
	p := *c.caller
	for _, v := range [][2]string{{"pre_transfer_caller_id_name", p.cidName}, {"pre_transfer_caller_id_number", p.cidNumber}} {
		if v[1] != "" {
			c.vars.set(v[0], v[1])
		}
	}
	p.cidName, p.cidNumber, p.calleeName, p.calleeNumber = p.calleeName, p.calleeNumber, p.origName, p.origNumber
	c.caller = &p
	c.vars.set("channel_cid_flipped", "yes")
	c.hitDialplan = true
	c.mu.Unlock()
	c.fireWith("CALL_UPDATE", directionReceived)
}

// runOnly gives a dialled leg its extension.
func (c *channel) runOnly(actions []Action) {
	c.mu.Lock()
	c.extension, c.hitDialplan = actions, true
	c.mu.Unlock()
	c.setState(csExecute)
}
