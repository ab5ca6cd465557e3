package reference

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

const width = 96

// Overview writes all names with one line each.
func (r *Reference) Overview(w io.Writer) {
	for i, g := range r.groups {
		if i > 0 {
			fmt.Fprintln(w)
		}
		heading := "Global variables and functions"
		if g.entry != nil {
			heading = g.entry.Name + ": " + summary(g.entry.Doc)
		}
		fmt.Fprintln(w, heading)
		list(w, "  ", g.entries)
	}
	fmt.Fprintln(w, "\nLua's own functions are those of Lua 5.1, without what reaches the machine.")
	fmt.Fprintln(w, "eslua doc NAME describes one of them: eslua doc session:read")
	fmt.Fprintln(w, "eslua doc mod_lua says how each name of mod_lua is in eslua.")
}

func list(w io.Writer, margin string, entries []*Entry) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		fmt.Fprintf(t, "%s%s\t%s\n", margin, e.Name, summary(e.Doc))
	}
	_ = t.Flush() // to a writer that prints
}

// summary returns the first sentence of a text.
func summary(doc string) string {
	doc, _, _ = strings.Cut(doc, "\n")
	for i := range doc {
		if strings.HasPrefix(doc[i:], ". ") {
			return doc[:i+1]
		}
	}
	return doc
}

// Text writes an entry for a terminal.
func (e *Entry) Text(w io.Writer) {
	title := e.Name + " (" + e.Kind + ")"
	switch {
	case e.Call != "":
		title = e.Call
	case e.Type != "":
		title = e.Name + " (" + e.Kind + ", " + e.Type + ")"
	}
	fmt.Fprintf(w, "%s\n\n", title)
	Wrap(w, "  ", e.Doc)
	if len(e.Params) > 0 {
		fmt.Fprintln(w, "\n  Parameters")
		for _, p := range e.Params {
			doc := p.Doc
			if p.Default != "" {
				doc += " (default: " + p.Default + ")"
			}
			term(w, p.Name, typeName(p.Kind, p.Class), doc)
		}
	}
	if len(e.Results) > 0 {
		fmt.Fprintln(w, "\n  Results")
		for _, r := range e.Results {
			term(w, r.Name, typeName(r.Kind, r.Class), r.Doc)
		}
	}
	if e.AfterHangup != "" {
		fmt.Fprintln(w, "\n  After the hangup")
		Wrap(w, "    ", e.AfterHangup)
	}
	if e.Differs != "" {
		fmt.Fprintln(w, "\n  What differs from mod_lua")
		Wrap(w, "    ", e.Differs)
	}
	if e.Example != "" {
		fmt.Fprintln(w, "\n  Example")
		for line := range strings.SplitSeq(e.Example, "\n") {
			fmt.Fprintln(w, "    "+line)
		}
	}
	if len(e.Members) > 0 {
		fmt.Fprintln(w, "\n  Members")
		list(w, "    ", e.Members)
	}
}

// term writes a name with its type and its description.
func term(w io.Writer, name, kind, doc string) {
	fmt.Fprintf(w, "    %s (%s)\n", name, kind)
	Wrap(w, "        ", doc)
}

// Wrap writes paragraphs, one per line of the text, in lines of width.
func Wrap(w io.Writer, margin, text string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := margin
		for word := range strings.FieldsSeq(paragraph) {
			if line != margin && len(line)+1+len(word) > width {
				fmt.Fprintln(w, line)
				line = margin
			}
			if line != margin {
				line += " "
			}
			line += word
		}
		fmt.Fprintln(w, line)
	}
}
