package reference

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
)

// TestLiveModLuaNames asks a mod_lua for its names, which the tables of SWIG tell.
func TestLiveModLuaNames(t *testing.T) {
	tellNames, err := os.ReadFile("testdata/names.mod_lua")
	if err != nil {
		t.Fatal(err)
	}
	got := livetest.Dial(t, time.Minute).API("lua ~" + strings.ReplaceAll(string(tellNames), "\n", " "))
	if *update {
		if err := os.WriteFile("modlua.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != modLuaNames {
		t.Errorf("mod_lua has other names than modlua.txt:\n%s", got)
	}
}

// TestModLuaTable holds bindings/MOD_LUA.md to the declarations. Of each name of mod_lua
// they say how it is in eslua, or what to write instead.
func TestModLuaTable(t *testing.T) {
	r := New(bindings.New(bindings.Deps{}).Modules())
	for _, row := range r.modLua() {
		if row.verdict == "" || row.verdict != supported && row.text == "" {
			t.Errorf("nobody says how mod_lua's %s is in eslua: declare it, with Differs if it does, or add it to what is absent", row.name)
		}
	}
	want := r.modLuaPage()
	have, err := os.ReadFile("../MOD_LUA.md")
	if *update {
		err = os.WriteFile("../MOD_LUA.md", []byte(want), 0o644)
		have = []byte(want)
	}
	if err != nil || string(have) != want {
		t.Fatalf("MOD_LUA.md differs from the declarations; run go test ./bindings/reference -update (%v)", err)
	}
}

// modLuaPage returns the table as a page.
func (r *Reference) modLuaPage() string {
	var w strings.Builder
	w.WriteString("# eslua and mod_lua\n\n" +
		"What differs, by subject, and then each name of FreeSWITCH's mod_lua. This page is generated from `bindings/reference` and the declarations of the bindings\n" +
		"(`go test ./bindings/reference -update`), and `eslua doc mod_lua` prints the same. The names are those that a mod_lua of FreeSWITCH 1.11 lists.\n\n" +
		"## What differs\n")
	for _, s := range differences() {
		fmt.Fprintf(&w, "\n**%s**\n\n", s.title)
		for _, line := range s.lines {
			fmt.Fprintf(&w, "- %s\n", line)
		}
	}
	w.WriteString("\n## The names of mod_lua\n\n" +
		"Each function, class, method, attribute, constant and global, and each way in which mod_lua runs scripts.\n\n" +
		"- *supported*: the same arguments, results and effects as in mod_lua, within the limits and grants of the flow.\n" +
		"- *differs*: it is there, and what is said differs.\n" +
		"- *not possible*: eslua does not have it. A script that uses it gets an error that says what to write instead.\n\n")
	section := ""
	for _, row := range r.modLua() {
		if s := sectionOf(row.name); s != section {
			section = s
			fmt.Fprintf(&w, "### %s\n\n| name | in eslua | how it differs, or what instead |\n|---|---|---|\n", s)
		}
		fmt.Fprintf(&w, "| `%s` | %s | %s |\n", row.name, row.verdict, cell(row.text))
	}
	return strings.ReplaceAll(w.String(), "\n### ", "\n\n### ")
}

func sectionOf(name string) string {
	switch {
	case strings.Contains(name, " ") || strings.Contains(name, "="):
		return "How mod_lua runs scripts"
	case strings.HasPrefix(name, "freeswitch."):
		return "The table freeswitch"
	}
	if cut := strings.IndexAny(name, ".:"); cut > 0 {
		return name[:cut]
	}
	return "Globals"
}
