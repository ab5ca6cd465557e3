package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/eslua/eslua/host/spell"
)

// A shape finds everything in a file that cannot be read as settings. Its messages
// tell the admin what to write; the YAML decoder's do not, and it stops at the first.
type shape struct{ errs []error }

// A field describes the setting as which a value in the file is read.
type field struct {
	name  string // of the setting
	t     reflect.Type
	index []int  // in its struct
	least string // its lowest value, if it has one
	form  string // how a value is written, if its kind does not say it
}

func (s *shape) errorAt(t *token.Token, format string, args ...any) {
	s.errs = append(s.errs, errorAt(t, format, args...))
}

// check notes the settings under n that do not exist, have no value, or have a value
// that a field cannot have, and removes them. It reports whether n can be read then.
// The target of an alias is checked where it is written.
func (s *shape) check(n ast.Node, f field) bool {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		n = anchor.Value
	}
	for f.t.Kind() == reflect.Pointer {
		f.t = f.t.Elem()
	}
	want := kindOf(f.t)
	switch got := kindOfNode(n); {
	case n.Type() == ast.AliasType:
		return true
	case f.t == reflect.TypeFor[Canary]() && got == text:
		return s.checkValue(n, f)
	case want == setting && got != text:
		s.errorAt(n.GetToken(), "%s is %s; a setting of a flow is text, a number, true or false", f.name, kinds[got])
	case want == mapping && got == mapping:
		return s.checkMapping(n, f)
	case want == list && got == list:
		s.checkList(n.(*ast.SequenceNode), f)
		return true
	case want == wholeNumber && got == text && n.Type() != ast.IntegerType,
		want == truth && got == text && n.Type() != ast.BoolType:
		s.errorAt(n.GetToken(), "%s is %q; write %s", f.name, n.GetToken().Value, write[want])
	case got == text && want != mapping && want != list:
		return s.checkValue(n, f)
	default:
		s.errorAt(n.GetToken(), "%s is %s; write %s", f.name, kinds[got], cmp.Or(f.form, write[want]))
	}
	return false
}

// checkList checks the entries of a list. What others find by its number keeps it.
func (s *shape) checkList(n *ast.SequenceNode, f field) {
	var right []ast.Node
	for _, value := range n.Values {
		value = asWritten(value, f.t.Elem())
		switch ok := s.check(value, field{name: "an entry of " + f.name, t: f.t.Elem()}); {
		case ok:
			right = append(right, value)
		case kindOf(f.t.Elem()) == mapping:
			right = append(right, ast.Mapping(value.GetToken(), true))
		}
	}
	n.Values = right
}

// checkValue notes what its type says against a value.
func (s *shape) checkValue(n ast.Node, f field) bool {
	value := reflect.New(f.t)
	if err := yaml.NodeToValue(n, value.Interface()); err != nil {
		s.errs = append(s.errs, err)
		return false
	}
	if err := f.checkLeast(value.Elem()); err != nil {
		s.errorAt(n.GetToken(), "%s", err)
		return false
	}
	return true
}

// checkLeast returns an error for a number below the lowest.
func (f field) checkLeast(value reflect.Value) error {
	if least, err := strconv.Atoi(f.least); err == nil && value.Int() < int64(least) {
		return fmt.Errorf("%s is %d; write a whole number, at least %d", f.name, value.Int(), least)
	}
	return nil
}

// A kind tells how a setting's value is written.
type kind int

const (
	text kind = iota
	wholeNumber
	truth
	list
	mapping
	setting // text, number or truth
)

var (
	kinds = [...]string{text: "one value", list: "a list", mapping: "a mapping"}
	write = [...]string{
		text: "one value", wholeNumber: "a whole number", truth: "true or false",
		list: "a list: [VALUE, VALUE]", mapping: "a mapping: NAME: VALUE",
	}
)

func kindOf(t reflect.Type) kind {
	if _, ok := reflect.New(t).Interface().(interface{ Set(string) error }); ok {
		return text
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return mapping
	case reflect.Slice:
		return list
	case reflect.Int:
		return wholeNumber
	case reflect.Bool:
		return truth
	case reflect.Interface:
		return setting
	}
	return text
}

func kindOfNode(n ast.Node) kind {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		return mapping
	case ast.SequenceType:
		return list
	}
	return text
}

