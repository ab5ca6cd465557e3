package config

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A tree holds what can be read of a file, and what is wrong with the rest.
type tree struct {
	body ast.Node // nil: nothing
	errs []error
}

// read reads a file as far as it is right, so that one run of eslua check tells all
// that is wrong.
func read(source []byte) *tree {
	t := &tree{}
	t.parse(source)
	if t.body != nil {
		s := shape{errs: t.errs}
		if !s.check(t.body, field{name: "the file", t: reflect.TypeFor[Config]()}) {
			t.body = nil
		}
		t.errs = s.errs
	}
	return t
}

// parse reads the YAML. If that is wrong, it reads each of the file's sections alone.
func (t *tree) parse(source []byte) {
	body, err := parse(source)
	t.body = body
	if err == nil {
		return
	}
	var sections []*ast.MappingValueNode
	for _, section := range sectionsOf(source) {
		switch body, err := parse(section); body := body.(type) {
		case *ast.MappingNode:
			sections = append(sections, body.Values...)
		case *ast.MappingValueNode:
			sections = append(sections, body)
		default:
			if err != nil {
				t.errs = append(t.errs, err)
			}
		}
	}
	if len(t.errs) == 0 { // it shows in the whole alone
		t.errs = append(t.errs, err)
	}
	if len(sections) > 0 {
		t.body = ast.Mapping(sections[0].GetToken(), false, sections...)
	}
}

// parse returns what a file holds, nil if that is nothing.
func parse(source []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey()) // shape reports them
	if err != nil || len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.NullType {
		return nil, err
	}
	for _, more := range file.Docs[1:] {
		if more.Body != nil {
			return file.Docs[0].Body, errorAt(more.Body.GetToken(), "this is a second document, which would not be read; remove the line --- before it")
		}
	}
	return file.Docs[0].Body, nil
}

// sectionsOf returns the sections of a file, which begin at lines that are not
// indented, each in its place among empty lines.
func sectionsOf(source []byte) (list [][]byte) {
	lines := bytes.SplitAfter(source, []byte("\n"))
	from := 0
	for i := 1; i <= len(lines); i++ {
		if i < len(lines) && (len(lines[i]) == 0 || strings.IndexByte(" \t\r\n#-]}", lines[i][0]) >= 0) {
			continue
		}
		section := append(bytes.Repeat([]byte("\n"), from), bytes.Join(lines[from:i], nil)...)
		list, from = append(list, section), i
	}
	return list
}

// decode returns the settings, and notes what is wrong with them together.
func (t *tree) decode() Config {
	for {
		c, err := t.settings()
		if err == nil {
			return c
		}
		at := yaml.Error(nil)
		located := errors.As(err, &at)
		if len(t.errs) == 0 || !located || !strings.HasPrefix(at.GetMessage(), "could not find alias") { // else its anchor has been left out
			t.errs = append(t.errs, err)
		}
		if !located || !remove(t.body, at.GetToken()) {
			return c
		}
	}
}

// settings reads the settings twice, because a flow's limits and grants are read over
// the general ones, which may come after it in the file.
func (t *tree) settings() (Config, error) {
	general := Default()
	if t.body == nil { // decoding nothing would clear the defaults
		return general, nil
	}
	ctx := context.Background()
	if err := decode(ctx, t.body, &general); err != nil {
		return Default(), err
	}
	c := Default()
	err := decode(context.WithValue(ctx, generalKey{}, &general), t.body, &c)
	return c, err
}

func decode(ctx context.Context, body ast.Node, c *Config) error {
	return yaml.NewDecoder(strings.NewReader(""), yaml.Strict()).DecodeFromNodeContext(ctx, body, c)
}

// remove removes the innermost setting or entry of a list that begins with a token.
func remove(n ast.Node, at *token.Token) bool {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return remove(n.Value, at)
	case *ast.MappingNode:
		for i, e := range n.Values {
			if remove(e.Value, at) {
				return true
			}
			if e.Key.GetToken() == at || begins(e.Value, at) {
				n.Values = slices.Delete(n.Values, i, i+1)
				return true
			}
		}
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if remove(v, at) {
				return true
			}
			if begins(v, at) {
				n.Values = slices.Delete(n.Values, i, i+1)
				return true
			}
		}
	}
	return false
}

func begins(n ast.Node, at *token.Token) bool {
	if alias, ok := n.(*ast.AliasNode); ok {
		return alias.Value.GetToken() == at
	}
	return n.GetToken() == at
}

// at returns the token of a path of names and indices, nil if it has none.
func (t *tree) at(path ...any) (at *token.Token) {
	n := t.body
	for _, step := range path {
		if anchor, ok := n.(*ast.AnchorNode); ok {
			n = anchor.Value
		}
		at = nil
		switch values := n.(type) {
		case *ast.MappingNode:
			for _, e := range values.Values {
				if e.Key.GetToken().Value == step {
					n, at = e.Value, e.Key.GetToken()
				}
			}
		case *ast.SequenceNode:
			if i, ok := step.(int); ok && i < len(values.Values) {
				n = values.Values[i]
				at = n.GetToken()
			}
		}
		if at == nil {
			return nil
		}
	}
	return at
}
