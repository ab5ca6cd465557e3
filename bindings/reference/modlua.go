package reference

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
)

// modLuaNames lists what mod_lua gives to scripts, as a real one tells it.
// To record it again: ESLUA_LIVE=... go test ./bindings/reference -run LiveModLua -update
//
//go:embed modlua.txt
var modLuaNames string

// differencesText says by subject what differs whatever name a script uses: a line with
// the subject, a line for each difference, and an empty line.
//
//go:embed differences.txt
var differencesText string

// The verdicts about a name of mod_lua.
const (
	supported = "supported"
	differs   = "differs"
	notThere  = "not possible"
)

// row says how a name of mod_lua, or a way in which it runs scripts, is in eslua.
type row struct{ name, verdict, text string }

// modLua returns a row for each name of mod_lua. verdict is "" for a name of which
// nobody has said anything.
func (r *Reference) modLua() []row {
	declared := map[string]*Entry{}
	for _, e := range r.All() {
		declared[e.Name] = e
	}
	var rows []row
	for name := range strings.FieldsSeq(modLuaNames + modLuaGlobals) {
		e := declared[name]
		if e == nil {
			e = declared[objectName(name)]
		}
		advice := r.absent[name]
		if advice == "" { // an attribute
			advice = r.absent[strings.Replace(name, ".", ":", 1)]
		}
		switch {
		case e != nil && e.Differs != "":
			rows = append(rows, row{name, differs, e.Differs})
		case e != nil:
			rows = append(rows, row{name, supported, ""})
		case advice != "":
			rows = append(rows, row{name, notThere, advice})
		default:
			rows = append(rows, row{name, "", ""})
		}
	}
	return append(rows, waysIn()...)
}

// objectName returns a name with its class as the reference has it: session:read.
func objectName(name string) string {
	cut := strings.IndexAny(name, ".:")
	if cut < 0 {
		return name
	}
	return strings.ToLower(name[:cut]) + name[cut:]
}

// subject is a paragraph of differencesText.
type subject struct {
	title string
	lines []string
}

func differences() []subject {
	var all []subject
	for paragraph := range strings.SplitSeq(strings.TrimSpace(differencesText), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		all = append(all, subject{lines[0], lines[1:]})
	}
	return all
}

// ModLua writes for a terminal what differs from mod_lua, by subject, and then how each
// name of mod_lua is in eslua.
func (r *Reference) ModLua(w io.Writer) {
	fmt.Fprintf(w, "What differs from mod_lua\n")
	for _, s := range differences() {
		fmt.Fprintf(w, "\n  %s\n", s.title)
		for _, line := range s.lines {
			Wrap(w, "      ", line)
		}
	}
	fmt.Fprintf(w, "\nHow each name of mod_lua is in eslua. What is not named as different does the same.\n")
	for _, verdict := range []string{differs, notThere, supported} {
		fmt.Fprintf(w, "\n%s%s\n", strings.ToUpper(verdict[:1]), verdict[1:])
		for _, row := range r.modLua() {
			switch {
			case row.verdict != verdict:
			case row.text == "":
				fmt.Fprintf(w, "  %s\n", row.name)
			default:
				fmt.Fprintf(w, "  %s\n", row.name)
				Wrap(w, "      ", row.text)
			}
		}
	}
}
