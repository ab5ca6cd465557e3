package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// dialLoopback makes the two halves of loopback/exten[/context[/dialplan]]: A is
// what was dialled, B runs the extension, and what happens to one happens to
// the other (mod_loopback.c).
func (s *Switch) dialLoopback(l leg, rest string, o origination) *channel {
	parts := strings.SplitN(rest, "/", 3)
	exten, context, dialplan := parts[0], "default", "xml"
	if o.from != nil { // a bridge passes its own on, also "inline"
		o.from.mu.Lock()
		context, dialplan = o.from.caller.context, o.from.caller.dialplan
		o.from.mu.Unlock()
	}
	if len(parts) > 1 && parts[1] != "" {
		context = parts[1]
	}
	if len(parts) > 2 && parts[2] != "" {
		dialplan = parts[2]
	}
	p := &profile{dialplan: dialplan, destination: exten, source: "mod_loopback",
		calleeName: "Outbound Call", calleeNumber: rest[strings.LastIndexByte(rest, '/')+1:]}
	a := s.outgoing(l, "loopback/"+rest+"-a", codecLoopback, p, o)
	a.caller.context = context
	a.codecEvents()
	a.rename("loopback/" + exten + "-a")
	a.vars.set("channel_name", a.name)
	for _, v := range l.vars {
		a.vars.set(v[0], v[1])
	}
	a.vars.set("originate_early_media", "true")
	a.vars.set("originate_endpoint", "loopback")
	a.pad()
	a.mu.Lock()
	a.state = csInit
	a.mu.Unlock()
	a.fire("CHANNEL_OUTGOING")
	a.initHook = func() { s.otherHalf(a, l) }
	a.begin(csInit)
	return a
}

// otherHalf makes B once A is initialised.
func (s *Switch) otherHalf(a *channel, l leg) {
	a.mu.Lock()
	p := *a.caller
	name := strings.TrimSuffix(a.name, "-a")
	a.mu.Unlock()
	b := s.newChannel("", name+"-b", inbound, codecLoopback, &p)
	b.vars.set("direction", inbound)
	b.vars.set("uuid", b.uuid)
	b.vars.set("call_uuid", b.uuid)
	b.setSessionID()
	b.vars.set("channel_name", b.name)
	b.codecEvents()
	for _, v := range l.vars {
		if strings.HasPrefix(v[0], "execute_on_") || strings.HasPrefix(v[0], "api_on_") || v[0] == "origination_uuid" {
			continue // they concern the leg that was dialled
		}
		b.vars.set(v[0], v[1])
	}
	a.set("other_loopback_leg_uuid", b.uuid)
	a.set("loopback_leg", "A")
	b.vars.set("other_loopback_leg_uuid", a.uuid)
	b.vars.set("loopback_leg", "B")
	b.loop = a
	a.mu.Lock()
	a.loop = b
	a.mu.Unlock()
	b.begin(csInit)
}

func (c *channel) setSessionID() { c.vars.set("session_id", strconv.Itoa(c.number)) }

func (c *channel) rename(name string) {
	c.mu.Lock()
	c.name = name
	c.caller.channel = name
	c.mu.Unlock()
}

// codecEvents are the two CODEC events of a new channel that has no caller
// profile yet.
func (c *channel) codecEvents() {
	k := c.codec
	c.vars.set("read_codec", k.name)
	c.vars.set("read_rate", k.rate)
	c.vars.set("write_codec", k.name)
	c.vars.set("write_rate", k.rate)
	if !c.sw.bus.wanted("CODEC", c.uuid) {
		return
	}
	p := c.caller
	c.caller, c.codecWrite = nil, false
	e := c.event("CODEC", nil, []wire.Header{
		{Name: "channel-read-codec-name", Value: k.name},
		{Name: "channel-read-codec-rate", Value: k.rate},
		{Name: "channel-read-codec-bit-rate", Value: k.bitRate},
	})
	e.Headers = setHeader(e.Headers, "Event-Calling-Function", "switch_core_session_set_read_codec")
	c.sw.bus.fire(e, "CODEC", c.uuid, "")
	c.codecWrite = true
	e = c.event("CODEC", nil, []wire.Header{
		{Name: "Channel-Write-Codec-Name", Value: k.name},
		{Name: "Channel-Write-Codec-Rate", Value: k.rate},
		{Name: "Channel-Write-codec-bit-rate", Value: k.bitRate},
	})
	e.Headers = setHeader(e.Headers, "Event-Calling-Function", "switch_core_session_set_write_codec")
	c.sw.bus.fire(e, "CODEC", c.uuid, "")
	c.caller = p
}

func setHeader(h []wire.Header, name, value string) []wire.Header {
	for i := range h {
		if h[i].Name == name {
			h[i].Value = value
			break
		}
	}
	return h
}
