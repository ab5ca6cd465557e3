package switchsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// transfer sends the channel to another extension (switch_ivr_session_transfer).
// argv is the extension, the dialplan and the context; an empty or missing
// dialplan or context stays as it is.
func (c *channel) transfer(argv []string) {
	c.runTransferHooks()
	partner := c.partner()
	if partner != nil { // before its bridge ends, which may hang it up
		partner.set("signal_bond", "")
	}
	p := c.redirect(nth(argv, 0), nth(argv, 1), nth(argv, 2))
	if p == nil {
		c.hangup("EXCHANGE_ROUTING_ERROR") // nothing happens if it is hung up already
		return
	}
	c.trace(WhoSwitch, "route", fmt.Sprintf("transferred to %s[%s@%s]", p.dialplan, p.destination, p.context))
	if partner != nil {
		c.unbridge(partner)
	}
	c.changed()
}

// runTransferHooks runs the applications that an admin has put on transfers, in the
// goroutine that transfers (switch_channel_execute_on).
func (c *channel) runTransferHooks() {
	c.mu.Lock()
	list := slices.Clone(c.vars.list)
	c.mu.Unlock()
	for _, v := range list {
		if strings.HasPrefix(v.Name, variablePrefix+"execute_on_blind_transfer") {
			name, arg := splitApp(v.Value)
			if app, ok := c.sw.apps[name]; ok && !c.down() {
				c.perform(name, arg, app)
			}
		}
	}
}

// redirect gives the channel its new profile and the state CS_ROUTING. It returns
// nil if the channel is hung up or was forwarded too often.
func (c *channel) redirect(extension, dialplan, context string) (p *profile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	forwards := 70
	if v := c.vars.get("max_forwards"); v != "" {
		forwards = text.Number(v) - 1
	}
	if c.cause != "" || forwards <= 0 {
		return nil
	}
	next := *c.caller
	p = &next
	if dialplan == "" && !strings.EqualFold(p.dialplan, "inline") {
		dialplan = p.dialplan
	}
	dialplan, context = cmp.Or(dialplan, "XML"), cmp.Or(context, p.context, "default")
	now := stampOf(c.sw.clk.Now())
	p.rdnis, p.destination, p.dialplan, p.context = p.destination, extension, dialplan, context
	p.index, p.created = p.index+1, now
	p.transferSource = fmt.Sprintf("%d:%s:bl_xfer:%s/%s/%s", now.at.Unix(), c.sw.newUUID(), extension, context, dialplan)
	c.vars.set("max_forwards", fmt.Sprint(forwards))
	c.vars.set("signal_bond", "")
	c.vars.push("transfer_history", p.transferSource)
	c.vars.set("transfer_source", p.transferSource)
	c.caller, c.digits = p, nil
	c.transferred, c.state = true, csRouting
	return p
}
