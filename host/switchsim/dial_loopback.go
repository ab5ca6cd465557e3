package switchsim

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// dialLoopback makes the A half of loopback/exten[/context[/dialplan]]. The B half
// runs the extension, and what happens to one half happens to the other
// (mod_loopback.c).
func (s *Switch) dialLoopback(t target, rest string, o origination) *channel {
	parts := strings.SplitN(rest, "/", 3)
	exten, context, dialplan := parts[0], "default", "xml"
	if o.from != nil { // a bridge passes its own on, also "inline"
		o.from.mu.Lock()
		context, dialplan = o.from.caller.context, o.from.caller.dialplan
		o.from.mu.Unlock()
	}
	context, dialplan = cmp.Or(nth(parts, 1), context), cmp.Or(nth(parts, 2), dialplan)
	p := &profile{dialplan: dialplan, destination: exten, source: "mod_loopback",
		calleeName: "Outbound Call", calleeNumber: rest[strings.LastIndexByte(rest, '/')+1:]}
	a := s.newOutbound(t, "loopback/"+rest+"-a", codecLoopback, p, o)
	a.caller.context = context
	a.fireCodecs()
	a.name = "loopback/" + exten + "-a"
	a.caller.channel = a.name
	a.vars.set("channel_name", a.name)
	a.vars.setAll(t.vars)
	a.vars.setAll([][2]string{{"originate_early_media", "true"}, {"originate_endpoint", "loopback"}})
	a.pad()
	a.initHook = func() { s.dialOtherHalf(a, t) }
	a.dialOut()
	return a
}

// dialOtherHalf makes the B half once A is initialised.
func (s *Switch) dialOtherHalf(a *channel, t target) {
	a.mu.Lock()
	p := *a.caller
	name := strings.TrimSuffix(a.name, "-a")
	a.mu.Unlock()
	b := s.newChannel("", name+"-b", inbound, codecLoopback, &p)
	b.vars.setAll([][2]string{{"uuid", b.uuid}, {"call_uuid", b.uuid}})
	b.setSessionID()
	b.vars.set("channel_name", b.name)
	b.fireCodecs()
	for _, v := range t.vars {
		if strings.HasPrefix(v[0], "execute_on_") || strings.HasPrefix(v[0], "api_on_") || v[0] == "origination_uuid" {
			continue // they concern the leg that was dialled
		}
		b.vars.set(v[0], v[1])
	}
	a.setAll([][2]string{{"other_loopback_leg_uuid", b.uuid}, {"loopback_leg", "A"}})
	b.vars.setAll([][2]string{{"other_loopback_leg_uuid", a.uuid}, {"loopback_leg", "B"}})
	b.otherHalf = a
	swap(&a.mu, &a.otherHalf, b)
	b.begin()
}

func (c *channel) setSessionID() { c.vars.set("session_id", strconv.Itoa(c.number)) }

// fireCodecs sets the codec variables and fires the two CODEC events of a new
// channel, which has no caller profile yet.
func (c *channel) fireCodecs() {
	k := c.codec
	c.vars.setAll([][2]string{{"read_codec", k.name}, {"read_rate", k.rate}, {"write_codec", k.name}, {"write_rate", k.rate}})
	p := c.caller
	c.caller, c.codecWrite = nil, false
	c.fireCodec("read", "channel-read-codec-name", "channel-read-codec-rate", "channel-read-codec-bit-rate")
	c.codecWrite = true
	c.fireCodec("write", "Channel-Write-Codec-Name", "Channel-Write-Codec-Rate", "Channel-Write-codec-bit-rate")
	c.caller = p
}

func (c *channel) fireCodec(direction, name, rate, bitRate string) {
	if c.sw.bus.Skip("CODEC", c.uuid) {
		return
	}
	e := c.event("CODEC", nil, []wire.Header{{Name: name, Value: c.codec.name},
		{Name: rate, Value: c.codec.rate}, {Name: bitRate, Value: c.codec.bitRate}})
	e.Set("Event-Calling-Function", "switch_core_session_set_"+direction+"_codec")
	c.sw.bus.Fire(e, "CODEC", c.uuid, "")
}
