package config

import (
	"flag"
	"fmt"
	"os"
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
	for _, setting := range Settings() {
		if setting.Doc == "" {
			t.Errorf("setting %s has no doc", setting.Name)
		}
		by, value := "restart", ""
		if setting.Reload {
			by = "reload"
		}
		if setting.Default != "" {
			value = "`" + setting.Default + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", setting.Name, value, by, setting.Doc)
	}

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
