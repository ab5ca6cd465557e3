package config

import (
	"fmt"
	"reflect"
)

// A Setting describes one setting, as the tags of its field do.
type Setting struct {
	Name    string // with its path: "limits.memory", "nodes[].address", "flows.NAME.fallback"
	Default string // "" if there is none
	Reload  bool   // a reload changes it; otherwise a restart is needed
	Doc     string
}

// Settings lists every setting, in the order of the documentation.
func Settings() []Setting { return settingsOf("", false, reflect.ValueOf(Default())) }

// settingsOf lists the settings in v, the deeper ones after what contains them.
func settingsOf(prefix string, reload bool, v reflect.Value) (list []Setting) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Tag.Get("yaml") == "-" {
			continue
		}
		name, doc, reload := prefix+field.Tag.Get("yaml"), field.Tag.Get("doc"), reload || field.Tag.Get("reload") != ""
		inner := element(field.Type)
		if doc != "" || inner.Kind() != reflect.Struct {
			list = append(list, Setting{name, defaultText(v.Field(i)), reload, doc})
		}
		switch {
		case doc == "" && field.Type.Kind() == reflect.Struct:
			list = append(list, settingsOf(name+".", reload, v.Field(i))...)
		case field.Type.Kind() == reflect.Slice && inner.Kind() == reflect.Struct:
			list = append(list, settingsOf(name+"[].", reload, defaultsOf(inner))...)
		case field.Type.Kind() == reflect.Map && inner.Kind() == reflect.Struct:
			list = append(list, settingsOf(name+".NAME.", reload, defaultsOf(inner))...)
		}
	}
	return list
}

// defaultsOf returns an entry of a list or a mapping as it is without settings.
func defaultsOf(typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	setDefaults(v)
	return v
}

func element(typ reflect.Type) reflect.Type {
	if typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		return typ.Elem()
	}
	return typ
}

func defaultText(v reflect.Value) string {
	if v.IsZero() && v.Type() != reflect.TypeFor[Duration]() && v.Type() != reflect.TypeFor[Level]() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}
