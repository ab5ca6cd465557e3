package switchsim

import (
	"cmp"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// originateAPI dials and gives the leg something to do
// (mod_commands.c:originate_function). An unquoted &app(a b) loses all after the
// first blank, at which the arguments were split.
func originateAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 10)
	if len(argv) < 2 || len(argv) > 7 {
		return usage("<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]")
	}
	for i := range argv {
		if strings.EqualFold(argv[i], "undef") {
			argv[i] = ""
		}
	}
	o := origination{dial: argv[0], timeout: 60, cidName: nth(argv, 4), cidNumber: nth(argv, 5)}
	if timeout := nth(argv, 6); timeout != "" {
		o.timeout = text.Number(timeout)
	}
	c, cause := s.originate(o)
	if c == nil {
		return "-ERR " + cause + "\n"
	}
	c.endOriginate()
	exten := argv[1]
	if app, isApp := strings.CutPrefix(exten, "&"); isApp && app != "" {
		app, _, _ = strings.Cut(app, ")")
		app, arg, _ := strings.Cut(app, "(")
		c.executeOnly(Action{app, arg})
	} else {
		c.transfer([]string{exten, cmp.Or(nth(argv, 2), "XML"), cmp.Or(nth(argv, 3), "default")})
	}
	return "+OK " + c.uuid + "\n"
}

// endOriginate ends originate's work on the leg that answered. FreeSWITCH
// looks for an answer every 20 ms, so that an execute_on_answer application runs
// that long before it is broken off.
func (c *channel) endOriginate() {
	if c.get("execute_on_answer") != "" {
		timer := c.sw.clk.NewTimer(pollTick)
		select {
		case <-timer.C:
		case <-c.reported:
			timer.Stop()
		}
	}
	if c.get("dialed_user") != "" {
		// user/ originates a second time inside, which fires this again.
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
	c.fireWith("CALL_UPDATE", []wire.Header{{Name: "Direction", Value: "RECV"}})
}

// executeOnly gives a dialled leg one action.
func (c *channel) executeOnly(a Action) {
	c.update(func() {
		c.extension, c.hitDialplan = []Action{a}, true
		if c.cause == "" {
			c.state = csExecute
		}
	})
}
