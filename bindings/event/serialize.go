package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Plain returns the event as switch_event_serialize writes it: "Name: value" lines
// with values URL-encoded, a blank line, the body after its length.
func (e *Event) Plain() string {
	var b strings.Builder
	b.Grow(e.size + 16*len(e.headers))
	for _, h := range e.headers {
		b.WriteString(h.name)
		b.WriteString(": ")
		if h.value == "" {
			b.WriteString("_undef_")
		} else {
			urlEncode(&b, h.value)
		}
		b.WriteByte('\n')
	}
	if e.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\n\n%s", len(e.body), e.body)
	} else {
		b.WriteByte('\n')
	}
	return b.String()
}

// JSON returns the event as switch_event_serialize_json writes it: one object in
// the order of the headers, lists as arrays, the body under _body.
func (e *Event) JSON() string {
	var b strings.Builder
	field := func(name string, value any) {
		if b.Len() == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(jsonText(name))
		b.WriteByte(':')
		b.WriteString(jsonText(value))
	}
	for _, h := range e.headers {
		if h.list != nil {
			field(h.name, h.list)
		} else {
			field(h.name, h.value)
		}
	}
	if e.hasBody {
		field("Content-Length", strconv.Itoa(len(e.body)))
		field("_body", e.body)
	}
	if b.Len() == 0 {
		return "{}"
	}
	return b.String() + "}"
}

func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings and lists of strings always encode
	return strings.TrimSuffix(b.String(), "\n")
}

// XML returns the event as switch_event_xmlize and switch_xml_toxml write it:
// header values URL-encoded, the body only XML-escaped.
func (e *Event) XML() string {
	var b strings.Builder
	b.WriteString("<event>\n  <headers>\n")
	for _, h := range e.headers {
		values := h.list
		if values == nil {
			values = []string{h.value}
		}
		for _, v := range values {
			var enc strings.Builder
			urlEncode(&enc, v)
			fmt.Fprintf(&b, "    <%s>%s</%s>\n", h.name, xmlEscape.Replace(enc.String()), h.name)
		}
	}
	b.WriteString("  </headers>\n")
	if e.body != "" {
		fmt.Fprintf(&b, "  <Content-Length>%d</Content-Length>\n  <body>%s</body>\n", len(e.body), xmlEscape.Replace(e.body))
	}
	b.WriteString("</event>\n")
	return b.String()
}

var xmlEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

const unsafe = "\r\n #%&+:;<=>?@[\\]^`{|}\""

// urlEncode encodes as switch_utils.c:switch_url_encode does, which leaves a "%"
// before two upper-case hex digits as it is.
func urlEncode(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		encoded := c == '%' && i+2 < len(s) && strings.IndexByte(hex, s[i+1]) >= 0 && strings.IndexByte(hex, s[i+2]) >= 0
		if !encoded && (c < ' ' || c > '~' || strings.IndexByte(unsafe, c) >= 0) {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
}

// FromJSON makes an event from a JSON object as switch_event_create_json does:
// strings become headers, arrays lists, "_body" the body, the rest is skipped.
func FromJSON(text string) (*Event, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, fmt.Errorf("an event is written as one JSON object, not as %.40q", text)
	}
	e := &Event{kind: "CLONE"}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := tok.(string)
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		if err := e.addJSON(name, value); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return e, err
}

func (e *Event) addJSON(name string, value any) error {
	switch v := value.(type) {
	case string:
		switch {
		case name == "_body":
			return e.SetBody(v)
		case strings.EqualFold(name, "Event-Name"):
			e.Delete(name)
			if kind, ok := typeName(v); ok {
				e.kind = kind
			}
		case strings.EqualFold(name, "Content-Length"):
			return nil
		}
		return e.Add(name, v)
	case []any:
		var list []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				list = append(list, s)
			}
		}
		if len(list) > 0 {
			e.push(name, list)
		}
		return e.grow(0)
	}
	return nil
}
