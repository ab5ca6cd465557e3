package session

import (
	"context"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// getVariable asks FreeSWITCH, which looks through the channel's variables, the
// fields of the caller profile and the global variables. After the hangup it
// answers from the last data of the channel.
func getVariable(s *Session, a *vm.Args) (lua.LValue, error) {
	name := a.String(0)
	if name == "" || strings.Contains(name, "[") { // mod_lua asks for a variable of that whole name, and there is none
		return lua.LNil, nil
	}
	return s.value(a, name)
}

// value returns a variable that the script may read.
func (s *Session) value(a *vm.Args, name string) (lua.LValue, error) {
	if err := s.set.env.Grants.CheckReading(name); err != nil {
		return s.ownSecret(a, name, err)
	}
	if name == "destination_number" && s.transferTo != "" && s.destination != "" && !s.ended() {
		return lua.LString(s.destination), nil
	}
	if !s.ended() {
		value, err := s.call.API(a.Context(), syntax.ForChannel("uuid_getvar", s.call.UUID(), syntax.Word(name)))
		if err = s.classifyErr(err); err != nil {
			return nil, err
		}
		switch value {
		case "_undef_":
			return lua.LNil, nil
		case noReply: // an empty field of the caller profile
			return empty, nil
		}
		if !s.ended() && !strings.HasPrefix(value, "-ERR No such channel!") {
			return lua.LString(value), nil
		}
	}
	return s.lastValue(a, name)
}

// ownSecret returns a variable whose name says that it holds a password. The channel's own
// is the script's business, as is the PIN that it has asked for; a global
// one is the switch's, and refused.
func (s *Session) ownSecret(a *vm.Args, name string, refused error) (lua.LValue, error) {
	if strings.ContainsAny(name, "\r\n") {
		return lua.LNil, nil
	}
	data := s.call.Snapshot()
	if !s.ended() {
		answer, err := s.call.API(a.Context(), syntax.ForChannel("uuid_dump", s.call.UUID(), ""))
		if err = s.classifyErr(err); err != nil {
			return nil, err
		}
		if dump, ok := esl.ReadDump(answer), !strings.HasPrefix(answer, "-"); ok {
			data = dump
		}
	}
	value := data.Get("variable_" + name)
	if late, ok := s.variables[strings.ToLower(name)]; ok {
		value = late
	}
	if value != "" {
		return lua.LString(strings.Clone(value)), nil
	}
	global, err := s.call.API(a.Context(), "global_getvar "+name)
	if err = s.classifyErr(err); err == nil && global != "" && global != noReply {
		err = refused
	}
	return lua.LNil, err
}

// lastValue returns what the script has set after the hangup, or else what FreeSWITCH
// reported last of the channel.
func (s *Session) lastValue(a *vm.Args, name string) (lua.LValue, error) {
	if value, ok := s.variables[strings.ToLower(name)]; ok {
		if value == "" {
			return lua.LNil, nil
		}
		return lua.LString(value), nil
	}
	last := s.call.Snapshot()
	if name == "hangup_cause" {
		return s.endCause(a.Context())
	}
	if value := last.Get("variable_" + name); value != "" {
		return lua.LString(strings.Clone(value)), nil
	}
	if header := profileHeaders[strings.ToLower(name)]; header != "" {
		return lua.LString(strings.Clone(last.Get(header))), nil
	}
	if s.disconnected || strings.ContainsAny(name, "\r\n") {
		return lua.LNil, nil
	}
	value, err := s.call.API(a.Context(), "global_getvar "+name)
	if err = s.classifyErr(err); err != nil || value == "" || value == noReply {
		return lua.LNil, err
	}
	return lua.LString(value), nil
}

// noReply is the reply of the event socket for a command without output.
const noReply = "-ERR no reply\n"

// endCause returns the cause of the hangup. The first sign of a hangup may not tell it,
// and then the event that does is waited for.
func (s *Session) endCause(ctx context.Context) (lua.LValue, error) {
	cause, _ := s.call.HungUp()
	if cause == "" {
		ev, err := s.call.WaitEvent(ctx, time.Second, func(ev esl.Event) bool {
			return s.call.IsOwn(ev) && ev.Get("Hangup-Cause") != ""
		})
		if cause = strings.Clone(ev.Get("Hangup-Cause")); cause == "" {
			return lua.LNil, s.classifyErr(err)
		}
	}
	return lua.LString(cause), nil
}

// profileHeaders maps to the event headers of the fields of the caller profile
// (switch_caller.c:switch_caller_get_field_by_name). An empty field has none.
var profileHeaders = map[string]string{
	"dialplan": "Caller-Dialplan", "username": "Caller-Username", "caller_id_name": "Caller-Caller-ID-Name", "caller_id_number": "Caller-Caller-ID-Number",
	"orig_caller_id_name": "Caller-Orig-Caller-ID-Name", "orig_caller_id_number": "Caller-Orig-Caller-ID-Number", "callee_id_name": "Caller-Callee-ID-Name",
	"callee_id_number": "Caller-Callee-ID-Number", "ani": "Caller-ANI", "aniii": "Caller-ANI-II", "network_addr": "Caller-Network-Addr", "rdnis": "Caller-RDNIS",
	"destination_number": "Caller-Destination-Number", "uuid": "Unique-ID", "source": "Caller-Source", "transfer_source": "Caller-Transfer-Source",
	"context": "Caller-Context", "chan_name": "Caller-Channel-Name", "profile_index": "Caller-Profile-Index", "privacy_hide_name": "Caller-Privacy-Hide-Name",
	"privacy_hide_number": "Caller-Privacy-Hide-Number", "screen_bit": "Caller-Screen-Bit", "profile_created_time": "Caller-Profile-Created-Time",
	"created_time": "Caller-Channel-Created-Time", "answered_time": "Caller-Channel-Answered-Time", "progress_time": "Caller-Channel-Progress-Time",
	"progress_media_time": "Caller-Channel-Progress-Media-Time", "hungup_time": "Caller-Channel-Hangup-Time", "transferred_time": "Caller-Channel-Transfer-Time",
}

// setVariable sets a channel variable without expanding its value. After the
// hangup only the script itself sees it.
func setVariable(s *Session, a *vm.Args) (lua.LValue, error) {
	name, value := a.String(0), a.String(1)
	if name == "" {
		s.log().Error("setVariable: the variable has no name")
		return nil, nil
	}
	if err := s.set.env.Grants.CheckVariable(name, value); err != nil {
		return nil, err
	}
	return nil, s.setAnyway(a, name, value)
}

// setChannelVariable sets a variable of a channel that is up; an empty value removes it.
func (s *Session) setChannelVariable(a *vm.Args, name, value string) error {
	reply, err := s.call.API(a.Context(), syntax.ForChannel("uuid_setvar", s.call.UUID(), strings.TrimRight(syntax.Word(name)+" "+syntax.Rest(value), " ")))
	if err == nil && strings.HasPrefix(reply, "-") && !s.ended() {
		s.log().Error("setVariable: not set", "variable", name, "reply", strings.TrimSpace(reply))
	}
	return s.classifyErr(err)
}

// Limits of the variables that a script sets after the hangup.
const (
	maxVariables    = 64
	maxVariableSize = 16 << 10
)

// eventData is the interface of the Go value that a Lua event wraps.
type eventData interface {
	Add(name, value string) error
	Body() (string, bool)
}

func setEventData(s *Session, a *vm.Args) (lua.LValue, error) {
	event := a.Object(0).(eventData)
	now := s.call.Snapshot()
	if !s.ended() { // the last event lacks the variables that the script has set since
		dump, err := s.call.API(a.Context(), syntax.ForChannel("uuid_dump", s.call.UUID(), ""))
		if err = s.classifyErr(err); err != nil {
			return nil, err
		}
		if ev := esl.ReadDump(dump); ev.Name() != "" {
			now = ev
		}
	}
	for name, value := range s.data(now) {
		if err := event.Add(name, value); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// sendEvent gives an event's body to the endpoint; sofia sends it as a SIP MESSAGE.
func sendEvent(s *Session, a *vm.Args) (lua.LValue, error) {
	body, _ := a.Object(0).(eventData).Body()
	if err := a.BoundSent(len(body)); err != nil {
		return nil, err
	}
	if s.call.Moved() {
		return nil, nil
	}
	reply, err := s.call.API(a.Context(), syntax.ForChannel("uuid_send_message", s.call.UUID(), syntax.Rest(body)))
	if err == nil && strings.HasPrefix(reply, "-") {
		s.log().Error("sendEvent: not sent", "reply", strings.TrimSpace(reply))
	}
	return nil, s.classifyErr(err)
}

// printText sends real-time text to the phone (mod_commands.c:uuid_send_text), line by
// line: FreeSWITCH ends each.
func printText(s *Session, a *vm.Args) (lua.LValue, error) {
	for line := range strings.SplitSeq(strings.ReplaceAll(a.String(0), "\r", ""), "\n") {
		if line == "" || s.ended() {
			continue
		}
		reply, err := s.call.API(a.Context(), syntax.ForChannel("uuid_send_text", s.call.UUID(), line))
		if err = s.classifyErr(err); err != nil {
			return no, err
		}
		if strings.HasPrefix(reply, "-") && !s.ended() {
			s.log().Error("print: not sent", "reply", strings.TrimSpace(reply))
			return no, nil
		}
	}
	return intBool(!s.ended()), nil
}

// withXML has FreeSWITCH write the call's record into its last event
// (switch_core_state_machine.c:switch_core_session_reporting_state).
const withXML = "hangup_complete_with_xml"

// getXMLCDR returns the record that the last event of the call carries.
func getXMLCDR(s *Session, a *vm.Args) (lua.LValue, error) {
	if !s.ended() {
		s.log().Warn("getXMLCDR: the record is there after the hangup only; until then it is empty", "uuid", s.call.UUID())
		return empty, s.setChannelVariable(a, withXML, "true")
	}
	last := s.call.Snapshot()
	if last.Name() != "CHANNEL_HANGUP_COMPLETE" {
		ev, err := s.call.WaitEvent(a.Context(), time.Second, func(ev esl.Event) bool {
			return s.call.IsOwn(ev) && ev.Name() == "CHANNEL_HANGUP_COMPLETE"
		})
		if err = s.classifyErr(err); err != nil {
			return empty, err
		}
		last = ev
	}
	if last.Body() == "" {
		s.log().Error("getXMLCDR: FreeSWITCH has not sent the record: the variable hangup_complete_with_xml must be true when the call hangs up")
	}
	return lua.LString(strings.Clone(last.Body())), nil
}

func getUUID(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LString("uninitialized"), nil
	}
	return lua.LString(s.call.UUID()), nil
}
