package config

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the settings table into README.md")

const (
	readme     = "README.md"
	tableBegin = "<!-- settings: written by go test ./host/operate/config -update -->\n"
	tableEnd   = "<!-- end of settings -->\n"
)

// TestREADMEListsEverySetting holds the table of README.md to what the program reads.
func TestREADMEListsEverySetting(t *testing.T) {
	var table strings.Builder
	table.WriteString("| setting | default | changed by | what it does |\n|---|---|---|---|\n")
	rows(t, &table, "", "", reflect.ValueOf(Default()))

	source, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(source), tableBegin)
	have, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no settings table between %q and %q", readme, tableBegin, tableEnd)
	}
	if have == table.String() {
		return
	}
	if !*update {
		t.Fatalf("README.md differs from the program's; run go test ./host/operate/config -update\nwant:\n%s", table.String())
	}
	text := before + tableBegin + table.String() + tableEnd + after
	if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rows writes a row for every setting of v, the deeper ones with their path.
func rows(t *testing.T, w *strings.Builder, prefix, reload string, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Tag.Get("yaml") == "-" {
			continue
		}
		name := prefix + field.Tag.Get("yaml")
		doc, reload := field.Tag.Get("doc"), reload+field.Tag.Get("reload")
		value := v.Field(i)
		if doc != "" {
			by := "restart"
			if reload != "" {
				by = "reload"
			}
			fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", name, defaultText(value), by, doc)
		}
		switch inner := element(field.Type); {
		case doc == "" && field.Type.Kind() == reflect.Struct:
			rows(t, w, name+".", reload, value)
		case field.Type.Kind() == reflect.Slice && inner.Kind() == reflect.Struct:
			rows(t, w, name+"[].", reload, defaultsOf(inner))
		case field.Type.Kind() == reflect.Map && inner.Kind() == reflect.Struct:
			rows(t, w, name+".NAME.", reload, defaultsOf(inner))
		case doc == "":
			t.Errorf("setting %s has no doc", name)
		}
	}
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
	return fmt.Sprintf("`%v`", v.Interface())
}
