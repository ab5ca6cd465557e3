package grant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Rule decides which names are permitted. The zero Rule permits those that the
// tables say need no grant. Deny has precedence over Allow, Allow over Only.
type Rule struct {
	Allow []Name `yaml:"allow"` // in addition to the default
	Deny  []Name `yaml:"deny"`  // taken from the default
	Only  []Name `yaml:"only"`  // instead of the default; nil: not given
}

// A Name is a command or an application, in any case; a command may be followed by
// its first argument ("sofia profile"). "*" means every name.
type Name string

var nameText = regexp.MustCompile(`^(\*|\S+( \S+)?)$`)

// UnmarshalYAML reads one name.
func (n *Name) UnmarshalYAML(node ast.Node) error {
	var text string
	if err := yaml.NodeToValue(node, &text); err != nil {
		return err
	}
	if !nameText.MatchString(text) {
		return &yaml.SyntaxError{Token: node.GetToken(), Message: fmt.Sprintf(
			"%q is not a name to grant; write a command or an application such as system, or \"*\" for all of them", text)}
	}
	*n = Name(text)
	return nil
}

// UnmarshalYAML reads a rule over its present value, so that a flow's rule inherits
// what it does not set.
func (r *Rule) UnmarshalYAML(node ast.Node) error {
	type fields Rule
	read := fields(*r)
	if err := yaml.NodeToValue(node, &read, yaml.Strict()); err != nil {
		return err
	}
	if read.Only != nil && read.Allow != nil {
		return &yaml.SyntaxError{Token: node.GetToken(),
			Message: "allow: adds to the default and only: replaces it; write one of them"}
	}
	*r = Rule(read)
	return nil
}

// everything reports whether no name is refused, so that an unknown name passes.
func (r *Rule) everything() bool {
	return len(r.Deny) == 0 && (has(r.Allow, "*") || has(r.Only, "*"))
}

// verdict tells what a rule says of a name.
type verdict uint8

const (
	byDefault  verdict = iota // the rule does not name it; the table decides
	granted                   // the configuration names it
	denied                    // under deny:
	notAmongst                // only: is given and does not name it
)

// judge returns what the rule says of a name that the first word of its argument
// follows.
func (r *Rule) judge(name, first string) verdict {
	in := func(list []Name) bool {
		return has(list, "*") || has(list, name) || first != "" && has(list, name+" "+first)
	}
	switch {
	case in(r.Deny):
		return denied
	case in(r.Allow), in(r.Only):
		return granted
	case r.Only != nil:
		return notAmongst
	}
	return byDefault
}

func has(list []Name, name string) bool {
	return slices.ContainsFunc(list, func(n Name) bool { return strings.EqualFold(string(n), name) })
}
