package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/goccy/go-yaml"
)

// An Error names a setting that cannot be used. Line is 0 if it has no line.
type Error struct {
	File    string
	Line    int
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// Errors lists settings that cannot be used, in the order of their lines.
type Errors []*Error

func (list Errors) Error() string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

func (list Errors) Unwrap() []error {
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = e
	}
	return errs
}

// Err returns the list as an error: the only entry as itself, nil for none.
func (list Errors) Err() error {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	slices.SortStableFunc(list, func(a, b *Error) int { return a.Line - b.Line })
	return list
}

// Join returns the settings that cannot be used of several errors, or the first error
// that is about something else.
func Join(errs ...error) error {
	var list Errors
	for _, err := range errs {
		var one *Error
		var several Errors
		switch {
		case err == nil:
		case errors.As(err, &several):
			list = append(list, several...)
		case errors.As(err, &one):
			list = append(list, one)
		default:
			return err
		}
	}
	return list.Err()
}

// Load reads the file over the defaults. Unknown and repeated settings are errors.
func Load(file string) (Config, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return Default(), &Error{File: file, Message: "cannot be read: " + errors.Unwrap(err).Error()}
	}
	return Parse(file, source)
}

// AdminOf returns the setting admin of a file, whatever else is wrong there; "" if it
// cannot be read.
func AdminOf(file string) string {
	var c struct{ Admin string }
	source, err := os.ReadFile(file)
	if err != nil || yaml.Unmarshal(source, &c) != nil {
		return ""
	}
	return c.Admin
}

// Parse reads source over the defaults; file is its name in errors. The error tells
// everything that is wrong, and the Config holds the rest.
func Parse(file string, source []byte) (Config, error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	tree := read(source)
	c := tree.decode()
	tree.checkNodes(&c)
	tree.checkPushes(&c)
	tree.unsafeWrites(file, &c)
	c.grantNodes()
	return c, explain(file, source, tree.errs...)
}

const longestNodeName = 100

// checkNodes notes names that could not be told apart or written, and nodes that are named twice.
func (t *tree) checkNodes(c *Config) {
	for i, n := range c.Nodes {
		if len(n.Name) > longestNodeName || strings.ContainsFunc(n.Name, unicode.IsControl) {
			t.errs = append(t.errs, errorAt(t.at("nodes", i, "name"), "%.80q is no name of a node: write up to %d characters in one line", n.Name, longestNodeName))
		}
		for j, tag := range n.Tags {
			if tag == "" || len(tag) > longestNodeName || strings.ContainsFunc(tag, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
				t.errs = append(t.errs, errorAt(t.at("nodes", i, "tags", j), "%.80q is no tag: write one word of up to %d characters", tag, longestNodeName))
			}
		}
		if slices.ContainsFunc(c.Nodes[:i], func(other Node) bool { return other.Label() == n.Label() && n.Label() != "" }) {
			t.errs = append(t.errs, errorAt(t.at("nodes", i), "two nodes are called %s; give each another name, so that logs and metrics can tell them apart", n.Label()))
		} else if slices.ContainsFunc(c.Nodes[:i], func(other Node) bool { return other.Address == n.Address && n.Address != "" }) {
			t.errs = append(t.errs, errorAt(t.at("nodes", i), "two nodes have the address %s; its hooks would run twice", n.Address))
		}
	}
}

// grantNodes adds the address of each node that is granted by its name.
func (c *Config) grantNodes() {
	all := []*grant.Grants{&c.Grants}
	for _, f := range c.Flows {
		if f.Grants != nil {
			all = append(all, f.Grants)
		}
	}
	for _, g := range all {
		for _, n := range c.Nodes {
			if slices.Contains(g.Hosts, grant.Host(n.Label())) {
				g.Hosts = append(slices.Clip(g.Hosts), grant.Host(n.Address))
			}
		}
	}
}

// A conflict is a mistake in a mapping whose values are right alone.
type conflict struct {
	settings []string // which of them it is about; the first is to be corrected
	message  string
}

func (r *Route) conflicts() (list []conflict) {
	if r.Flow == "" {
		list = append(list, conflict{[]string{"flow"}, "this route names no flow; add flow: NAME"})
	}
	if group, groups := r.missingGroup(); group != "" {
		list = append(list, conflict{[]string{"args", "destination"}, fmt.Sprintf("%s is a group of the destination's pattern, which has %d; put the part that you mean in parentheses there", group, groups)})
	}
	return list
}

func (n *Node) conflicts() (list []conflict) {
	if n.Address == "" {
		list = append(list, conflict{[]string{"address"}, "this node has no address; add address: 127.0.0.1:8021"})
	}
	return list
}

func (c *Canary) conflicts() (list []conflict) {
	if c.Window <= 0 {
		list = append(list, conflict{[]string{"window"}, "a canary needs a window, or it could never fail"})
	}
	return list
}

// missingGroup returns the first group that the arguments name and the
// destination's pattern lacks, "" if there is none, and how many groups the pattern
// has.
func (r Route) missingGroup() (group string, groups int) {
	if r.Destination.Regexp != nil {
		groups = r.Destination.NumSubexp()
	}
	for _, arg := range r.Args {
		for i := groups + 1; i <= 9; i++ {
			if group = "$" + strconv.Itoa(i); strings.Contains(arg, group) {
				return group, groups
			}
		}
	}
	return "", groups
}

// Line returns the line of a path of names and indices in a configuration file, 0 if
// it has none.
func Line(file string, path ...any) int {
	source, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	if t := read(source).at(path...); t != nil {
		return t.Position.Line
	}
	return 0
}

// explain returns errors of the file as one, an *Error or Errors.
func explain(file string, source []byte, errs ...error) error {
	var list Errors
	for _, err := range errs {
		e := &Error{File: file, Message: err.Error()}
		if at := yaml.Error(nil); errors.As(err, &at) && at.GetToken() != nil {
			e.Line = at.GetToken().Position.Line
			e.Message = advise(at.GetMessage(), source, e.Line)
		}
		list = append(list, e)
	}
	return list.Err()
}
