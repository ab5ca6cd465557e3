package session

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// getVariable asks FreeSWITCH, which looks through the channel's variables,
// the caller profile's fields and the global variables. After a hangup it
// answers from what was last told of the channel.
func getVariable(s *Session, a *vm.Args) (lua.LValue, error) {
	name := a.String(0)
	if name == "" {
		return lua.LNil, nil
	}
	if !s.over() {
		value, err := s.call.API(a.Context(), "uuid_getvar "+s.call.UUID()+" "+syntax.Word(name))
		if err = s.settle(err); err != nil {
			return nil, err
		}
		if value == "_undef_" || value == "-ERR no reply\n" {
			return lua.LNil, nil
		}
		if !s.over() && !strings.HasPrefix(value, "-ERR No such channel!") {
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

// profileHeader is the event header of a field of the caller profile.
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

// setVariable sets a channel variable as it is, nothing expanded. After a
// hangup only this script sees it.
func setVariable(s *Session, a *vm.Args) (lua.LValue, error) {
	name, value := a.String(0), a.String(1)
	if name == "" {
		s.log().Error("setVariable: the variable has no name")
		return nil, nil
	}
	if err := s.set.env.Grants.CheckVariable(name, value); err != nil {
		return nil, err
	}
	if s.over() {
		if s.variables == nil {
			s.variables = map[string]string{}
		}
		if len(s.variables) >= mostVariables || len(name)+len(value) > variableSize {
			return nil, fmt.Errorf("after the hangup a script can set %d variables of %d bytes each", mostVariables, variableSize)
		}
		s.variables[name] = value
		return nil, nil
	}
	reply, err := s.call.API(a.Context(), strings.TrimRight("uuid_setvar "+s.call.UUID()+" "+syntax.Word(name)+" "+syntax.Rest(value), " "))
	if err == nil && strings.HasPrefix(reply, "-") && !s.over() {
		s.log().Error("setVariable: not set", "variable", name, "reply", strings.TrimSpace(reply))
	}
	return nil, s.settle(err)
}

// What is kept here after a hangup.
const (
	mostVariables = 64
	variableSize  = 16 << 10
)

// eventData is what an event's Lua object must be to take the channel's data.
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

// sendEvent hands an event's body to the endpoint; sofia makes a SIP MESSAGE of it.
func sendEvent(s *Session, a *vm.Args) (lua.LValue, error) {
	body, _ := a.Object(0).(eventData).Body()
	reply, err := s.call.API(a.Context(), "uuid_send_message "+s.call.UUID()+" "+syntax.Rest(body))
	if err == nil && strings.HasPrefix(reply, "-") {
		s.log().Error("sendEvent: not sent", "reply", strings.TrimSpace(reply))
	}
	return nil, s.settle(err)
}

func getUUID(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return lua.LString("uninitialized"), nil
	}
	return lua.LString(s.call.UUID()), nil
}
