package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

var directionReceived = []wire.Header{{Name: "Direction", Value: "RECV"}}

// dialLeg makes the channel for one dial string; without one it says why.
func (s *Switch) dialLeg(l leg, o origination) (*channel, string) {
	l.target = strings.TrimSpace(l.target)
	kind, rest, _ := strings.Cut(l.target, "/")
	if kind == "error" {
		return nil, causeName(rest)
	}
	if e, ok := s.endpoint(l.target); ok {
		return s.dialEndpoint(l, e, o), ""
	}
	switch kind {
	case "loopback":
		return s.dialLoopback(l, rest, o), ""
	case "null":
		return s.dialEndpoint(l, Endpoint{Dial: l.target}, o), ""
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
		return s.dialEndpoint(l, Endpoint{Dial: l.target, Cause: "NORMAL_TEMPORARY_FAILURE"}, o), ""
	}
	return nil, "CHAN_NOT_IMPLEMENTED"
}

// endpoint finds who answers to a dial string; a trailing * matches the rest.
func (s *Switch) endpoint(target string) (Endpoint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.endpoints {
		if prefix, star := strings.CutSuffix(e.Dial, "*"); star && strings.HasPrefix(target, prefix) || e.Dial == target {
			return e, true
		}
	}
	return Endpoint{}, false
}

// outgoing makes an outbound channel with the variables every dialled leg has.
func (s *Switch) outgoing(l leg, name string, k codec, p *profile, o origination) *channel {
	p.cidName, p.cidNumber = o.cidName, o.cidNumber
	if p.cidNumber == "" {
		p.cidNumber = "0000000000"
	}
	p.origName, p.origNumber, p.ani = p.cidName, p.cidNumber, p.cidNumber
	p.context = "default"
	c := s.newChannel(lookup(l.vars, "origination_uuid"), name, outbound, k, p)
	c.vars.set("direction", outbound)
	c.vars.set("is_outbound", "true")
	c.vars.set("uuid", c.uuid)
	c.vars.set("call_uuid", c.uuid)
	c.setSessionID()
	c.inherit(o.from)
	return c
}

// inherit takes over the A leg's exported variables and knows it as the other
// side.
func (c *channel) inherit(from *channel) {
	if from == nil {
		return
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	for _, name := range strings.Split(from.vars.get("export_vars"), ",") {
		if v := from.vars.get(name); name != "" && v != "" {
			c.vars.set(name, v)
		}
	}
	c.vars.set("originator", from.uuid)
	other := *from.caller
	c.other, c.otherType = &other, "originator"
	c.caller.rdnis = other.rdnis
}

// dialEndpoint dials a scripted person or gateway over what looks like SIP.
func (s *Switch) dialEndpoint(l leg, e Endpoint, o origination) *channel {
	number := l.target[strings.LastIndexByte(l.target, '/')+1:]
	user, host, _ := strings.Cut(number, "@")
	if host == "" {
		host = "127.0.0.1:5060"
	}
	dialled := user
	name := e.Channel
	if name == "" {
		name = "sofia/internal/" + user + "@" + host
	}
	user, host, _ = strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "@")
	p := &profile{destination: user, source: "src/switch_ivr_originate.c"}
	if strings.HasPrefix(l.target, "user/") {
		p.calleeName, p.calleeNumber = user, user
	} else {
		p.calleeName, p.calleeNumber = "Outbound Call", user
	}
	c := s.outgoing(l, name, codec{}, p, o)
	if strings.HasPrefix(l.target, "user/") {
		c.vars.set("dialed_user", dialled)
		c.vars.set("dialed_domain", "127.0.0.1")
		c.vars.set("presence_id", dialled+"@127.0.0.1")
	}
	c.setAll(l.vars)
	offer := c.sip(user, host)
	c.offered(offer)
	c.pad()
	c.scripted = len(e.Script) > 0
	c.mu.Lock()
	c.state = csInit
	c.mu.Unlock()
	c.fire("CHANNEL_OUTGOING")
	c.begin(csInit)
	s.spawn(func() { c.playCallee(e, offer) })
	return c
}
