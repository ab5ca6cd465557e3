package grant

import (
	"fmt"
	"strings"
)

// The kinds of things that can be refused.
const (
	APICommand  = "API command"
	Application = "application"
	Reading     = "file"
	Events      = "event"
)

// RefusedError is something a flow asked for and has no grant for.
type RefusedError struct {
	Kind  string // APICommand, Application, Reading, Events
	Name  string // the command, the application or the file
	Where string // the text it was found in, "" if the script named it directly
	text  string
}

func (e *RefusedError) Error() string {
	if e.Where == "" {
		return e.text
	}
	return e.text + " (reached by " + shorten(e.Where) + ")"
}

// shorten quotes as much of a text as an error line bears.
func shorten(s string) string {
	s = strings.ReplaceAll(s, hole, "${...}")
	if len(s) > 80 {
		return fmt.Sprintf("%.77q...", s)
	}
	return fmt.Sprintf("%q", s)
}

// section is where a kind's rule stands in the configuration.
func section(kind string) string {
	if kind == APICommand {
		return "api"
	}
	return "apps"
}

// refused is a name a rule does not permit.
func refused(kind, name, where, fix string) *RefusedError {
	return &RefusedError{Kind: kind, Name: name, Where: where, text: fmt.Sprintf(
		"the %s %q is not granted to this flow; "+fix, kind, name, section(kind))}
}

// unknowable is a name that only the switch will know.
func unknowable(kind, name, where string) *RefusedError {
	name = strings.ReplaceAll(name, hole, "${...}")
	return &RefusedError{Kind: kind, Name: name, Where: where, text: fmt.Sprintf(
		"the %s in %s is put together by FreeSWITCH, so no grant can be looked up; write its name out "+
			"(session:getVariable gives a variable's value), or grant every one: grants: %s: allow: [\"*\"]",
		kind, shorten(name), section(kind))}
}

// unreadable is a text that may hold anything.
func unreadable(kind, what, where string) *RefusedError {
	return &RefusedError{Kind: kind, Name: what, Where: where, text: fmt.Sprintf(
		"%s cannot be read for the grants of this flow; write it plainly, or grant every one: grants: %s: allow: [\"*\"]",
		what, section(kind))}
}
