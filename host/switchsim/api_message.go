package switchsim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// chatAPI sends a chat message. The one interface that delivers is event, which fires it
// (mod_dptools.c:chat_api_function, event_chat_send).
func chatAPI(s *Switch, args string, _ *channel) string {
	part := text.Split(args, '|', 5)
	switch {
	case len(part) < 4:
		return "Invalid"
	case part[0] != "event":
		return "Error! Message Not Sent"
	}
	e := s.newEvent("RECV_MESSAGE", "", 8)
	for i, name := range []string{"proto", "from", "to"} {
		e.Headers = append(e.Headers, wire.Header{Name: name, Value: []string{"global", part[1], part[2]}[i]})
	}
	if kind := nth(part, 4); kind != "" {
		e.Headers = append(e.Headers, wire.Header{Name: "type", Value: kind})
	}
	e.Body = part[3]
	s.bus.Fire(e, "RECV_MESSAGE", "", "")
	return "Sent"
}

// jsonAPI runs a command of the JSON API; the one that there is is fsapi
// (switch_loadable_module.c:switch_json_api_execute, mod_commands.c:json_api_function).
func jsonAPI(s *Switch, args string, _ *channel) string {
	if args == "" {
		return "-ERR No JSON supplied.\n"
	}
	var request struct {
		Command string
		Data    *struct{ Cmd, Arg string }
	}
	if json.Unmarshal([]byte(args), &request) != nil {
		return "-ERR Parse error.\n"
	}
	status, response := `"error","message":"Invalid request or non-existant command"`, "null"
	if request.Command == "fsapi" && request.Data != nil {
		status, response = `"success"`, `{"message":"INVALID CALL"}`
		if cmd := request.Data.Cmd; s.apis[cmd] != nil {
			message, _ := json.Marshal(s.runAPI(cmd, request.Data.Arg, nil))
			response = fmt.Sprintf(`{"message":%s}`, message)
		} else if cmd != "" {
			status = `"error","message":"The command returned an error"`
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(args), "}") + `,"status":` + status + `,"response":` + response + "}\n"
}

// uuidSendTextAPI shows text on a phone.
func uuidSendTextAPI(s *Switch, args string, _ *channel) string {
	uuid, line, _ := strings.Cut(args, " ")
	if line == "" {
		return usage("<uuid> <text>")
	}
	c := s.locate(uuid)
	if c == nil {
		return "-ERR No such channel " + uuid + "!\n"
	}
	c.trace(WhoSwitch, "text", line)
	return ok
}
