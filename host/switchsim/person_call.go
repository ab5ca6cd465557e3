package switchsim

import (
	"cmp"

	"github.com/eslua/eslua/host/switchsim/text"
)

// A Call shows one leg as the person at its end sees it.
type Call struct{ c *channel }

// Call lets somebody call in and returns at once.
func (s *Switch) Call(who Caller) *Call {
	name := "sofia/internal/" + who.Number + "@" + s.hostname()
	p := &profile{username: who.Number, dialplan: "XML", context: cmp.Or(who.Context, "default"), destination: who.Destination,
		cidName: who.Name, cidNumber: who.Number, origName: who.Name, origNumber: who.Number,
		networkAddr: "127.0.0.1", ani: who.Number, source: "mod_sofia"}
	c := s.newChannel(who.UUID, name, inbound, codecSIP, p)
	c.vars.set("uuid", c.uuid)
	c.setSessionID()
	leg := c.newSIPLeg(who.Number, "127.0.0.1:5060")
	c.setInviteVariables(leg)
	c.setMediaVariables(leg)
	for name, value := range who.Variables {
		c.vars.set(name, value)
	}
	c.pad()
	c.scripted = len(who.Script)+len(who.Reactions) > 0
	c.begin()
	for _, script := range append([][]Step{who.Script}, who.Reactions...) {
		if len(script) > 0 {
			s.spawn(func() { c.playScript(script) })
		}
	}
	return &Call{c}
}

// Leg returns a leg, living or ended, by its channel's UUID, for example one that
// was originated.
func (s *Switch) Leg(uuid string) (*Call, bool) {
	if c := s.find(uuid); c != nil {
		return &Call{c}, true
	}
	if p := s.journal.page(uuid); p != nil {
		return &Call{p.c}, true
	}
	return nil, false
}

// UUID returns the channel's UUID.
func (c *Call) UUID() string { return c.c.uuid }

// Press presses digits now.
func (c *Call) Press(digits string) { c.c.press(digits) }

// Hangup hangs up from this person's side; an empty cause is NORMAL_CLEARING.
func (c *Call) Hangup(cause string) { c.c.personHangup(text.Cause(cause)) }

// Done returns a channel that is closed after CHANNEL_HANGUP_COMPLETE.
func (c *Call) Done() <-chan struct{} { return c.c.reported }

// Cause returns the hangup cause, empty while the call lives.
func (c *Call) Cause() string { return c.c.hangupCause() }

// Variable returns the value of a channel variable.
func (c *Call) Variable(name string) string { return c.c.get(name) }

// Played returns the paths that were played to this leg, in order.
func (c *Call) Played() []string {
	r, _ := c.c.sw.Record(c.c.uuid)
	return r.Played
}
