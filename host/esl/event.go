package esl

import "iter"

// Event is a block of headers and a body, looked up lazily in the bytes they
// came in. It is a small value: copy it. Strings taken from it share its memory.
type Event struct {
	head string
	body string
	form uint8
}

// NewEvent makes an event from headers in order, and a body.
func NewEvent(headers [][2]string, body string) Event { return Event{} }

// IsZero tells the zero Event from one that was received.
func (e Event) IsZero() bool { return e.form == 0 }

// Type is the content type the event came in, "text/event-plain" for one made here.
func (e Event) Type() string { return "" }

// Name is the Event-Name, "" for what is not an event (a notice, a log line).
func (e Event) Name() string { return e.Get("Event-Name") }

// Get is the first value of a header, decoded; "" if absent or _undef_. Case does not matter.
func (e Event) Get(name string) string { v, _ := e.Lookup(name); return v }

// Lookup is Get that tells an empty value from an absent header.
func (e Event) Lookup(name string) (string, bool) { return "", false }

// Array is the values of a header that repeats or holds an ARRAY:: list; nil if absent.
func (e Event) Array(name string) []string { return nil }

// All is every header in the received order and case, decoded, repeats kept.
func (e Event) All() iter.Seq2[string, string] { return func(func(string, string) bool) {} }

// Body is the event's own body.
func (e Event) Body() string { return e.body }

// Plain is the event in FreeSWITCH's plain form.
func (e Event) Plain() string { return "" }
