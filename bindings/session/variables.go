package session

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// getVariable asks FreeSWITCH, which looks through the channel's variables, the
// fields of the caller profile and the global variables. After the hangup it
// answers from the last data of the channel.
func getVariable(s *Session, a *vm.Args) (lua.LValue, error) {
	name := a.String(0)
	if name == "" {
		return lua.LNil, nil
	}
	if !s.ended() {
		value, err := s.call.API(a.Context(), "uuid_getvar "+s.call.UUID()+" "+syntax.Word(name))
		if err = s.classifyErr(err); err != nil {
			return nil, err
		}
		if value == "_undef_" || value == "-ERR no reply\n" {
			return lua.LNil, nil
		}
		if !s.ended() && !strings.HasPrefix(value, "-ERR No such channel!") {
			return lua.LString(value), nil
		}
	}
	if value, ok := s.variables[name]; ok {
		if value == "" {
			return lua.LNil, nil
		}
		return lua.LString(value), nil
	}
	last := s.call.Snapshot()
	value, ok := last.Lookup("variable_" + name)
	if header := profileHeader(name); !ok && header != "" {
		value, ok = last.Lookup(header)
	}
	if !ok || value == "" {
		return lua.LNil, nil
	}
	return lua.LString(strings.Clone(value)), nil
}

// profileHeader returns the event header of a field of the caller profile.
func profileHeader(name string) string {
	switch name {
	case "uuid":
		return "Unique-ID"
	case "caller_id_name":
		return "Caller-Caller-ID-Name"
	case "caller_id_number":
		return "Caller-Caller-ID-Number"
	case "destination_number":
		return "Caller-Destination-Number"
	case "ani":
		return "Caller-ANI"
	case "context":
		return "Caller-Context"
	case "dialplan":
		return "Caller-Dialplan"
	case "network_addr":
		return "Caller-Network-Addr"
	case "source":
		return "Caller-Source"
	case "username":
		return "Caller-Username"
	case "rdnis":
		return "Caller-RDNIS"
	case "chan_name":
		return "Caller-Channel-Name"
	}
	return ""
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
	if s.ended() {
		if s.variables == nil {
			s.variables = map[string]string{}
		}
		if len(s.variables) >= maxVariables || len(name)+len(value) > maxVariableSize {
			return nil, fmt.Errorf("after the hangup a script can set %d variables of %d bytes each", maxVariables, maxVariableSize)
		}
		s.variables[name] = value
		return nil, nil
	}
	reply, err := s.call.API(a.Context(), strings.TrimRight("uuid_setvar "+s.call.UUID()+" "+syntax.Word(name)+" "+syntax.Rest(value), " "))
	if err == nil && strings.HasPrefix(reply, "-") && !s.ended() {
		s.log().Error("setVariable: not set", "variable", name, "reply", strings.TrimSpace(reply))
	}
	return nil, s.classifyErr(err)
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
	for name, value := range s.call.Snapshot().All() {
		if strings.HasPrefix(name, "Event-") || strings.HasPrefix(name, "Content-") {
			continue // of the event it came in
		}
		if err := event.Add(name, value); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// sendEvent gives an event's body to the endpoint; sofia sends it as a SIP MESSAGE.
func sendEvent(s *Session, a *vm.Args) (lua.LValue, error) {
	body, _ := a.Object(0).(eventData).Body()
	reply, err := s.call.API(a.Context(), "uuid_send_message "+s.call.UUID()+" "+syntax.Rest(body))
	if err == nil && strings.HasPrefix(reply, "-") {
		s.log().Error("sendEvent: not sent", "reply", strings.TrimSpace(reply))
	}
	return nil, s.classifyErr(err)
}

func getUUID(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LString("uninitialized"), nil
	}
	return lua.LString(s.call.UUID()), nil
}
