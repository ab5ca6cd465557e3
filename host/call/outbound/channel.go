package outbound

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// channel is what the events so far say of the channel.
type channel struct {
	snapshot esl.Event
	state    int // switch_types.h:switch_channel_state_t
	bridged  bool
	hungUp   bool
	cause    string
	ending   bool // the applications are over: no completion can come any more
	ended    bool // CHANNEL_HANGUP_COMPLETE was seen: the last event there is
	moved    bool // the channel has left our socket application
}

const (
	stateRouting  = 2
	stateExecute  = 4
	stateConsumes = 7
	stateHangup   = 10
)

var stateNames = [...]string{"CS_NEW", "CS_INIT", "CS_ROUTING", "CS_SOFT_EXECUTE", "CS_EXECUTE",
	"CS_EXCHANGE_MEDIA", "CS_PARK", "CS_CONSUME_MEDIA", "CS_HIBERNATE", "CS_RESET",
	"CS_HANGUP", "CS_REPORTING", "CS_DESTROY"}

func stateName(n int) string {
	if n < 0 || n >= len(stateNames) {
		return "CS_NONE"
	}
	return stateNames[n]
}

// note keeps what an event of the channel itself says. A hangup is known from
// whatever tells of it first: events can be lost, and their order is only
// FreeSWITCH's usual one.
func (h *channel) note(ev sighting) {
	if bringsVariables(ev.name) {
		h.snapshot = ev.Event
	}
	if n, err := strconv.Atoi(ev.number); err == nil {
		h.state = n
	}
	if h.state == stateRouting {
		h.moved = true
	}
	over := h.state >= stateHangup || ev.answer == "hangup"
	switch ev.name {
	case "CHANNEL_BRIDGE":
		h.bridged = true
	case "CHANNEL_UNBRIDGE":
		h.bridged = false
	case "CHANNEL_HANGUP":
		over = true
	case "CHANNEL_HANGUP_COMPLETE":
		over, h.ending, h.ended = true, true, true
	case "CHANNEL_STATE":
		// Told by the state machine, which stands still while applications run.
		if ev.state == "CS_HANGUP" || ev.state == "CS_REPORTING" {
			over, h.ending = true, true
		}
	}
	if over && h.cause == "" {
		h.hangUp(ev.Get("Hangup-Cause"))
	}
}

func (h *channel) hangUp(cause string) {
	h.hungUp = true
	if h.cause == "" {
		h.cause = strings.Clone(cause) // not the whole event
	}
}

// bringsVariables lists the channel's events that carry all of its data
// (switch_channel.c:switch_channel_event_set_extended_data).
func bringsVariables(name string) bool {
	switch name {
	case "CHANNEL_DATA", "CHANNEL_ANSWER", "CHANNEL_PARK", "CHANNEL_UNPARK", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE",
		"CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE",
		"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_HOLD", "CHANNEL_UNHOLD", "CHANNEL_UUID",
		"PLAYBACK_START", "PLAYBACK_STOP", "RECORD_START", "RECORD_STOP", "CALL_UPDATE":
		return true
	}
	return false
}
