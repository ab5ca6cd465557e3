package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Error is a setting that cannot be used. Line is 0 where there is no file.
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

// Load reads the file over the defaults. Unknown and repeated keys are errors.
func Load(file string) (Config, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return Config{}, &Error{File: file, Message: "cannot be read: " + errors.Unwrap(err).Error()}
	}
	return Parse(file, source)
}

// Parse reads source over the defaults; file is its name in errors.
func Parse(file string, source []byte) (Config, error) {
	c := Default()
	tree, err := parser.ParseBytes(source, 0)
	if err != nil {
		return Config{}, explain(file, err)
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil || tree.Docs[0].Body.Type() == ast.NullType {
		return c, nil // an empty file; decoding it would clear the defaults
	}
	var empty emptySetting
	ast.Walk(&empty, tree.Docs[0].Body)
	if empty.key != nil {
		return Config{}, &Error{File: file, Line: empty.key.Position.Line,
			Message: empty.key.Value + " has no value; write one or remove the line"}
	}
	if err := yaml.UnmarshalWithOptions(source, &c, yaml.Strict()); err != nil {
		return Config{}, explain(file, err)
	}
	for name, f := range c.Flows {
		if err := c.checkFlow(file, source, name, f); err != nil {
			return Config{}, err
		}
	}
	for i, r := range c.Routes {
		if r.Flow == "" {
			return Config{}, missing(file, source, fmt.Sprintf("$.routes[%d]", i), "this route names no flow; add flow: NAME")
		}
		if group, has := r.lacks(); group != "" {
			return Config{}, missing(file, source, fmt.Sprintf("$.routes[%d].args", i),
				fmt.Sprintf("%s is a group of the destination's pattern, which has %d; put what it shall be in parentheses there", group, has))
		}
	}
	for i, n := range c.Nodes {
		if n.Address == "" {
			return Config{}, missing(file, source, fmt.Sprintf("$.nodes[%d]", i), "this node has no address; add address: 127.0.0.1:8021")
		}
	}
	return c, nil
}

// emptySetting finds the first key without a value, which would clear a default unseen.
type emptySetting struct{ key *token.Token }

func (e *emptySetting) Visit(n ast.Node) ast.Visitor {
	if v, ok := n.(*ast.MappingValueNode); ok && e.key == nil && v.Value.Type() == ast.NullType {
		e.key = v.Key.GetToken()
	}
	return e
}

// checkFlow fills a flow's own limits and grants with the general ones and
// checks its settings.
func (c *Config) checkFlow(file string, source []byte, name string, f Flow) error {
	for key, v := range f.Settings {
		switch v.(type) {
		case string, bool, int, int64, uint64, float64:
		default:
			return missing(file, source, "$.flows."+name+".settings."+key, "a setting is text, a number, true or false")
		}
	}
	limits, grants := c.Limits, c.Grants
	if f.Limits != nil {
		if err := over(file, source, "$.flows."+name+".limits", &limits); err != nil {
			return err
		}
		f.Limits = &limits
	}
	if f.Grants != nil {
		if err := over(file, source, "$.flows."+name+".grants", &grants); err != nil {
			return err
		}
		f.Grants = &grants
	}
	c.Flows[name] = f
	return nil
}

// lacks is a group of the destination's pattern that the arguments name and that
// it has not, "" if there is none; has is how many groups it has.
func (r Route) lacks() (group string, has int) {
	if r.Destination.Regexp != nil {
		has = r.Destination.NumSubexp()
	}
	for _, arg := range r.Args {
		for i := 1; i <= 9; i++ {
			if group = "$" + strconv.Itoa(i); i > has && strings.Contains(arg, group) {
				return group, has
			}
		}
	}
	return "", has
}

// over decodes what stands at path over general, which keeps what is not named
// there. What is wrong by itself has been found before; this finds what does
// not go together with the general settings.
func over(file string, source []byte, path string, general any) error {
	p, err := yaml.PathString(path)
	if err != nil {
		return &Error{File: file, Message: path + ": " + err.Error()}
	}
	n, err := p.ReadNode(bytes.NewReader(source))
	if err == nil {
		err = yaml.UnmarshalWithOptions([]byte(n.String()), general, yaml.Strict())
	}
	if err == nil {
		return nil
	}
	message := err.Error()
	if at := yaml.Error(nil); errors.As(err, &at) {
		message = at.GetMessage()
	}
	return missing(file, source, path, message)
}

// missing is an error at the line where path stands.
func missing(file string, source []byte, path, message string) error {
	e := &Error{File: file, Message: message}
	if p, err := yaml.PathString(path); err == nil {
		if n, err := p.ReadNode(bytes.NewReader(source)); err == nil {
			e.Line = n.GetToken().Position.Line
		}
	}
	return e
}

// otherKind says in an admin's words that a value is of another kind than its
// setting; what stood there is value, which tells little of a list or mapping.
func otherKind(message, value string) string {
	if got, want, ok := strings.Cut(message, " was used where "); ok {
		want, _, _ = strings.Cut(want, " ")
		return hereStands(got, want, message)
	}
	rest, ok := strings.CutPrefix(message, "cannot unmarshal ")
	_, want, of := strings.Cut(rest, " of type ")
	switch {
	case !ok || !of || kinds[want] == "":
		return message
	case strings.HasPrefix(rest, "[]"):
		return hereStands("sequence", want, message)
	case strings.HasPrefix(rest, "map["):
		return hereStands("mapping", want, message)
	}
	return strconv.Quote(value) + " is not " + kinds[want]
}

func hereStands(got, want, otherwise string) string {
	if kinds[got] == "" || kinds[want] == "" {
		return otherwise
	}
	return "here stands " + kinds[got] + "; write " + kinds[want]
}

// kinds are YAML's and Go's words for what an admin writes.
var kinds = map[string]string{
	"mapping": "a mapping, NAME: VALUE", "sequence": "a list, [VALUE, VALUE]", "string": "one value",
	"int": "a whole number", "bool": "true or false",
}

func explain(file string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return &Error{File: file, Message: err.Error()}
	}
	message := at.GetMessage()
	if _, key, ok := strings.Cut(message, "unknown field "); ok {
		message = "unknown setting " + key + "; the README lists every setting"
	}
	message = otherKind(message, at.GetToken().Value)
	return &Error{File: file, Line: at.GetToken().Position.Line, Message: message}
}
