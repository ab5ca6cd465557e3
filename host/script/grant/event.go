package grant

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// firedEvents lists the events that a script may fire. FreeSWITCH acts on many
// others itself (switch_event_bind in its source): RELOADXML, SHUTDOWN, CALL_SETUP_REQ,
// which dials, NOTIFY and PHONE_FEATURE, which restart other people's phones and forward
// their calls, SEND_INFO and SEND_MESSAGE, which go into other people's calls, and those
// of which its tables of channels and modules are made.
var firedEvents = set(`custom message message_waiting presence_in presence_out
	recv_message recv_info general channel_application`)

// obeyedSubclasses lists the subclasses of CUSTOM events on which FreeSWITCH acts:
// registrations, calls and lines of other people.
var obeyedSubclasses = set(`multicast::event rtmp::custom skinny::call_state skinny::user_to_device sofia::gateway_state
	tdd::send_message websocket::stophook`)

// fired checks an event that is fired.
func (c check) fired(name string, headers [][2]string, body string) error {
	c.starts(aTask)
	if !c.grants.FireEvents {
		return &RefusedError{Kind: Events, Name: "fire",
			text: "firing events is not granted to this flow; to grant it, write grants: {fire_events: true} in the configuration"}
	}
	decides := map[string]string{"event-name": "", "event-subclass": "", "dest_proto": "", "to": "", "_body": "", "job-owner-uuid": ""}
	for _, h := range headers {
		key := strings.ToLower(h[0])
		if was, ok := decides[key]; ok {
			if was != "" && was != h[1] { // which of them counts differs from place to place in FreeSWITCH
				return &RefusedError{Kind: Events, Name: name, text: fmt.Sprintf(
					"the event has two headers %q; fire it with one", h[0])}
			}
			decides[key] = h[1]
		}
	}
	if decides["job-owner-uuid"] != "" { // another call's socket gets it (mod_event_socket.c:event_handler)
		return c.use("event", "job-owner-uuid", obeyed, "")
	}
	name = strings.ToLower(cmp.Or(decides["event-name"], name))
	subclass := strings.ToLower(decides["event-subclass"])
	switch {
	case obeyedSubclasses[subclass]:
		return c.use("event", subclass, obeyed, "")
	case !firedEvents[name]:
		return c.use("event", name, obeyed, "")
	case subclass == "sms::send_message":
		return c.chat(decides["dest_proto"], decides["to"], cmp.Or(body, decides["_body"]), "the event "+subclass)
	}
	return nil
}

// event checks the argument of the application event (mod_dptools.c:event_function).
func (c check) event(data string) error {
	if err := c.oneLine(data); err != nil { // NOTIFY becomes a SIP request
		return err
	}
	var headers [][2]string
	for _, pair := range syntax.Split(data, ',', c.wordLimit(25)) {
		name, value, _ := strings.Cut(pair, "=")
		headers = append(headers, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return c.fired("CHANNEL_APPLICATION", headers, "")
}

// chat checks a message: the protocol api executes what it is addressed to, or the
// global variable of that name (mod_dptools.c:api_chat_send). With sip it goes to any
// address of any server (sofia_presence.c:sofia_presence_chat_send), so that a port or a
// transport would send its text to FreeSWITCH's event socket, as would the line breaks in
// it if the address leads there in another way.
func (c check) chat(protocol, to, body, where string) error {
	protocol = strings.ToLower(strings.TrimSpace(protocol))
	switch _, why := chatTable.need(protocol, ""); {
	case strings.Contains(protocol, "global"): // the chatplan decides
	case why == "":
	case c.grants.API.judge("chat", protocol) == granted:
	default:
		return refused(APICommand, strings.TrimSpace("chat "+strings.Join(strings.Fields(protocol), "_")), where, why, &c.grants.API)
	}
	if protocol == "conf" && (to == "" || len(to) > 256) { // conference_event.c:chat_send
		return tooMuch("a message to a conference that has no name or one of more than 256 bytes, which crashes FreeSWITCH,", where)
	}
	if protocol != "sip" && !strings.Contains(protocol, "global") {
		return nil
	}
	if !plainAddress.MatchString(stripQuotes(to)) {
		if err := c.use("text", "sip-address", network, where); err != nil {
			return err
		}
	}
	return cmp.Or(c.oneLine(to), c.oneLine(body))
}

var plainAddress = regexp.MustCompile(`^([A-Za-z0-9_.-]+/)?(sip:)?[^@:;<>/?, ]*(@[A-Za-z0-9_.-]+)?$`)
