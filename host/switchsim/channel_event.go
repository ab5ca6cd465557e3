package switchsim

import (
	"strconv"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// withVariables lists the events that carry variable_* and scope_variable_* headers
// (switch_channel_event_set_extended_data).
var withVariables = map[string]bool{
	"CHANNEL_CREATE": true, "CHANNEL_ORIGINATE": true, "CHANNEL_UUID": true, "CHANNEL_ANSWER": true,
	"CHANNEL_PARK": true, "CHANNEL_UNPARK": true, "CHANNEL_BRIDGE": true, "CHANNEL_UNBRIDGE": true,
	"CHANNEL_PROGRESS": true, "CHANNEL_PROGRESS_MEDIA": true, "CHANNEL_HANGUP": true,
	"CHANNEL_HANGUP_COMPLETE": true, "CHANNEL_DATA": true, "CHANNEL_EXECUTE": true,
	"CHANNEL_EXECUTE_COMPLETE": true, "CHANNEL_DESTROY": true, "CHANNEL_HOLD": true,
	"CHANNEL_UNHOLD": true, "SESSION_HEARTBEAT": true, "RECORD_START": true, "RECORD_STOP": true,
	"PLAYBACK_START": true, "PLAYBACK_STOP": true, "CALL_UPDATE": true,
}

// fire sends an event with the channel's data and the headers after it.
func (c *channel) fire(name string, after ...wire.Header) { c.fireWith(name, nil, after...) }

// fireWith puts headers in front of the channel's data as well.
func (c *channel) fireWith(name string, before []wire.Header, after ...wire.Header) {
	if !c.sw.bus.Skip(name, c.uuid) {
		c.sw.bus.Fire(c.event(name, before, after), name, c.uuid, "")
	}
}

// event returns an event with the channel's data between the headers before and
// after.
func (c *channel) event(name string, before, after []wire.Header) *wire.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := 70 + len(before) + len(after)
	if withVariables[name] {
		room += len(c.vars.list)
	}
	e := c.sw.newEvent(name, "", room)
	e.Headers = append(e.Headers, before...)
	e.Headers = c.appendDataLocked(e.Headers, withVariables[name])
	e.Headers = append(e.Headers, after...)
	return e
}

// appendData appends basic data, profiles and, if asked for, variables
// (switch_channel_event_set_data).
func (c *channel) appendData(h []wire.Header, variables bool) []wire.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.appendDataLocked(h, variables)
}

func (c *channel) appendDataLocked(h []wire.Header, variables bool) []wire.Header {
	h = c.appendBasic(h)
	if c.caller != nil {
		h = c.caller.appendTo(h, &callerHeaders)
	}
	if c.other != nil {
		h = append(h, wire.Header{Name: "Other-Type", Value: c.otherType})
		h = c.other.appendTo(h, &otherLegHeaders)
	}
	if variables {
		for _, v := range c.scope {
			h = append(h, wire.Header{Name: "scope_variable_" + v[0], Value: v[1]})
		}
		h = append(h, c.vars.list...)
	}
	return h
}

func (c *channel) appendBasic(h []wire.Header) []wire.Header {
	h = append(h,
		wire.Header{Name: "Channel-State", Value: c.running.String()},
		wire.Header{Name: "Channel-Call-State", Value: c.callState},
		wire.Header{Name: "Channel-State-Number", Value: strconv.Itoa(int(c.state))},
		wire.Header{Name: "Channel-Name", Value: c.name},
		wire.Header{Name: "Unique-ID", Value: c.uuid},
		wire.Header{Name: "Call-Direction", Value: c.direction},
		wire.Header{Name: "Presence-Call-Direction", Value: c.direction},
		wire.Header{Name: "Channel-HIT-Dialplan", Value: strconv.FormatBool(c.direction == inbound || c.hitDialplan)},
	)
	if id := c.vars.get("presence_id"); id != "" {
		h = append(h, wire.Header{Name: "Channel-Presence-ID", Value: id})
	}
	h = append(h,
		wire.Header{Name: "Channel-Call-UUID", Value: c.uuid},
		wire.Header{Name: "Answer-State", Value: c.answerState()},
	)
	if c.cause != "" {
		h = append(h, wire.Header{Name: "Hangup-Cause", Value: c.cause})
	}
	if k := c.codec; k.name != "" {
		h = append(h,
			wire.Header{Name: "Channel-Read-Codec-Name", Value: k.name},
			wire.Header{Name: "Channel-Read-Codec-Rate", Value: k.rate},
			wire.Header{Name: "Channel-Read-Codec-Bit-Rate", Value: k.bitRate},
		)
		if c.codecWrite {
			h = append(h,
				wire.Header{Name: "Channel-Write-Codec-Name", Value: k.name},
				wire.Header{Name: "Channel-Write-Codec-Rate", Value: k.rate},
				wire.Header{Name: "Channel-Write-Codec-Bit-Rate", Value: k.bitRate},
			)
		}
	}
	return h
}

func (c *channel) answerState() string {
	switch {
	case c.cause != "":
		return "hangup"
	case c.answered:
		return "answered"
	case c.early:
		return "early"
	}
	return "ringing"
}
