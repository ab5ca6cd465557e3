package push

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/outbox"
)

// A Document is what an endpoint is told, as Standard Webhooks has it.
type Document struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"` // when it happened
	Data      any    `json:"data"`
}

// The types of documents; that of an event is event. and its name.
const (
	callEnded         = "call.ended"
	recordingFinished = "recording.finished"
	eventPrefix       = "event."
)

// A Call is the data of callEnded.
type Call struct {
	Leg
	Node       string            `json:"node,omitempty" doc:"name of the node"`
	Flow       string            `json:"flow,omitempty" doc:"that served the call last"`
	Version    string            `json:"version,omitempty" doc:"of the flow"`
	Originator string            `json:"originator,omitempty" doc:"channel that dialled this one, which has outlived it"`
	Legs       []Leg             `json:"legs,omitempty" doc:"channels that it dialled, each with uuid to recordings as above"`
	Variables  map[string]string `json:"variables,omitempty" doc:"that were chosen, by name"`
	Truncated  bool              `json:"truncated,omitempty" doc:"true if something was too long"`
}

// A Recorded is the data of recordingFinished.
type Recorded struct {
	Recording
	Call      string            `json:"call" doc:"uuid of the channel"`
	Node      string            `json:"node,omitempty" doc:"name of the node"`
	Flow      string            `json:"flow,omitempty" doc:"that served the call last"`
	Version   string            `json:"version,omitempty" doc:"of the flow"`
	Variables map[string]string `json:"variables,omitempty" doc:"that were chosen, by name"`
	Truncated bool              `json:"truncated,omitempty" doc:"true if something was too long"`
}

// An Event is the data of any other event.
type Event struct {
	Event     string            `json:"event" doc:"FreeSWITCH's name of it"`
	Subclass  string            `json:"subclass,omitempty" doc:"of a CUSTOM event"`
	Call      string            `json:"call,omitempty" doc:"uuid of the channel"`
	Node      string            `json:"node,omitempty" doc:"name of the node"`
	Headers   map[string]string `json:"headers" doc:"what the event says, besides variables"`
	Body      string            `json:"body,omitempty" doc:"of the event"`
	Variables map[string]string `json:"variables,omitempty" doc:"that were chosen, by name"`
	Truncated bool              `json:"truncated,omitempty" doc:"true if something was too long"`
}

func newEvent(e esl.Event, node string, variables []string) Event {
	h, v := headers(e), chosen(e, variables)
	return Event{
		Event: short(e.Name()), Subclass: short(e.Get("Event-Subclass")), Call: short(e.Get("Unique-ID")), Node: node,
		Headers: h.m, Body: cut(e.Body(), mostValues), Variables: v.m, Truncated: h.cut || v.cut || len(e.Body()) > mostValues,
	}
}

// text writes a document in JSON.
func (d Document) text() ([]byte, error) {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(d); err != nil {
		return nil, err
	}
	if call, ok := d.Data.(Call); ok && b.Len() > outbox.MostBody && len(call.Variables)+len(call.Legs) > 0 {
		call.Variables, call.Legs, call.Truncated = nil, nil, true
		d.Data = call
		return d.text()
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// identify returns the id of a push: every host gives the same one for what a push of
// the configuration has an endpoint told of something that happened.
func identify(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
