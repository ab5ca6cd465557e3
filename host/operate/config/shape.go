package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/eslua/eslua/host/spell"
)

// checkShape returns an error at the first setting under n that does not exist,
// has no value, or has a value of another kind than t, which is the type of the
// setting with a name. Its message tells the admin what to write; the YAML decoder's does
// not. The target of an alias is checked where it is written.
func checkShape(n ast.Node, t reflect.Type, name string) error {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		n = anchor.Value
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	want := kindOf(t)
	switch got := kindOfNode(n); {
	case n.Type() == ast.AliasType, t == reflect.TypeFor[Canary]() && got == text:
		return nil
	case want == setting && got != text:
		return errorAt(n.GetToken(), "a setting of a flow is text, a number, true or false")
	case want == mapping && got == mapping:
		return checkMapping(n.(ast.MapNode), t, name)
	case want == list && got == list:
		return checkList(n.(*ast.SequenceNode), t, name)
	case want == wholeNumber && got == text && n.Type() != ast.IntegerType,
		want == truth && got == text && n.Type() != ast.BoolType:
		return errorAt(n.GetToken(), "%s is %q; write %s", name, n.GetToken().Value, write[want])
	case got == text && want != mapping && want != list, got == want:
		return nil
	default:
		return errorAt(n.GetToken(), "%s is %s; write %s", name, kinds[got], write[want])
	}
}

// A kind is what can be written as a setting's value.
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

func checkMapping(n ast.MapNode, t reflect.Type, name string) error {
	for entries := n.MapRange(); entries.Next(); {
		key, value := entries.Key().GetToken(), entries.Value()
		if entries.Key().Type() == ast.MergeKeyType {
			continue
		}
		if value.Type() == ast.NullType {
			return errorAt(key, "%s has no value; write one or remove the line", key.Value)
		}
		inner, ok := settingType(t, key.Value)
		if !ok {
			return errorAt(key, "%s", unknownSetting(key.Value, t, name))
		}
		if err := checkShape(value, inner, key.Value); err != nil {
			return err
		}
	}
	return nil
}

func checkList(n *ast.SequenceNode, t reflect.Type, name string) error {
	for _, value := range n.Values {
		if err := checkShape(value, t.Elem(), "an entry of "+name); err != nil {
			return err
		}
	}
	return nil
}

// settingType returns the type of a setting in t, a struct or a map.
func settingType(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == name {
			return f.Type, true
		}
	}
	return nil, false
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

// unknownSetting returns the message for a name that is not a setting of t. It
// suggests a setting with a similar name.
func unknownSetting(name string, t reflect.Type, in string) string {
	message := fmt.Sprintf("unknown setting %q", name)
	if near := spell.Nearest(name, settingNames(t)); near != "" {
		return message + "; did you mean " + near + "?"
	}
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Type.Kind() == reflect.Struct && slices.Contains(settingNames(f.Type), name) {
			return fmt.Sprintf("%s in %s; it belongs under %s", message, in, f.Tag.Get("yaml"))
		}
	}
	return fmt.Sprintf("%s; %s has %s", message, in, strings.Join(settingNames(t), ", "))
}

func errorAt(t *token.Token, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: t}
}
