package esl

import (
	"maps"
	"strconv"
	"strings"
	"testing"
)

// A switchPacket is one command as FreeSWITCH takes it in.
type switchPacket struct {
	line    string
	headers map[string]string // by lower-case name
	body    string
	rest    string // what follows the packet
}

// equal compares what FreeSWITCH would act on: an empty argument and one round
// are its defaults.
func (p switchPacket) equal(o switchPacket) bool {
	for _, q := range []switchPacket{p, o} {
		maps.DeleteFunc(q.headers, func(name, value string) bool {
			return value == "" || name == "loops" && value == "1"
		})
	}
	return p.line == o.line && p.body == o.body && p.rest == o.rest && maps.Equal(p.headers, o.headers)
}

// parsePacket reads a command the way mod_event_socket.c:read_packet does: bytes
// up to two line feeds with nothing but CR between them, lines split at the
// first CR, else LF, a body of Content-Length bytes. It shares nothing with the
// package's own reading.
func parsePacket(t testing.TB, s string) switchPacket {
	t.Helper()
	s = strings.TrimLeft(s, "\r\n")
	feeds, end := 0, -1
	for i := 0; i < len(s) && end < 0; i++ {
		switch s[i] {
		case '\n':
			if feeds++; feeds == 2 {
				end = i + 1
			}
		case '\r':
		default:
			feeds = 0
		}
	}
	if end < 0 {
		t.Fatalf("the packet never ends: %q", s)
	}
	p := switchPacket{headers: map[string]string{}, rest: s[end:]}
	head := s[:end]
	for first := true; head != ""; first = false {
		i := strings.IndexByte(head, '\r')
		if i < 0 {
			i = strings.IndexByte(head, '\n')
		}
		line := head[:i]
		head = strings.TrimLeft(head[i:], "\r\n")
		if first {
			p.line = strings.TrimRight(line, " ")
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("a line without a colon: %q in %q", line, s)
		}
		p.headers[strings.ToLower(name)] += strings.TrimLeft(value, " ")
	}
	if length, ok := p.headers["content-length"]; ok {
		n, err := strconv.Atoi(length)
		if err != nil || n > len(p.rest) {
			t.Fatalf("a body of %s bytes of which there are %d: %q", length, len(p.rest), s)
		}
		p.body, p.rest = p.rest[:n], p.rest[n:]
	}
	return p
}
