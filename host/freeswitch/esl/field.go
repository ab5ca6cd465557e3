package esl

import (
	"fmt"
	"strings"
	"unicode"
)

// FreeSWITCH's own bounds: it cuts a longer head and runs it as if it were complete,
// so that the rest becomes the next command; a larger body drops the connection
// (mod_event_socket.c:read_packet). The head stays far below, because FreeSWITCH
// reads it byte by byte.
const (
	maxField = 1 << 20
	maxBody  = 16 << 20
)

// fields checks one command's fields, in the order they were given.
type fields struct {
	command string
	err     error
}

func (f *fields) refuse(field, value, reason string) {
	if f.err == nil {
		f.err = &FieldError{Command: f.command, Field: field, Value: value, Reason: reason}
	}
}

// line checks a field that must not end its line.
func (f *fields) line(field, value string) {
	if i := strings.IndexAny(value, "\r\n\x00"); i >= 0 {
		f.refuse(field, value, fmt.Sprintf("holds %s at byte %d; it must be one line of text", nameOf(value[i]), i))
	}
	if len(value) > maxField {
		f.refuse(field, value, fmt.Sprintf("is %d bytes long; at most %d are possible", len(value), maxField))
	}
}

// word checks a line that must not be empty or contain white space.
func (f *fields) word(field, value string) {
	f.line(field, value)
	if value == "" || strings.ContainsFunc(value, unicode.IsSpace) {
		f.refuse(field, value, "must be one word")
	}
}

// some checks a line that must not be empty.
func (f *fields) some(field, value string) {
	f.line(field, value)
	if strings.TrimSpace(value) == "" {
		f.refuse(field, value, "must not be empty")
	}
}

// header checks the name of a header, which may hold blanks inside.
func (f *fields) header(field, value string) {
	f.some(field, value)
	if strings.TrimSpace(value) != value {
		f.refuse(field, value, "begins or ends with a blank")
	}
	if strings.Contains(value, ":") {
		f.refuse(field, value, "holds a colon, which would end the header's name")
	}
}

// body checks the text after the head, which FreeSWITCH reads as a C string.
func (f *fields) body(field, value string) {
	if i := strings.IndexByte(value, 0); i >= 0 {
		f.refuse(field, value, fmt.Sprintf("holds NUL at byte %d, where FreeSWITCH would stop reading it", i))
	}
	if len(value) > maxBody {
		f.refuse(field, value, fmt.Sprintf("is %d bytes long; at most %d are possible", len(value), maxBody))
	}
}

// secret checks a line whose value no error may show.
func (f *fields) secret(field, value string) {
	if value == "" {
		f.refuse(field, "", "must not be empty")
	} else if strings.ContainsAny(value, "\r\n\x00") || len(value) > maxField {
		f.refuse(field, "***", "holds a line break or NUL, or is far too long; it must be one line of text")
	}
}

func nameOf(c byte) string {
	switch c {
	case '\r':
		return "CR"
	case '\n':
		return "LF"
	}
	return "NUL"
}
