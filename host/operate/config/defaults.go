package config

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/eslua/eslua/host/script/grant"
)

// Default returns the configuration of an empty file.
func Default() Config {
	var c Config
	setDefaults(reflect.ValueOf(&c).Elem())
	c.Grants = grant.Default()
	return c
}

// overDefaults reads a mapping into a struct, whose other fields get their defaults. The
// struct's type has no UnmarshalYAML of its own, which would come back here.
func overDefaults(n ast.Node, to any) error {
	setDefaults(reflect.ValueOf(to).Elem())
	return yaml.NodeToValue(n, to, yaml.Strict())
}

// setDefaults sets the fields of a struct to what their default tags say.
func setDefaults(v reflect.Value) {
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("default")
		field := v.Field(i)
		switch {
		case ok:
			if err := setText(field, tag); err != nil {
				panic(fmt.Sprintf("config: the default %q of %s: %v", tag, v.Type().Field(i).Name, err))
			}
		case field.Kind() == reflect.Struct && field.CanSet():
			setDefaults(field)
		}
	}
}

// setText sets a setting from its text.
func setText(field reflect.Value, text string) error {
	if s, ok := field.Addr().Interface().(interface{ Set(string) error }); ok {
		return s.Set(text)
	}
	if field.Kind() == reflect.String {
		field.SetString(text)
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	field.SetInt(int64(n))
	return nil
}
