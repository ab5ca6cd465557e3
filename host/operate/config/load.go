package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error is a setting that cannot be used. Line is 0 if it has no line.
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

// Load reads the file over the defaults. Unknown and repeated settings are errors.
func Load(file string) (Config, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return Config{}, &Error{File: file, Message: "cannot be read: " + errors.Unwrap(err).Error()}
	}
	return Parse(file, source)
}

// Parse reads source over the defaults; file is its name in errors.
func Parse(file string, source []byte) (Config, error) {
	tree, err := parser.ParseBytes(source, 0)
	if err != nil {
		return Config{}, explain(file, err)
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil || tree.Docs[0].Body.Type() == ast.NullType {
		return Default(), nil // an empty file; decoding it would clear the defaults
	}
	if err := checkShape(tree.Docs[0].Body, reflect.TypeFor[Config](), "the file"); err != nil {
		return Config{}, explain(file, err)
	}
	// Twice, because a flow's limits and grants are read over the general ones,
	// which may come after it in the file.
	general := Default()
	if err := decode(context.Background(), source, &general); err != nil {
		return Config{}, explain(file, err)
	}
	c := Default()
	if err := decode(context.WithValue(context.Background(), generalKey{}, &general), source, &c); err != nil {
		return Config{}, explain(file, err)
	}
	if path, err := c.check(); err != nil {
		return Config{}, &Error{File: file, Line: line(tree, path), Message: err.Error()}
	}
	return c, nil
}

func decode(ctx context.Context, source []byte, c *Config) error {
	return yaml.UnmarshalContext(ctx, source, c, yaml.Strict())
}

// check returns an error about settings that are valid alone but not together, and
// the path to it, of names and indices.
func (c *Config) check() (path []any, err error) {
	for i, r := range c.Routes {
		if r.Flow == "" {
			return []any{"routes", i}, errors.New("this route names no flow; add flow: NAME")
		}
		if group, groups := r.missingGroup(); group != "" {
			return []any{"routes", i, "args"}, fmt.Errorf("%s is a group of the destination's pattern, which has %d; put the part that you mean in parentheses there", group, groups)
		}
	}
	for i, n := range c.Nodes {
		if n.Address == "" {
			return []any{"nodes", i}, errors.New("this node has no address; add address: 127.0.0.1:8021")
		}
		if slices.ContainsFunc(c.Nodes[:i], func(other Node) bool { return other.Label() == n.Label() }) {
			return []any{"nodes", i}, fmt.Errorf("two nodes are called %s; give each another name, so that logs and metrics can tell them apart", n.Label())
		}
	}
	return nil, nil
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

// line returns the line of a path, 0 if it has none because an alias replaces it.
func line(tree *ast.File, path []any) int {
	b := new(yaml.PathBuilder).Root()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			b = b.Child(step)
		case int:
			b = b.Index(uint(step))
		}
	}
	n, err := b.Build().FilterFile(tree)
	if err != nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func explain(file string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return &Error{File: file, Message: err.Error()}
	}
	return &Error{File: file, Line: at.GetToken().Position.Line, Message: at.GetMessage()}
}
