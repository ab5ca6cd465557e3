package outbound

import (
	"strconv"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// sighting is an event with the headers that every event of a call is asked
// for, found in one walk over it.
type sighting struct {
	esl.Event
	name                        string
	uuid, state, number, answer string
	sequence                    string // counts the events that FreeSWITCH has made
	app, appID                  string // of CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE
}

// FreeSWITCH writes these before the channel's variables, which are most of an
// event, and those of an application behind them
// (switch_core_session.c:switch_core_session_exec).
var (
	channelHeaders     = [...]string{"Unique-ID", "Channel-State", "Channel-State-Number", "Answer-State", "Event-Sequence"}
	applicationHeaders = [...]string{"Application", "Application-UUID"}
)

func sight(ev esl.Event) sighting {
	s := sighting{Event: ev, name: ev.Name()}
	if s.name == "" {
		return s
	}
	var of [len(channelHeaders)]string
	ev.Pick(channelHeaders[:], of[:])
	s.uuid, s.state, s.number, s.answer, s.sequence = of[0], of[1], of[2], of[3], of[4]
	if s.name == "CHANNEL_EXECUTE" || s.name == "CHANNEL_EXECUTE_COMPLETE" {
		var app [len(applicationHeaders)]string
		ev.PickLast(applicationHeaders[:], app[:])
		s.app, s.appID = app[0], app[1]
	}
	return s
}

// past tells of an event that FreeSWITCH made before it answered connect and
// delivered late: what it says was overtaken by that answer. When a host dies
// and the dialplan goes on with the next socket, the end of the first one is
// still under way when the second host listens, and looks like the end of its
// own. Events come in their order but for those few that FreeSWITCH dispatches
// in several threads, so that later only what matters so much is looked at.
func (c *Call) past(ev sighting) bool {
	if !c.early && ev.name != "CHANNEL_STATE" && ev.app != "socket" {
		return false
	}
	n := ev.count()
	if n > 0 && n < c.began {
		return true
	}
	c.early = c.early && n == 0
	return false
}

// count is the sequence; 0 is not known.
func (s sighting) count() uint64 {
	n, _ := strconv.ParseUint(s.sequence, 10, 64)
	return n
}
