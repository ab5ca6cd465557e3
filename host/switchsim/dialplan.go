package switchsim

import (
	"fmt"
	"regexp"
	"strings"
)

// route finds what a destination runs: the inline dialplan spells it out, any
// other is looked up in Config.Dialplan.
func (c *channel) route(dialplan, context, destination string) ([]Action, bool) {
	c.trace(WhoSwitch, "route", destination+" in "+context)
	if strings.EqualFold(dialplan, "inline") {
		return inlineActions(destination), true
	}
	for _, e := range c.sw.extensions(context) {
		groups, ok := e.match(destination)
		if !ok {
			continue
		}
		if groups != nil {
			c.set("DP_MATCH", "ARRAY::"+strings.Join(groups, "|:"))
		}
		actions := make([]Action, len(e.Actions))
		for i, a := range e.Actions {
			actions[i] = Action{a.App, substitute(a.Data, groups)}
		}
		return actions, true
	}
	return nil, false
}

func (s *Switch) extensions(context string) []Extension {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialplan[context]
}

// match compares a destination; groups are $0, $1 ... of a regular expression.
func (e *Extension) match(destination string) (groups []string, ok bool) {
	if !strings.HasPrefix(e.Match, "^") {
		return nil, e.Match == destination
	}
	re, err := regexp.Compile(e.Match)
	if err != nil {
		return nil, false
	}
	groups = re.FindStringSubmatch(destination)
	return groups, groups != nil
}

// substitute puts groups in for $1 ... $9.
func substitute(data string, groups []string) string {
	if groups == nil || !strings.Contains(data, "$") {
		return data
	}
	for i := len(groups) - 1; i > 0; i-- {
		data = strings.ReplaceAll(data, fmt.Sprintf("$%d", i), groups[i])
	}
	return data
}

// inlineActions parses "app:data,app:data"; "m:^:" changes the separator
// (mod_dptools.c:inline_dialplan_hunt).
func inlineActions(s string) []Action {
	delim := byte(',')
	if strings.HasPrefix(s, "m:") && len(s) > 3 && s[3] == ':' {
		delim, s = s[2], s[4:]
	}
	var actions []Action
	for _, item := range separate(s, delim, 128) {
		app, data, _ := strings.Cut(item, ":")
		for strings.HasPrefix(app, " ") {
			app = app[1:]
		}
		if app != "" {
			actions = append(actions, Action{app, data})
		}
	}
	return actions
}

// transferTo sends the channel into another extension
// (switch_ivr_session_transfer). Empty dialplan and context stay as they are.
func (c *channel) transferTo(extension, dialplan, context string) {
	now := stampOf(c.sw.clk.Now())
	c.mu.Lock()
	if c.cause != "" {
		c.mu.Unlock()
		return
	}
	forwards := 70
	if v := c.vars.get("max_forwards"); v != "" {
		forwards = number(v) - 1
	}
	if forwards <= 0 {
		c.mu.Unlock()
		c.hangup("EXCHANGE_ROUTING_ERROR")
		return
	}
	c.vars.set("max_forwards", fmt.Sprint(forwards))
	p := *c.caller
	if dialplan == "" && !strings.EqualFold(p.dialplan, "inline") {
		dialplan = p.dialplan
	}
	if dialplan == "" {
		dialplan = "XML"
	}
	if context == "" {
		context = p.context
	}
	if context == "" {
		context = "default"
	}
	p.rdnis, p.destination, p.dialplan, p.context = p.destination, extension, dialplan, context
	p.index, p.created = p.index+1, now
	p.transferSource = fmt.Sprintf("%d:%s:bl_xfer:%s/%s/%s", now.at.Unix(), c.sw.newUUID(), extension, context, dialplan)
	c.vars.set("signal_bond", "")
	c.vars.push("transfer_history", p.transferSource)
	c.vars.set("transfer_source", p.transferSource)
	c.caller = &p
	c.digits = nil
	c.transferred, c.state = true, csRouting
	partner := c.bridgedTo
	c.mu.Unlock()
	c.trace(WhoSwitch, "route", fmt.Sprintf("transferred to %s[%s@%s]", dialplan, extension, context))
	if partner != nil {
		c.unbridge(partner)
	}
	c.changed()
}
