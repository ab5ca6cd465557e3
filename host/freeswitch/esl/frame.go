package esl

// The content types of mod_event_socket.c.
const (
	typeAuthRequest      = "auth/request"
	typeCommandReply     = "command/reply"
	typeAPIResponse      = "api/response"
	typeEventPlain       = "text/event-plain"
	typeEventJSON        = "text/event-json"
	typeEventXML         = "text/event-xml"
	typeLogData          = "log/data"
	typeDisconnectNotice = "text/disconnect-notice"
	typeRudeRejection    = "text/rude-rejection"
)

// A Frame is one packet as it was received, in one string.
type Frame struct {
	raw  string
	typ  string // part of raw
	body int    // where the body starts
	off  int64
}

// Get returns the first value of a header as received, "" if absent. Case does not matter.
func (f Frame) Get(name string) string {
	v, _ := lookup(f.raw, name)
	return v
}

// Body returns the body as received.
func (f Frame) Body() string { return f.raw[f.body:] }

// Event returns the event inside text/event-plain and text/event-json; for every
// other type it returns the frame itself: a connect reply with its encoded values,
// a notice, a log line, an XML event as a body. The error is a *MalformedError.
func (f Frame) Event() (Event, error) {
	switch f.typ {
	case typeEventPlain:
		// The inner Content-Length is not needed: the frame's length bounds the body.
		return Event{raw: f.Body(), form: formPlain}, nil
	case typeEventJSON:
		raw, err := fromJSON(f.Body())
		if err != nil {
			return Event{}, &MalformedError{Offset: f.off + int64(f.body+err.at), Reason: "JSON event: " + err.reason}
		}
		return Event{raw: raw, form: formJSON}, nil
	}
	e := Event{raw: f.raw, form: formFrame}
	// The answer to connect is an event whose own headers frame it, with every
	// value encoded; no other reply starts with an Event-Name
	// (mod_event_socket.c:parse_command "connect").
	if f.typ == typeCommandReply && hasPrefixFold(f.raw, "Event-Name:") {
		e.form = formConnect
	}
	return e, nil
}
