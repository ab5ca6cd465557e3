package switchsim

import (
	"cmp"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// SetEndpoint adds an endpoint, or replaces the one with the same Dial.
func (s *Switch) SetEndpoint(e Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = replace(s.endpoints, e, func(x Endpoint) bool { return x.Dial == e.Dial })
}

// dialLeg returns the channel of one dial string, or else the cause.
func (s *Switch) dialLeg(t target, o origination) (*channel, string) {
	kind, rest, _ := strings.Cut(t.dial, "/")
	if kind == "error" {
		return nil, text.Cause(rest)
	}
	if e, ok := s.endpoint(t.dial); ok {
		return s.dialEndpoint(t, e, o), ""
	}
	switch kind {
	case "loopback":
		return s.dialLoopback(t, rest, o), ""
	case "pickup":
		return s.dialPickup(t, rest, o), ""
	case "null":
		return s.dialEndpoint(t, Endpoint{Dial: t.dial}, o), ""
	case "user":
		return nil, "SUBSCRIBER_ABSENT"
	case "sofia":
		if strings.HasPrefix(rest, "gateway/") {
			return nil, "INVALID_GATEWAY"
		}
		profile, _, _ := strings.Cut(rest, "/")
		if profile != "internal" && profile != "external" {
			return nil, "INVALID_PROFILE"
		}
		return s.dialEndpoint(t, Endpoint{Dial: t.dial, Cause: "NORMAL_TEMPORARY_FAILURE"}, o), ""
	}
	return nil, "CHAN_NOT_IMPLEMENTED"
}

// endpoint returns the endpoint with that dial string.
func (s *Switch) endpoint(dial string) (Endpoint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.endpoints {
		if prefix, star := strings.CutSuffix(e.Dial, "*"); star && strings.HasPrefix(dial, prefix) || e.Dial == dial {
			return e, true
		}
	}
	return Endpoint{}, false
}

// newOutbound returns an outbound channel with the variables of every dialled leg.
func (s *Switch) newOutbound(t target, name string, k codec, p *profile, o origination) *channel {
	p.cidName, p.cidNumber = o.cidName, cmp.Or(o.cidNumber, "0000000000")
	p.origName, p.origNumber, p.ani = p.cidName, p.cidNumber, p.cidNumber
	p.context = "default"
	c := s.newChannel(lookup(t.vars, "origination_uuid"), name, outbound, k, p)
	c.dialString = t.dial
	c.vars.setAll([][2]string{{"is_outbound", "true"}, {"uuid", c.uuid}, {"call_uuid", c.uuid}})
	c.setSessionID()
	c.inherit(o.from)
	return c
}

// inherit copies the A leg's exported variables and makes it the other leg.
func (c *channel) inherit(from *channel) {
	if from == nil {
		return
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	for _, name := range strings.Split(from.vars.get("export_vars"), ",") {
		if v := from.vars.get(name); name != "" && v != "" {
			c.vars.set(strings.TrimPrefix(name, "nolocal:"), v)
		}
	}
	c.vars.set("originator", from.uuid)
	other := *from.caller
	c.other, c.otherType = &other, "originator"
	c.caller.rdnis = other.rdnis
}

// dialEndpoint dials a scripted person or a gateway with the variables of a SIP
// leg.
func (s *Switch) dialEndpoint(t target, e Endpoint, o origination) *channel {
	dialled, host, _ := strings.Cut(t.dial[strings.LastIndexByte(t.dial, '/')+1:], "@")
	name := cmp.Or(e.Channel, "sofia/internal/"+dialled+"@"+cmp.Or(host, "127.0.0.1:5060"))
	user, host, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "@")
	isUser := strings.HasPrefix(t.dial, "user/")
	p := &profile{destination: user, source: "src/switch_ivr_originate.c", calleeName: "Outbound Call", calleeNumber: user}
	if isUser {
		p.calleeName = user
	}
	c := s.newOutbound(t, name, codec{}, p, o)
	if isUser {
		c.vars.setAll([][2]string{{"dialed_user", dialled}, {"dialed_domain", "127.0.0.1"}, {"presence_id", dialled + "@127.0.0.1"}})
	}
	c.vars.setAll(t.vars)
	leg := c.newSIPLeg(user, host)
	c.setInviteVariables(leg)
	c.pad()
	c.scripted = len(e.Script)+len(e.Reactions) > 0
	c.dialOut()
	s.spawn(func() { c.playEndpoint(e, leg) })
	return c
}

// dialOut fires CHANNEL_OUTGOING, in CS_INIT already, and starts the channel.
func (c *channel) dialOut() {
	for _, line := range c.vars.beginning("api_on_originate") {
		c.sw.API(c.expand(line))
	}
	c.state = csInit
	c.fire("CHANNEL_OUTGOING")
	c.begin()
}
