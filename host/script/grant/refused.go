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

// A RefusedError names something that a flow tried and has no grant for.
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

// shorten quotes the beginning of a text for an error line.
func shorten(s string) string {
	s = strings.ReplaceAll(s, hole, "${...}")
	if len(s) > 80 {
		return fmt.Sprintf("%.77q...", s)
	}
	return fmt.Sprintf("%q", s)
}

// section returns the section of the configuration that has a kind's rule.
func section(kind string) string {
	if kind == APICommand {
		return "api"
	}
	return "apps"
}

// refused returns the error for a name that a rule does not permit.
func refused(kind, name, where, fix string) *RefusedError {
	return &RefusedError{Kind: kind, Name: name, Where: where, text: fmt.Sprintf(
		"the %s %q is not granted to this flow; "+fix, kind, name, section(kind))}
}

// unknowable returns the error for a name that only the switch will know.
func unknowable(kind, name, where string) *RefusedError {
	name = strings.ReplaceAll(name, hole, "${...}")
	return &RefusedError{Kind: kind, Name: name, Where: where, text: fmt.Sprintf(
		"the %s in %s is put together by FreeSWITCH, so no grant can be looked up; write the whole name "+
			"(session:getVariable gives a variable's value), or grant all of them: grants: %s: allow: [\"*\"]",
		kind, shorten(name), section(kind))}
}

// unreadable returns the error for a text that may contain anything.
func unreadable(kind, what, where string) *RefusedError {
	return &RefusedError{Kind: kind, Name: what, Where: where, text: fmt.Sprintf(
		"%s cannot be checked against the grants of this flow; write it more simply, or grant all of them: grants: %s: allow: [\"*\"]",
		what, section(kind))}
}
