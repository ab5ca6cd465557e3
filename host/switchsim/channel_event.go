package switchsim

import (
	"strconv"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// site is where in FreeSWITCH's source an event is fired: the
// Event-Calling-File, -Function and -Line-Number of the captures.
type site struct{ file, function, line string }

var sites = map[string]site{
	"API":                      {"switch_loadable_module.c", "switch_api_execute", "3140"},
	"BACKGROUND_JOB":           {"mod_event_socket.c", "api_exec", "1606"},
	"CALL_UPDATE":              {"switch_channel.c", "switch_channel_flip_cid", "3279"},
	"CHANNEL_ANSWER":           {"switch_channel.c", "switch_channel_perform_mark_answered", "3901"},
	"CHANNEL_BRIDGE":           {"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1689"},
	"CHANNEL_CALLSTATE":        {"switch_channel.c", "switch_channel_perform_set_callstate", "319"},
	"CHANNEL_CREATE":           {"switch_core_state_machine.c", "switch_core_session_run", "626"},
	"CHANNEL_DATA":             {"mod_event_socket.c", "parse_command", "2029"},
	"CHANNEL_DESTROY":          {"switch_core_session.c", "switch_core_session_perform_destroy", "1588"},
	"CHANNEL_EXECUTE":          {"switch_core_session.c", "switch_core_session_exec", "2949"},
	"CHANNEL_EXECUTE_COMPLETE": {"switch_core_session.c", "switch_core_session_exec", "2972"},
	"CHANNEL_HANGUP":           {"switch_channel.c", "switch_channel_perform_hangup", "3527"},
	"CHANNEL_HANGUP_COMPLETE":  {"switch_core_state_machine.c", "switch_core_session_reporting_state", "943"},
	"CHANNEL_ORIGINATE":        {"switch_core_state_machine.c", "switch_core_session_run", "632"},
	"CHANNEL_OUTGOING":         {"switch_core_session.c", "switch_core_session_outgoing_channel", "768"},
	"CHANNEL_PARK":             {"switch_ivr.c", "switch_ivr_park", "1002"},
	"CHANNEL_PROGRESS":         {"switch_channel.c", "switch_channel_perform_mark_ring_ready_value", "3598"},
	"CHANNEL_PROGRESS_MEDIA":   {"switch_channel.c", "switch_channel_perform_mark_pre_answered", "3657"},
	"CHANNEL_STATE":            {"switch_channel.c", "switch_channel_perform_set_running_state", "2409"},
	"CHANNEL_UNBRIDGE":         {"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1879"},
	"CHANNEL_UNPARK":           {"switch_ivr.c", "switch_ivr_park", "1231"},
	"DTMF":                     {"switch_channel.c", "switch_channel_dequeue_dtmf", "650"},
	"HEARTBEAT":                {"switch_core.c", "send_heartbeat", "82"},
	"PLAYBACK_START":           {"switch_ivr_play_say.c", "switch_ivr_play_file", "1542"},
	"PLAYBACK_STOP":            {"switch_ivr_play_say.c", "switch_ivr_play_file", "1939"},
	"RECORD_START":             {"switch_ivr_play_say.c", "switch_ivr_record_file_event", "672"},
	"RECORD_STOP":              {"switch_ivr_play_say.c", "switch_ivr_record_file_event", "933"},
	"PRIVATE_COMMAND":          {"switch_ivr.c", "switch_ivr_parse_next_event", "910"},
	"ADD_SCHEDULE":             {"switch_scheduler.c", "switch_scheduler_add_task", "270"},
	"DEL_SCHEDULE":             {"switch_scheduler.c", "task_thread_loop", "164"},
	"RE_SCHEDULE":              {"switch_scheduler.c", "switch_scheduler_execute", "79"},
}

// withVariables are the events that carry variable_* and scope variables
// (switch_channel.c:switch_channel_event_set_extended_data).
var withVariables = map[string]bool{
	"CHANNEL_CREATE": true, "CHANNEL_ORIGINATE": true, "CHANNEL_UUID": true, "CHANNEL_ANSWER": true,
	"CHANNEL_PARK": true, "CHANNEL_UNPARK": true, "CHANNEL_BRIDGE": true, "CHANNEL_UNBRIDGE": true,
	"CHANNEL_PROGRESS": true, "CHANNEL_PROGRESS_MEDIA": true, "CHANNEL_HANGUP": true,
	"CHANNEL_HANGUP_COMPLETE": true, "CHANNEL_DATA": true, "CHANNEL_EXECUTE": true,
	"CHANNEL_EXECUTE_COMPLETE": true, "CHANNEL_DESTROY": true, "CHANNEL_HOLD": true,
	"CHANNEL_UNHOLD": true, "SESSION_HEARTBEAT": true, "RECORD_START": true, "RECORD_STOP": true,
	"PLAYBACK_START": true, "PLAYBACK_STOP": true, "CALL_UPDATE": true,
}

// sequenceHeader is replaced when the event is fired.
const sequenceHeader = "Event-Sequence"

// newEvent begins an event with the headers every event has. Headers in first
// come before Event-Name (Event-Subclass does).
func (s *Switch) newEvent(name, function string, room int, first ...wire.Header) *wire.Event {
	at, ok := sites[name]
	if !ok {
		at = site{"switchsim.go", function, "1"}
	}
	if function != "" {
		at.function = function
	}
	now := s.clk.Now()
	h := make([]wire.Header, 0, 13+len(first)+room)
	h = append(h, first...)
	h = append(h, wire.Header{Name: "Event-Name", Value: name})
	h = append(h, s.identity[:]...)
	h = append(h,
		wire.Header{Name: "Event-Date-Local", Value: now.Format("2006-01-02 15:04:05")},
		wire.Header{Name: "Event-Date-GMT", Value: now.UTC().Format(time.RFC1123[:len(time.RFC1123)-3] + "GMT")},
		wire.Header{Name: "Event-Date-Timestamp", Value: strconv.FormatInt(now.UnixMicro(), 10)},
		wire.Header{Name: "Event-Calling-File", Value: at.file},
		wire.Header{Name: "Event-Calling-Function", Value: at.function},
		wire.Header{Name: "Event-Calling-Line-Number", Value: at.line},
		wire.Header{Name: sequenceHeader},
	)
	return &wire.Event{Headers: h}
}

// event is an event of this channel: own headers of the event before and after
// the channel's data, as the real ones have them.
func (c *channel) event(name string, before, after []wire.Header) *wire.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eventLocked(name, before, after)
}

func (c *channel) eventLocked(name string, before, after []wire.Header) *wire.Event {
	variables := withVariables[name]
	room := 70 + len(before) + len(after)
	if variables {
		room += len(c.vars.list)
	}
	e := c.sw.newEvent(name, "", room)
	e.Headers = append(e.Headers, before...)
	e.Headers = c.appendData(e.Headers, variables)
	e.Headers = append(e.Headers, after...)
	return e
}

// appendData is switch_channel_event_set_data: basic data, profiles, variables.
func (c *channel) appendData(h []wire.Header, variables bool) []wire.Header {
	h = c.appendBasic(h)
	if c.caller != nil {
		h = c.caller.appendTo(h, callerNames)
	}
	if c.other != nil {
		h = append(h, wire.Header{Name: "Other-Type", Value: c.otherType})
		h = c.other.appendTo(h, otherLegNames)
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
