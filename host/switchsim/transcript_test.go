package switchsim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// A line is one line of a transcript: what one side sent.
type line struct {
	Note string  `json:"note"`
	T    float64 `json:"t"`
	From string  `json:"from"` // app or switch
	Data string  `json:"data"`
}

// transcript reads testdata/captures/<name>.jsonl: bytes exchanged with a real
// FreeSWITCH 1.11.
func transcript(t *testing.T, name string) []line {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "captures", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []line
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.From != "" {
			lines = append(lines, l)
		}
	}
	if err := sc.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), err)
	}
	return lines
}

// A packet is one packet of a switch, taken apart.
type packet struct {
	kind    string // Content-Type, or "closed"
	headers []wire.Header
	body    string
	event   bool // headers are an event's
}

func (p *packet) get(name string) string {
	for _, h := range p.headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// parsePacket reads a whole packet as the peer sent it.
func parsePacket(data string) (*packet, error) {
	if data == "<closed>" {
		return &packet{kind: "closed"}, nil
	}
	head, body, ok := strings.Cut(data, "\n\n")
	if !ok {
		return nil, fmt.Errorf("no blank line in %q", data)
	}
	p := &packet{headers: parseHeaders(head, false), body: body}
	p.kind = p.get("Content-Type")
	switch p.kind {
	case "text/event-plain":
		inner, rest, _ := strings.Cut(body, "\n\n")
		p.headers, p.body, p.event = parseHeaders(inner, true), rest, true
	case "text/event-json":
		p.headers, p.body, p.event = parseJSON(body), "", true
	case "text/event-xml":
		p.headers, p.body, p.event = parseXML(body), "", true
	case "command/reply":
		if p.get("Event-Name") == "CHANNEL_DATA" {
			p.headers = parseHeaders(head, true)
		}
	}
	return p, nil
}

func parseHeaders(head string, encoded bool) []wire.Header {
	var headers []wire.Header
	for _, l := range strings.Split(head, "\n") {
		name, value, ok := strings.Cut(l, ": ")
		if !ok {
			continue
		}
		if encoded {
			value = wire.Decode(value)
		}
		headers = append(headers, wire.Header{Name: name, Value: value})
	}
	return headers
}

// parseJSON keeps the order of the keys.
func parseJSON(body string) []wire.Header {
	dec := json.NewDecoder(strings.NewReader(body))
	var headers []wire.Header
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil
		}
		text, ok := value.(string)
		if !ok {
			text = fmt.Sprint(value)
		}
		headers = append(headers, wire.Header{Name: name.(string), Value: text})
	}
	return headers
}

func parseXML(body string) []wire.Header {
	var headers []wire.Header
	for _, l := range strings.Split(body, "\n") {
		l = strings.TrimSpace(l)
		name, rest, ok := strings.Cut(strings.TrimPrefix(l, "<"), ">")
		value, closed := strings.CutSuffix(rest, "</"+name+">")
		if ok && closed {
			headers = append(headers, wire.Header{Name: name, Value: wire.Decode(value)})
		}
	}
	return headers
}

// readPacket reads the next packet off a connection as raw text.
func readPacket(r *bufio.Reader) (string, error) {
	var b strings.Builder
	length := 0
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		b.WriteString(l)
		if l == "\n" {
			break
		}
		if n, ok := strings.CutPrefix(l, "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	body := make([]byte, length)
	for read := 0; read < length; {
		n, err := r.Read(body[read:])
		if err != nil {
			return "", err
		}
		read += n
	}
	b.Write(body)
	return b.String(), nil
}

// keyHeaders are compared by value in every packet of a replay, besides kind and
// order; header names are compared in full and in order.
var keyHeaders = []string{
	"Event-Name", "Event-Subclass", "Event-Calling-Function", "Unique-ID", "Channel-Name", "Channel-State",
	"Channel-Call-State", "Channel-State-Number", "Answer-State", "Call-Direction", "Channel-HIT-Dialplan", "Hangup-Cause",
	"Original-Channel-Call-State", "Channel-Call-State-Number",
	"Application", "Application-Data", "Application-Response", "Application-UUID",
	"DTMF-Digit", "DTMF-Source", "Channel-Read-Codec-Name", "Bridge-A-Unique-ID", "Other-Type",
	"Caller-Destination-Number", "Caller-Caller-ID-Name", "Caller-Caller-ID-Number", "Caller-Callee-ID-Name",
	"Caller-Callee-ID-Number", "Caller-Context", "Caller-Dialplan", "Caller-RDNIS", "Caller-Profile-Index", "Caller-Source",
	"Content-Type", "Reply-Text", "Socket-Mode", "Control", "Job-UUID", "Job-Command", "Job-Command-Arg",
	"Controlled-Session-UUID", "Content-Disposition", "Linger-Time", "API-Command", "API-Command-Argument",
	"Action", "Conference-Name", "Conference-Size", "Conference-Profile-Name", "Member-Type", "Floor",
	"variable_current_application", "variable_current_application_response", "variable_hangup_cause",
	"variable_hangup_cause_q850", "variable_originate_disposition", "variable_DIALSTATUS", "variable_originate_failed_cause",
	"variable_last_bridge_hangup_cause", "variable_bridge_hangup_cause", "variable_socket_host", "variable_socket_path",
	"variable_current_loop", "variable_total_loops", "variable_pin", "variable_rd", "variable_read_result",
	"variable_read_terminator_used", "variable_foo", "variable_DP_MATCH", "variable_max_forwards",
	"variable_conference_name", "variable_endpoint_disposition", "variable_loopback_leg", "variable_last_app", "variable_digits_dialed", "variable_sip_hangup_disposition",
	"variable_hangup_after_bridge", "variable_continue_on_fail",
}

// names returns the header names without the channel variables and scope variables.
func (p *packet) names() []string {
	var names []string
	for _, h := range p.headers {
		if !strings.HasPrefix(h.Name, "variable_") {
			names = append(names, h.Name)
		}
	}
	return names
}

func (p *packet) variables() []string {
	var names []string
	for _, h := range p.headers {
		if name, ok := strings.CutPrefix(h.Name, "variable_"); ok && name != "origination_uuid" { // our way to fix the UUID
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// title describes the packet in one line, for messages.
func (p *packet) title() string {
	if name := p.get("Event-Name"); name != "" {
		return strings.TrimSpace(name + " " + p.get("Channel-State") + " " + p.get("Application") + " " + p.get("Action"))
	}
	return strings.TrimSpace(p.kind + " " + p.get("Reply-Text") + " " + p.get("Content-Disposition"))
}
