package event

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/cjson"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// Plain returns the event as switch_event_serialize writes it: "Name: value" lines
// with values URL-encoded, a blank line, the body after its length. Line ends in a
// name, which FreeSWITCH would write as they are, are encoded: a name may come from a
// web server's JSON, and must not make a header of its own.
func (e *Event) Plain() string {
	e.open()
	var b strings.Builder
	b.Grow(e.size)
	for h := range e.headers.all() {
		_, _ = lineEnds.WriteString(&b, h.name)
		b.WriteString(": ")
		if value := h.text(); value == "" {
			b.WriteString("_undef_")
		} else {
			urlEncode(&b, value)
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
func (e *Event) JSON() string { return e.json("{", ",", ":", ",", "}") }

// JSONLines returns the same in several lines, as esl_event_serialize_json writes it.
func (e *Event) JSONLines() string { return e.json("{\n\t", ",\n\t", ":\t", ", ", "\n}") }

// json writes the event with what stands around and between its headers, and between the
// elements of a list.
func (e *Event) json(begin, between, colon, comma, end string) string {
	e.open()
	out := []byte(begin)
	field := func(name string) {
		if len(out) > len(begin) {
			out = append(out, between...)
		}
		out = append(cjson.AppendString(out, name), colon...)
	}
	for h := range e.headers.all() {
		field(h.name)
		if h.list == nil {
			out = cjson.AppendString(out, h.value)
			continue
		}
		out = append(out, '[')
		for i, value := range h.list {
			if i > 0 {
				out = append(out, comma...)
			}
			out = cjson.AppendString(out, value)
		}
		out = append(out, ']')
	}
	if e.hasBody {
		field("Content-Length")
		out = cjson.AppendString(out, strconv.Itoa(len(e.body)))
		field("_body")
		out = cjson.AppendString(out, e.body)
	}
	return string(append(out, end...))
}

// XML returns the event as switch_event_xmlize and switch_xml_toxml write it:
// header values URL-encoded, the body only XML-escaped. What would end a tag in a name
// is escaped, too.
func (e *Event) XML() string {
	e.open()
	var b strings.Builder
	b.WriteString("<event>\n  <headers>\n")
	for h := range e.headers.all() {
		values := h.list
		if values == nil {
			values = []string{h.value}
		}
		tag := xmlEscape.Replace(lineEnds.Replace(h.name))
		for _, v := range values {
			var enc strings.Builder
			urlEncode(&enc, v)
			fmt.Fprintf(&b, "    <%s>%s</%s>\n", tag, xmlEscape.Replace(enc.String()), tag)
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
// strings become headers, arrays lists, "_body" the body, the rest is skipped. A
// Content-Length is skipped too, which FreeSWITCH would send beside the body's own.
func FromJSON(text string) (*Event, error) {
	if len(text) > MaxSize {
		return nil, &SizeError{len(text)}
	}
	r := cjson.NewReader(text)
	v, err := r.Value()
	e := &Event{kind: "CUSTOM"}
	if err != nil || v.Kind != cjson.Object {
		return e, err
	}
	for {
		name, more, err := r.Next(cjson.Object)
		if err != nil || !more {
			return e, err
		}
		v, err := r.Value()
		if err != nil {
			return nil, err
		}
		switch v.Kind {
		case cjson.String:
			err = e.addJSON(name, v.Text)
		case cjson.Array:
			var list []string
			if list, err = readList(r, v.Kind); err == nil && len(list) > 0 {
				e.push(name, list...)
				if err = e.grow(0); err == nil && name == "_body" {
					err = e.SetBody(list[len(list)-1])
				}
			}
		case cjson.Object:
			_, err = readList(r, v.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
}

// readList reads the rest of an array or object and returns the strings that are
// elements of it.
func readList(r *cjson.Reader, of cjson.Kind) (list []string, err error) {
	for {
		_, more, err := r.Next(of)
		if err != nil || !more {
			return list, err
		}
		v, err := r.Value()
		switch {
		case err != nil:
			return nil, err
		case v.Kind == cjson.String:
			list = append(list, v.Text)
		case v.Kind == cjson.Array || v.Kind == cjson.Object:
			if _, err := readList(r, v.Kind); err != nil {
				return nil, err
			}
		}
	}
}

func (e *Event) addJSON(name, value string) error {
	switch {
	case strings.EqualFold(name, "_body"):
		return e.SetBody(value)
	case strings.EqualFold(name, "Event-Name"):
		e.Delete(name)
		if kind, ok := syntax.EventName(value); ok {
			e.kind = kind
		}
	case strings.EqualFold(name, "Content-Length"):
		return nil
	}
	return e.Add(name, value)
}
