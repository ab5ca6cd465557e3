package reference

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
)

var update = flag.Bool("update", false, "write the reference into bindings/README.md")

const referenceBegin = "<!-- reference: written by go test ./bindings/reference -update -->\n"

// TestREADME holds the Lua reference to the declarations.
func TestREADME(t *testing.T) {
	source, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, have, ok := strings.Cut(string(source), referenceBegin)
	if !ok {
		t.Fatalf("README.md has no line %q", referenceBegin)
	}
	want := "\n" + New(bindings.New(bindings.Deps{}).Modules()).Markdown()
	if have == want {
		return
	}
	if !*update {
		t.Fatal("README.md differs from the declarations; run go test ./bindings/reference -update")
	}
	if err := os.WriteFile("../README.md", []byte(head+referenceBegin+want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Markdown returns the reference as a page: a list of the names, then each
// entry.
func (r *Reference) Markdown() string {
	var w strings.Builder
	for _, g := range r.groups {
		fmt.Fprintf(&w, "- [%s](#%s): ", g.title(), anchor(g.title()))
		names := make([]string, len(g.entries))
		for i, e := range g.entries {
			names[i] = link(e)
		}
		w.WriteString(strings.Join(names, ", ") + "\n")
	}
	w.WriteString("- [Lua's own functions](#luas-own-functions)\n")
	for _, g := range r.groups {
		fmt.Fprintf(&w, "\n## %s\n\n", g.title())
		if g.entry != nil {
			paragraphs(&w, g.entry.Doc)
			example(&w, g.entry.Example)
		}
		values(&w, g)
		for _, e := range g.entries {
			if e.Params != nil || e.Call != "" {
				e.markdown(&w)
			}
		}
	}
	r.standard(&w)
	return w.String()
}

func (g group) title() string {
	switch {
	case g.entry == nil:
		return "Globals"
	case g.entry.Kind == "table", g.entry.Kind == "module":
		return "The " + g.entry.Kind + " " + g.entry.Name
	}
	return "Objects: " + g.entry.Name
}

// values writes the entries that are no functions.
func values(w *strings.Builder, g group) {
	begun := false
	for _, e := range g.entries {
		if e.Call != "" {
			continue
		}
		if !begun {
			begun = true
			w.WriteString("| name | type or value | what it is |\n|---|---|---|\n")
		}
		fmt.Fprintf(w, "| <a id=\"%s\"></a>`%s` | %s | %s |\n", anchor(e.Name), e.Name, e.Type, cell(e.Doc))
	}
	if !begun {
		return
	}
	w.WriteString("\n")
	for _, e := range g.entries {
		if e.Call == "" {
			example(w, e.Example)
		}
	}
}

func (e *Entry) markdown(w *strings.Builder) {
	fmt.Fprintf(w, "### %s\n\n```lua\n%s\n```\n\n", e.Name, e.Call)
	paragraphs(w, e.Doc)
	if len(e.Params) > 0 {
		w.WriteString("| parameter | type | default | meaning |\n|---|---|---|---|\n")
		for _, p := range e.Params {
			otherwise := "required"
			if p.Optional {
				otherwise = cell(p.Default)
			}
			if p.Variadic {
				otherwise = "any number"
			}
			fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", p.Name, typeName(p.Kind, p.Class), otherwise, cell(p.Doc))
		}
		w.WriteString("\n")
	}
	if len(e.Results) > 0 {
		w.WriteString("| result | type | meaning |\n|---|---|---|\n")
		for _, r := range e.Results {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", r.Name, typeName(r.Kind, r.Class), cell(r.Doc))
		}
		w.WriteString("\n")
	}
	fmt.Fprintf(w, "After the hangup: %s\n\n", escape(e.AfterHangup))
	if e.Differs != "" {
		fmt.Fprintf(w, "Differs from mod\\_lua: %s\n\n", escape(e.Differs))
	}
	example(w, e.Example)
}

func example(w *strings.Builder, lua string) {
	if lua != "" {
		fmt.Fprintf(w, "```lua\n%s\n```\n\n", lua)
	}
}

func paragraphs(w *strings.Builder, text string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		w.WriteString(escape(paragraph) + "\n\n")
	}
}

// cell escapes a text for a table.
func cell(text string) string {
	return strings.ReplaceAll(escape(strings.ReplaceAll(text, "\n", " ")), "|", "\\|")
}

func escape(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", "\\*", "_", "\\_").Replace(text)
}

func link(e *Entry) string { return fmt.Sprintf("[%s](#%s)", escape(short(e.Name)), anchor(e.Name)) }

// anchor returns the name of a heading's anchor as GitHub makes it.
func anchor(heading string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(heading) {
		switch {
		case c == ' ':
			b.WriteByte('-')
		case c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z':
			b.WriteRune(c)
		}
	}
	return b.String()
}

// lua51 lists the names of Lua 5.1 (reference manual, chapter 5), without the
// methods of files.
const lua51 = `_G _VERSION assert collectgarbage dofile error getfenv getmetatable ipairs load loadfile loadstring module next pairs pcall
print rawequal rawget rawset require select setfenv setmetatable tonumber tostring type unpack xpcall
coroutine.create coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield
debug.debug debug.getfenv debug.gethook debug.getinfo debug.getlocal debug.getmetatable debug.getregistry debug.getupvalue
debug.setfenv debug.sethook debug.setlocal debug.setmetatable debug.setupvalue debug.traceback
io.close io.flush io.input io.lines io.open io.output io.popen io.read io.stderr io.stdin io.stdout io.tmpfile io.type io.write
math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod math.frexp
math.huge math.ldexp math.log math.log10 math.max math.min math.modf math.pi math.pow math.rad math.random math.randomseed math.sin
math.sinh math.sqrt math.tan math.tanh
os.clock os.date os.difftime os.execute os.exit os.getenv os.remove os.rename os.setlocale os.time os.tmpname
package.cpath package.loaded package.loaders package.loadlib package.path package.preload package.seeall
string.byte string.char string.dump string.find string.format string.gmatch string.gsub string.len string.lower string.match
string.rep string.reverse string.sub string.upper
table.concat table.insert table.maxn table.remove table.sort`

// standard writes the section about Lua's own functions, from what states really
// have.
func (r *Reference) standard(w *strings.Builder) {
	have := vm.StandardNames()
	ours := map[string]bool{"_G": true, "package.loaded": true, "package.loaders": true, "package.preload": true}
	for _, e := range r.All() {
		ours[e.Name] = true
	}
	var own, others, missing []string
	known := strings.Fields(lua51)
	for _, name := range have {
		if slices.Contains(known, name) {
			own = append(own, name)
		} else {
			others = append(others, name)
		}
	}
	for _, name := range known {
		if !slices.Contains(have, name) && !ours[name] {
			missing = append(missing, name)
		}
	}
	w.WriteString("## Lua's own functions\n\nScripts are written in Lua 5.1 with the goto statement of 5.2. The functions do what the [reference manual](https://www.lua.org/manual/5.1/) says, within the limits of the flow (limits: in the configuration).\n\n")
	fmt.Fprintf(w, "From Lua 5.1: %s.\n\n", code(own))
	fmt.Fprintf(w, "From Lua 5.0 and 5.2: %s.\n\n", code(others))
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		fmt.Fprintf(w, "`%s` differs: %s\n\n", name, changed[name])
	}
	fmt.Fprintf(w, "Missing: %s.\n\n", code(missing))
	w.WriteString("A script that uses one of these names gets an error that says what to write instead:\n\n| name | instead |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(r.absent)) {
		if name != "session" {
			fmt.Fprintf(w, "| `%s` | %s |\n", name, cell(r.absent[name]))
		}
	}
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
