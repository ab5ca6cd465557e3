package esl

import (
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// A form says how an event's values are written.
type form uint8

const (
	formNone    form = iota
	formPlain        // text/event-plain, and events made here: encoded
	formJSON         // text/event-json, converted to the plain form: encoded
	formConnect      // the reply to connect: encoded, and carries its own Content-Type
	formFrame        // any other frame: not encoded
)

// An Event is a block of headers and a body, which it looks up in the bytes that
// were received. It is a small value: copy it. Its strings may share the memory of
// the whole packet, so use strings.Clone for a string that is stored for long.
type Event struct {
	raw  string // header lines, an empty line, the body
	form form
}

// NewEvent returns an event with headers in this order, and a body. It adds a
// Content-Length for a body unless the headers have one.
func NewEvent(headers [][2]string, body string) Event {
	var b strings.Builder
	hasLength := body == ""
	for _, h := range headers {
		writeHeader(&b, h[0], h[1])
		hasLength = hasLength || strings.EqualFold(h[0], "Content-Length")
	}
	if !hasLength {
		writeHeader(&b, "Content-Length", strconv.Itoa(len(body)))
	}
	b.WriteString("\n" + body)
	return Event{raw: b.String(), form: formPlain}
}

// ReadDump reads the answer to uuid_dump as an event with the channel's data; the zero
// Event if there was no such channel.
func ReadDump(answer string) Event {
	if strings.HasPrefix(answer, "-") {
		return Event{}
	}
	return Event{raw: strings.TrimRight(answer, "\n") + "\n\n", form: formPlain}
}

// writeHeader writes one line of the plain form. Bytes that would end a name or
// its line are encoded too, so that no name can become another header.
func writeHeader(b *strings.Builder, name, value string) {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < 0x20 || c == ':' {
			encode(b, name[i:i+1])
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteString(": ")
	if value == "" {
		b.WriteString(unset)
	} else {
		encode(b, value)
	}
	b.WriteByte('\n')
}

// IsZero reports whether e is the zero Event.
func (e Event) IsZero() bool { return e.form == formNone }

// Size returns the number of bytes that the event and its strings keep alive.
func (e Event) Size() int { return len(e.raw) }

// Type returns the content type in which the event was received, text/event-plain
// for one of NewEvent.
func (e Event) Type() string {
	switch e.form {
	case formPlain:
		return typeEventPlain
	case formJSON:
		return typeEventJSON
	case formConnect:
		return typeCommandReply
	}
	v, _ := lookup(e.raw, "Content-Type")
	return strings.TrimSpace(v)
}

// Name returns the Event-Name, "" for a frame without an event (a notice, a log
// line).
func (e Event) Name() string { return e.Get("Event-Name") }

// Get returns the first value of a header, decoded where FreeSWITCH encodes; "" if
// the header is absent or _undef_. Case does not matter.
func (e Event) Get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// Lookup works like Get, and also reports whether the header exists.
func (e Event) Lookup(name string) (string, bool) {
	v, ok := lookup(e.raw, name)
	if !ok {
		return "", false
	}
	return e.decode(v), true
}

// Raw returns the first value of a header as it was received.
func (e Event) Raw(name string) string {
	v, _ := lookup(e.raw, name)
	return v
}

func (e Event) decode(v string) string {
	switch {
	case e.form == formFrame:
		return v
	case v == unset:
		return ""
	}
	return decode(v)
}

// Pick looks up several headers in one pass over the event: it sets values[i] to
// Get(names[i]). A pass to the end of a call's event takes a microsecond or two,
// which matters where every event is examined. Both slices have the same
// length, at most 64.
func (e Event) Pick(names, values []string) {
	clear(values)
	missing := uint64(1)<<len(names) - 1
	first := initials(names, missing)
	for s := e.raw; s != "" && missing != 0; {
		end := strings.IndexByte(s, '\n')
		if first&initial(s) != 0 { // of few lines
			for left := missing; left != 0; left &= left - 1 {
				i := bits.TrailingZeros64(left)
				if name := names[i]; len(s) > len(name) && s[len(name)] == ':' && named(s, name) {
					missing &^= 1 << i
					first = initials(names, missing)
					values[i] = e.decode(valueAfter(s, name, end))
				}
			}
		}
		if end < 0 || blank(s[:end]) {
			return
		}
		s = s[end+1:]
	}
}

// initials returns the set of the letters that the names begin with whose bits are set.
func initials(names []string, which uint64) (set uint32) {
	for i, name := range names {
		if which&(1<<i) != 0 {
			set |= initial(name)
		}
	}
	return set
}

// PickLast works like Pick but searches from the last header backwards, for headers that
// FreeSWITCH adds after a channel's variables, such as an application's name. Of a
// repeated header it finds the last. It reads an event with a body from the front,
// because no event of a channel's applications has one. It recognizes a body by a
// missing empty line at the end, since a search for its beginning would be a whole
// pass.
func (e Event) PickLast(names, values []string) { e.pickLast(names, values, 1<<len(names)-1) }

// pickLast ends the search when it has found the headers whose bits are in needed.
func (e Event) pickLast(names, values []string, needed uint64) {
	head, bare := strings.CutSuffix(e.raw, "\n\n")
	if !bare {
		e.Pick(names, values)
		return
	}
	clear(values)
	for missing := uint64(1)<<len(names) - 1; head != "" && missing&needed != 0; {
		start := strings.LastIndexByte(head, '\n') + 1
		for i, name := range names {
			if missing&(1<<i) != 0 && named(head[start:], name) {
				missing &^= 1 << i
				values[i] = e.decode(valueAfter(head[start:], name, -1))
			}
		}
		head = head[:max(start-1, 0)]
	}
}

// An Application is what CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE say of one.
type Application struct{ Name, UUID, Data, Response string }

// Application returns the application of an event. FreeSWITCH adds these headers after the
// channel's variables, Application before Application-Data and Application-UUID, and both
// of its ends have them (switch_core_session.c:switch_core_session_exec): so the search
// from the end is over when these two are found, though the others may be missing.
func (e Event) Application() Application {
	var v [len(applicationHeaders)]string
	e.pickLast(applicationHeaders[:], v[:], 0b11)
	return Application{v[0], v[1], v[2], v[3]}
}

var applicationHeaders = [...]string{"Application", "Application-UUID", "Application-Data", "Application-Response"}

// Last works like Get but searches as PickLast does.
func (e Event) Last(name string) string {
	var v [1]string
	e.PickLast([]string{name}, v[:])
	return v[0]
}

// Array returns every value of a header: the elements of an ARRAY:: list, and those
// of headers that repeat. It is nil if the header is absent.
func (e Event) Array(name string) []string {
	var values []string
	for n, v := range e.All() {
		if !strings.EqualFold(n, name) {
			continue
		}
		if list, ok := strings.CutPrefix(v, arrayPrefix); ok {
			values = append(values, strings.Split(list, arraySeparator)...)
		} else {
			values = append(values, v)
		}
	}
	return values
}

// All returns every header in the received order and case, decoded, with repetitions.
func (e Event) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for line, rest, ok := nextLine(e.raw); ok; line, rest, ok = nextLine(rest) {
			name, value, isHeader := strings.Cut(line, ":")
			if isHeader && !yield(name, e.decode(headerValue(value))) {
				return
			}
		}
	}
}

// Body returns the event's own body: a job's output, a CDR, XML, a notice's text.
func (e Event) Body() string { return bodyOf(e.raw) }

// Plain returns the event in FreeSWITCH's plain form: the body of a
// text/event-plain frame.
func (e Event) Plain() string {
	if e.form != formFrame {
		return e.raw
	}
	var headers [][2]string
	for name, value := range e.All() {
		headers = append(headers, [2]string{name, value})
	}
	return NewEvent(headers, e.Body()).raw
}
