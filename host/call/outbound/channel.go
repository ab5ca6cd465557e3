package outbound

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A channel is the state of a channel according to its events so far.
type channel struct {
	snapshot esl.Event
	state    int  // switch_types.h:switch_channel_state_t
	answered bool // stays true after the hangup
	bridged  bool
	hungUp   bool
	cause    string
	appsOver bool // no application can complete any more
	finished bool // CHANNEL_HANGUP_COMPLETE, the last event, has come
	dialled  bool // it runs CS_CONSUME_MEDIA: originate is not done with it
	executes bool // the channel has been in CS_EXECUTE, the state of a dialplan
	left     bool // our socket application does not park it, but it is still ours
	moved    bool // the channel is somebody else's
	routed   bool // it runs another extension
	ended    bool // our socket application has ended
	parked   bool // after that, under somebody else's control
}

const (
	stateRouting = 2
	stateExecute = 4
	stateHangup  = 10
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

// update applies an event of the channel itself. The first sign of a hangup
// counts, whichever it is: events can be lost, and FreeSWITCH keeps their order
// only usually.
func (h *channel) update(ev eventView) {
	if carriesVariables(ev.name) {
		h.snapshot = ev.Event
	}
	if n, err := strconv.Atoi(ev.stateNumber); err == nil {
		h.state = n
	}
	if ev.state != "" { // the number is that of the next state (switch_channel.c:switch_channel_event_set_basic_data)
		h.dialled = ev.state == "CS_CONSUME_MEDIA"
	}
	h.executes = h.executes || h.state == stateExecute
	if h.state == stateRouting || h.executes && h.state != stateExecute && h.state < stateHangup {
		h.moved, h.routed = true, h.routed || h.state == stateRouting
	}
	h.answered = h.answered || ev.answerState == "answered"
	over := h.state >= stateHangup || ev.answerState == "hangup"
	switch ev.name {
	case "CHANNEL_BRIDGE":
		h.bridged = true
	case "CHANNEL_UNBRIDGE":
		h.bridged = false
	case "CHANNEL_PARK":
		h.parked = h.ended
	case "CHANNEL_UNPARK":
		h.parked = false
	case "CHANNEL_HANGUP":
		over = true
	case "CHANNEL_HANGUP_COMPLETE":
		over, h.appsOver, h.finished = true, true, true
	case "CHANNEL_STATE":
		// The state machine sends it, and it does not run while applications do.
		if ev.state == "CS_HANGUP" || ev.state == "CS_REPORTING" {
			over, h.appsOver = true, true
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

// carriesVariables reports whether events of a name carry all of the channel's
// data (switch_channel.c:switch_channel_event_set_extended_data).
func carriesVariables(name string) bool {
	switch name {
	case "CHANNEL_DATA", "CHANNEL_ANSWER", "CHANNEL_PARK", "CHANNEL_UNPARK", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE",
		"CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE",
		"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_HOLD", "CHANNEL_UNHOLD", "CHANNEL_UUID",
		"PLAYBACK_START", "PLAYBACK_STOP", "RECORD_START", "RECORD_STOP", "CALL_UPDATE":
		return true
	}
	return false
}
