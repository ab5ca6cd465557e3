package switchsim

import (
	"strconv"
	"time"

	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// site names the place in FreeSWITCH's source that fires an event: its
// Event-Calling-File, -Function and -Line-Number.
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

// newEvent returns an event with the headers that every event has and room for
// more. Headers in first precede Event-Name, as Event-Subclass does.
func (s *Switch) newEvent(name, function string, room int, first ...wire.Header) *wire.Event {
	at, known := sites[name]
	if !known {
		at = site{file: "switchsim.go", line: "1"}
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
		wire.Header{Name: bus.SequenceHeader},
	)
	return &wire.Event{Headers: h}
}
