// Package wire is the simulator's own event-socket codec: it reads commands and
// writes packets as mod_event_socket does. It shares no code with host/freeswitch/esl, so
// that the two can disagree.
package wire

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// A Header holds one header of an event or of a command, not encoded.
type Header struct{ Name, Value string }

// An Event holds headers in order, repeats allowed, and a body. It must not
// change after it was serialised.
type Event struct {
	Headers []Header
	Body    string

	once  sync.Once
	plain []byte
}

// Get returns the first value of a header; its name is compared without case.
func (e *Event) Get(name string) string {
	for i := range e.Headers {
		if len(e.Headers[i].Name) == len(name) && strings.EqualFold(e.Headers[i].Name, name) {
			return e.Headers[i].Value
		}
	}
	return ""
}

// Set replaces the value of the first header of that name, compared with case.
func (e *Event) Set(name, value string) {
	for i := range e.Headers {
		if e.Headers[i].Name == name {
			e.Headers[i].Value = value
			return
		}
	}
}

// Packet appends the event as a text/event-plain, -json or -xml packet.
func (e *Event) Packet(dst []byte, format string) []byte {
	var body []byte
	switch format {
	case "json":
		body = e.JSON()
	case "xml":
		body = e.XML()
	default:
		format = "plain"
		body = e.Plain()
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\nContent-Type: text/event-"...)
	dst = append(dst, format...)
	dst = append(dst, "\n\n"...)
	return append(dst, body...)
}

// Plain returns the event as text, encoded (switch_event_serialize). It is made once
// and shared by all connections.
func (e *Event) Plain() []byte {
	e.once.Do(func() { e.plain = e.appendPlain() })
	return e.plain
}

func (e *Event) appendPlain() []byte {
	size := len(e.Body) + 64
	for i := range e.Headers {
		size += len(e.Headers[i].Name) + len(e.Headers[i].Value) + 12
	}
	dst := make([]byte, 0, size)
	for i := range e.Headers {
		dst = append(dst, e.Headers[i].Name...)
		dst = append(dst, ": "...)
		if e.Headers[i].Value == "" {
			dst = append(dst, "_undef_"...)
		} else {
			dst = AppendEncoded(dst, e.Headers[i].Value)
		}
		dst = append(dst, '\n')
	}
	if e.Body != "" {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(e.Body)), 10)
		dst = append(dst, "\n\n"...)
		return append(dst, e.Body...)
	}
	return append(dst, '\n')
}

// JSON returns the event as one object in the headers' order, with arrays as JSON
// arrays and the body under _body (switch_event_serialize_json).
func (e *Event) JSON() []byte {
	dst := append(make([]byte, 0, 4096), '{')
	for i, h := range e.Headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, h.Name), ':')
		if list, ok := strings.CutPrefix(h.Value, "ARRAY::"); ok {
			dst = append(dst, '[')
			for j, v := range strings.Split(list, "|:") {
				if j > 0 {
					dst = append(dst, ',')
				}
				dst = appendJSON(dst, v)
			}
			dst = append(dst, ']')
			continue
		}
		dst = appendJSON(dst, h.Value)
	}
	if e.Body != "" {
		dst = append(dst, `,"Content-Length":"`...)
		dst = strconv.AppendInt(dst, int64(len(e.Body)), 10)
		dst = appendJSON(append(dst, `","_body":`...), e.Body)
	}
	return append(dst, '}')
}

// appendJSON quotes as cJSON does: only what must be escaped is.
func appendJSON(dst []byte, s string) []byte {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r >= 0x7f }) {
		dst = append(append(dst, '"'), s...)
		return append(dst, '"')
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(dst, `""`...)
	}
	return append(dst, strings.TrimSuffix(b.String(), "\n")...)
}

// XML returns the event with header values URL-encoded and then escaped, the body
// escaped only (switch_event_xmlize).
func (e *Event) XML() []byte {
	dst := append(make([]byte, 0, 8192), "<event>\n  <headers>\n"...)
	var scratch []byte
	for _, h := range e.Headers {
		scratch = AppendEncoded(scratch[:0], h.Value)
		dst = append(append(append(dst, "    <"...), h.Name...), '>')
		dst = append(dst, Escape.Replace(string(scratch))...)
		dst = append(append(append(dst, "</"...), h.Name...), ">\n"...)
	}
	dst = append(dst, "  </headers>\n"...)
	if e.Body != "" {
		dst = append(dst, "  <Content-Length>"...)
		dst = strconv.AppendInt(dst, int64(len(e.Body)), 10)
		dst = append(dst, "</Content-Length>\n  <body>"...)
		dst = append(append(dst, Escape.Replace(e.Body)...), "</body>\n"...)
	}
	return append(dst, "</event>\n"...)
}

// Escape escapes text for XML, as switch_xml.c:ampencode does.
var Escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
