package syntax

import (
	"errors"
	"strconv"
	"strings"
)

// Values answers what a text refers to.
type Values interface {
	// Variable returns the value of a variable, "" if it has none. The name may end in
	// an index, as in list[1]; global is set for $${name}.
	Variable(name string, global bool) (string, error)
	// Command returns the output of an API command.
	Command(name, arg string) (string, error)
}

// The limits of one text that is expanded. FreeSWITCH itself has none but its memory.
const (
	maxReferences = 256
	maxNesting    = 16
)

var (
	errTooLong = errors.New("a text has more than 64 KiB with the values of its variables")
	errTooMany = errors.New("a text refers to more than 256 variables and commands, or nests them more than 16 deep")
)

// Expand replaces each ${...} of a text and its escapes, as FreeSWITCH does before it
// executes an application (switch_channel.c:switch_channel_expand_variables_check;
// switch_event.c:switch_event_expand_headers_check is the same for the command
// expand). Values are put in as they are. FreeSWITCH would expand them again, and so run
// what a caller has put into a name or a header of his call.
func Expand(text string, values Values) (string, error) {
	e := &expansion{values: values}
	return e.expand(text, 0)
}

// Unescape returns what FreeSWITCH makes of a text in which it finds no ${...}.
func Unescape(text string) string {
	if hasReference(text) {
		return text
	}
	text, _ = Expand(text, nil) // no value can fail
	return text
}

type expansion struct {
	values Values
	found  int
}

func (e *expansion) expand(in string, depth int) (string, error) {
	if !hasReference(in) && !hasEscape(in) {
		return in, nil
	}
	if depth > maxNesting {
		return "", errTooMany
	}
	var out strings.Builder
	for p := 0; p < len(in); p++ {
		literal, global := false, false
		if in[p] == '\\' {
			switch byteAt(in, p+1) {
			case '$':
				literal = true
				if p++; byteAt(in, p+1) == '$' {
					p++
				}
			case '\'':
				p++
				continue
			case '\\':
				out.WriteByte('\\')
				p++
				continue
			}
		}
		if in[p] == '$' && !literal && byteAt(in, p+1) == '$' {
			p++
			global = true
		}
		if in[p] != '$' || literal || byteAt(in, p+1) != '{' {
			out.WriteByte(in[p])
			continue
		}
		r := referenceAt(in, p+1)
		if r.open { // FreeSWITCH loses the rest
			return out.String(), nil
		}
		value, err := e.value(r, global, depth+1)
		if err != nil {
			return "", err
		}
		if out.Len()+len(value) > maxSize {
			return "", errTooLong
		}
		out.WriteString(value)
		// What follows is copied without being read, but for another reference.
		if p = r.end; byteAt(in, p) == '$' {
			p--
		} else if p < len(in) {
			out.WriteByte(in[p])
		}
	}
	return out.String(), nil
}

// value returns what FreeSWITCH puts in the place of a reference.
func (e *expansion) value(r Reference, global bool, depth int) (string, error) {
	if e.found++; e.found > maxReferences {
		return "", errTooMany
	}
	name, err := e.expand(r.Name, depth)
	if err != nil {
		return "", err
	}
	if r.Command {
		arg, err := e.expand(r.Arg, depth)
		if err != nil || name == "" {
			return "", err
		}
		return e.values.Command(name, arg)
	}
	name, part, _ := strings.Cut(name, ":")
	if name == "" {
		return "", nil
	}
	value, err := e.values.Variable(name, global)
	if err != nil {
		return "", err
	}
	offset, length, _ := strings.Cut(part, ":")
	return substring(value, number(offset), number(length)), nil
}

// substring returns the part of a value that ${name:offset:length} names. A negative
// offset counts from the end.
func substring(value string, offset, length int) string {
	switch {
	case offset > len(value):
		return ""
	case offset >= 0:
		value = value[offset:]
	case -offset <= len(value):
		value = value[len(value)+offset:]
	}
	if length > 0 && length < len(value) {
		value = value[:length]
	}
	return value
}

// number reads a number as C's atoi does: up to the first byte that is no digit.
func number(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 32) // at the limits it is far out of any value
	return int(n)
}

func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}