// checkMapping checks the settings in n, and then what they say together.
func (s *shape) checkMapping(n ast.Node, f field) bool {
	entries := entriesOf(n)
	places := map[string]*token.Token{}
	wrong := map[string]bool{}
	var right []*ast.MappingValueNode
	for _, e := range entries {
		if e.Key.Type() == ast.MergeKeyType {
			right = append(right, e)
			continue
		}
		if ok := s.checkEntry(e, entries, places, f); ok {
			right = append(right, e)
		} else {
			wrong[e.Key.GetToken().Value] = true
		}
	}
	if m, ok := n.(*ast.MappingNode); ok {
		m.Values = right
	} else if len(right) == 0 {
		return false
	}
	if hasAlias(n) {
		return true
	}
	whole := reflect.New(f.t).Interface()
	if _, ok := whole.(yaml.NodeUnmarshaler); ok && !s.checkValue(n, f) {
		return false
	}
	together, ok := whole.(interface{ conflicts() []conflict })
	if !ok || yaml.NodeToValue(n, whole) != nil {
		return true
	}
	for _, c := range together.conflicts() {
		if !slices.ContainsFunc(c.settings, func(name string) bool { return wrong[name] }) {
			s.errorAt(cmp.Or(places[c.settings[0]], n.GetToken()), "%s", c.message)
		}
	}
	return true
}

// checkEntry checks one of the settings of a mapping. One that is misspelt is checked
// as the one that was meant.
func (s *shape) checkEntry(e *ast.MappingValueNode, all []*ast.MappingValueNode, places map[string]*token.Token, in field) bool {
	key := e.Key.GetToken()
	inner, known := fieldOf(in.t, key.Value)
	if !known {
		message, meant := unknownSetting(key.Value, in.t, in.name)
		s.errorAt(key, "%s", message)
		if meant == "" || slices.ContainsFunc(all, func(other *ast.MappingValueNode) bool { return other.Key.GetToken().Value == meant }) {
			return false
		}
		inner, _ = fieldOf(in.t, meant)
		key = key.Clone()
		key.Value = meant
		e.Key = ast.String(key)
	}
	first := places[key.Value]
	if first != nil {
		s.errorAt(key, "%s is set already in line %d", key.Value, first.Position.Line)
	} else {
		places[key.Value] = key
	}
	if e.Value.Type() == ast.NullType {
		s.errorAt(key, "%s has no value; write one or remove the line", key.Value)
		return false
	}
	e.Value = asWritten(e.Value, inner.t)
	return s.check(e.Value, inner) && first == nil
}

// asWritten returns a text for a number that is read as text, or that would change its
// digits: 0301234 is a telephone number and not octal, and +49 begins one.
func asWritten(n ast.Node, t reflect.Type) ast.Node {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		anchor.Value = asWritten(anchor.Value, t)
		return anchor
	}
	written := n.GetToken().Value
	switch is := kindOf(t); {
	case is == text && (n.Type() == ast.IntegerType || n.Type() == ast.FloatType):
	case (is == setting || is == wholeNumber) && n.Type() == ast.IntegerType && fmt.Sprint(n.(*ast.IntegerNode).Value) != written:
	default:
		return n
	}
	return ast.String(n.GetToken())
}

func entriesOf(n ast.Node) []*ast.MappingValueNode {
	if m, ok := n.(*ast.MappingNode); ok {
		return m.Values
	}
	return []*ast.MappingValueNode{n.(*ast.MappingValueNode)}
}

// hasAlias reports whether a node has an alias in it, which only the whole file
// resolves.
func hasAlias(n ast.Node) bool { return len(ast.Filter(ast.AliasType, n)) > 0 }

// fieldOf returns a setting in t, a struct or a map.
func fieldOf(t reflect.Type, name string) (field, bool) {
	if t.Kind() == reflect.Map {
		return field{name: name, t: t.Elem()}, true
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == name {
			return field{name: name, t: f.Type, index: f.Index, least: f.Tag.Get("least"), form: f.Tag.Get("form")}, true
		}
	}
	return field{}, false
}

// settingNames returns the names of the settings in a struct.
func settingNames(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// unknownSetting returns the message for a name that is not a setting of t, and the
// setting that was meant, "" if none has a similar name.
func unknownSetting(name string, t reflect.Type, in string) (message, meant string) {
	message = fmt.Sprintf("unknown setting %q", name)
	meant = cmp.Or(spell.Typo(name, settingNames(t)), spell.Nearest(name, settingNames(t)))
	isPlural := meant != "" && (meant+"s" == name || meant == name+"s")
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Type.Kind() == reflect.Struct && slices.Contains(settingNames(f.Type), name) && !isPlural {
			return fmt.Sprintf("%s in %s; it belongs under %s", message, in, f.Tag.Get("yaml")), ""
		}
	}
	if meant != "" {
		return message + "; did you mean " + meant + "?", meant
	}
	return fmt.Sprintf("%s; %s has %s", message, in, strings.Join(settingNames(t), ", ")), ""
}

func errorAt(t *token.Token, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: t}
}
