package outbound

import (
	"strconv"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// An eventView is an event with the headers that are read of every event of a
// call, found in one pass.
type eventView struct {
	esl.Event
	name        string
	uuid        string
	state       string // "CS_EXECUTE"
	stateNumber string
	answerState string
	sequence    string
	application esl.Application // of CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE
}

// FreeSWITCH writes the channel's headers before its variables, which are most of
// an event.
var channelHeaders = [...]string{"Unique-ID", "Channel-State", "Channel-State-Number", "Answer-State", "Event-Sequence"}

func viewOf(ev esl.Event) eventView {
	view := eventView{Event: ev, name: ev.Name()}
	if view.name == "" {
		return view
	}
	var v [len(channelHeaders)]string
	ev.Pick(channelHeaders[:], v[:])
	view.uuid, view.state, view.stateNumber, view.answerState, view.sequence = v[0], v[1], v[2], v[3], v[4]
	if view.name == "CHANNEL_EXECUTE" || view.name == "CHANNEL_EXECUTE_COMPLETE" {
		view.application = ev.Application()
	}
	return view
}

// sequenceNumber returns FreeSWITCH's count of its events, or 0 if it is missing.
func (v eventView) sequenceNumber() uint64 {
	n, _ := strconv.ParseUint(v.sequence, 10, 64)
	return n
}

// isStale reports whether FreeSWITCH made an event before it answered connect and
// delivered it late: the answer is newer than what the event says. When a host
// dies and the dialplan continues with the next socket, the end of the first
// socket is still under way when the second host connects, and looks like the end
// of the second host's socket. Most events arrive in order; FreeSWITCH dispatches a few in several
// threads, so after the first new event only the important ones are checked.
func (c *Call) isStale(ev eventView) bool {
	if !c.mayBeStale && ev.name != "CHANNEL_STATE" && ev.application.Name != "socket" {
		return false
	}
	n := ev.sequenceNumber()
	if n > 0 && n < c.connectSequence {
		return true
	}
	c.mayBeStale = c.mayBeStale && n == 0
	return false
}
