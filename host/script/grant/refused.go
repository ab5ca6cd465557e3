package grant

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// The kinds of things that can be refused.
const (
	APICommand  = "API command"
	Application = "application"
	Reading     = "file"
	Writing     = "file to write"
	Variable    = "environment variable"
	Events      = "event"
	Use         = "use" // use.go
	Database    = "database"
	Hosts       = "host"
	Mail        = "mail address"
	Endpoint    = "endpoint"
	Bucket      = "bucket"
	Queue       = "queue"
	Campaign    = "campaign"
	Node        = "node"
)

// A RefusedError names something that a flow tried and has no grant for.
type RefusedError struct {
	Kind    string // APICommand, Application, Use, Reading, Writing, Variable, Events, Database, Hosts, Mail, Endpoint, Bucket, Queue, Campaign, Node
	Name    string // the command, the application, the use, the file, the variable, the event, the database, the host, the address, the endpoint, the bucket, the queue, the campaign or the node
	Where   string // the text it was found in, "" if the script named it directly
	Channel string // the channel that is not the script's own, if that is why
	text    string
}

func (e *RefusedError) Error() string {
	if e.Where == "" {
		return e.text
	}
	return e.text + " (reached by " + shorten(e.Where) + ")"
}

// Is makes the refusal of a file fs.ErrPermission.
func (e *RefusedError) Is(target error) bool {
	return target == fs.ErrPermission && (e.Kind == Reading || e.Kind == Writing)
}

// shorten quotes the beginning of a text for an error line.
func shorten(s string) string {
	if len(s) > 80 {
		s = s[:80]
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
func refused(kind, name, where string, why reason, rule *Rule) *RefusedError {
	text := fmt.Sprintf("the %s %q is not granted to this flow", kind, name)
	if v := rule.judge(name, ""); v == byDefault || v == granted {
		text += fmt.Sprintf(": it %s", why)
	}
	return &RefusedError{Kind: kind, Name: name, Where: where, text: text + "; " + rule.toGrant(kind, name)}
}

// toGrant says what to write into the configuration to grant a name in addition, and
// nothing else.
func (r *Rule) toGrant(kind, name string) string {
	list, names := "allow", r.Allow
	switch {
	case r.judge(name, "") == denied:
		return fmt.Sprintf("remove it from grants: %s: deny: in the configuration", section(kind))
	case r.Only != nil:
		list, names = "only", r.Only
	}
	var all []string
	for _, n := range append(names[:len(names):len(names)], Name(name)) {
		if text := string(n); plainName.MatchString(text) {
			all = append(all, text)
		} else {
			all = append(all, fmt.Sprintf("%q", text))
		}
	}
	return fmt.Sprintf("to grant it, write grants: {%s: {%s: [%s]}} in the configuration", section(kind), list, strings.Join(all, ", "))
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*( [A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)

// tooMuch returns the error for a text that no grant permits.
func tooMuch(what, where string) *RefusedError {
	return &RefusedError{Kind: APICommand, Name: what, Where: where,
		text: what + " is refused, whatever is granted: write it shorter or in parts"}
}
