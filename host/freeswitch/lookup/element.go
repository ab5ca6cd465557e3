package lookup

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An Element is one of a document.
type Element struct {
	Name     string
	Attrs    [][2]string
	Text     string // without white space at its ends
	Children []*Element
	Line     int

	text strings.Builder // while it is read
}

// Attr returns an attribute, "" if there is none.
func (e *Element) Attr(name string) string {
	for _, a := range e.Attrs {
		if a[0] == name {
			return a[1]
		}
	}
	return ""
}

// NotFound makes FreeSWITCH go on to its other sources.
const NotFound = `<document type="freeswitch/xml">
<section name="result">
<result status="not found"/>
</section>
</document>
`

const (
	maxDepth    = 100
	maxElements = 200_000 // and attributes
)

// Parse reads a document. It accepts what FreeSWITCH does, which is less strict than
// XML, and drops comments and processing instructions.
func Parse(text string) (*Element, error) {
	d := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(text, "?")))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var root *Element
	var open []*Element
	count := 0
	for {
		token, err := d.RawToken()
		line, _ := d.InputPos()
		switch {
		case errors.Is(err, io.EOF) && root == nil:
			return nil, errors.New("there is no element")
		case errors.Is(err, io.EOF) && len(open) > 0:
			return nil, fmt.Errorf("line %d: <%s> is not closed", open[len(open)-1].Line, open[len(open)-1].Name)
		case errors.Is(err, io.EOF):
			return root, nil
		case err != nil:
			return nil, fmt.Errorf("line %d: %s", line, reason(err))
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &Element{Name: name(token.Name), Line: line}
			for _, a := range token.Attr {
				e.Attrs = append(e.Attrs, [2]string{name(a.Name), a.Value})
			}
			if count += 1 + len(e.Attrs); len(open) >= maxDepth || count > maxElements {
				return nil, fmt.Errorf("line %d: there are too many elements", line)
			}
			if err := e.checkNames(); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, e)
			case root != nil:
				return nil, fmt.Errorf("line %d: <%s> is a second document", line, e.Name)
			default:
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].Name != name(token.Name) {
				return nil, fmt.Errorf("line %d: </%s> closes nothing", line, name(token.Name))
			}
			last := open[len(open)-1]
			last.Text = strings.TrimSpace(last.text.String())
			last.text = strings.Builder{}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(token)
			}
		}
	}
}

func name(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func reason(err error) string {
	if syntax := (*xml.SyntaxError)(nil); errors.As(err, &syntax) {
		return syntax.Msg
	}
	return err.Error()
}

const preprocess = "X-PRE-PROCESS"

// checkNames refuses the names for which FreeSWITCH overlooks a line, so that the
// document would be another one than what was checked: an element include, and what has
// preprocess anywhere in its name (switch_xml.c:preprocess).
func (e *Element) checkNames() error {
	if strings.EqualFold(e.Name, preprocess) {
		return fmt.Errorf("<%s> would have FreeSWITCH run programs and read files, and is not possible in an answer", e.Name)
	}
	if strings.EqualFold(e.Name, "include") {
		return fmt.Errorf("<%s> is overlooked by FreeSWITCH: leave it out, and keep what is in it", e.Name)
	}
	names := e.Name
	for _, a := range e.Attrs {
		names += "\n" + a[0]
	}
	if strings.Contains(strings.ToUpper(names), preprocess) {
		return fmt.Errorf("<%.40s>: FreeSWITCH overlooks a line with a name that contains %s", e.Name, preprocess)
	}
	return nil
}

// Write writes the document, each element on a line of its own.
func (e *Element) Write(b *strings.Builder) {
	b.WriteString("<" + e.Name)
	for _, a := range e.Attrs {
		b.WriteString(" " + a[0] + `="`)
		escape(b, a[1])
		b.WriteByte('"')
	}
	if e.Text == "" && len(e.Children) == 0 {
		b.WriteString("/>\n")
		return
	}
	b.WriteByte('>')
	escape(b, e.Text)
	if len(e.Children) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range e.Children {
		c.Write(b)
	}
	b.WriteString("</" + e.Name + ">\n")
}

// escape writes a value so that FreeSWITCH reads it as it is.
func escape(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c == '\n' || c == '\r' || c == '\t',
			c == '$' && strings.HasPrefix(s[i+1:], "$"),
			(c == 'x' || c == 'X') && len(s)-i >= len(preprocess) && strings.EqualFold(s[i:i+len(preprocess)], preprocess):
			fmt.Fprintf(b, "&#%d;", c)
		case c >= ' ': // XML has no other control characters
			b.WriteByte(c)
		}
	}
}
