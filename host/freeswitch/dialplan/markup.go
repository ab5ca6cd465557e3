package dialplan

import (
	"strconv"
	"strings"
)

// An element is a tag of the XML with its attributes and children.
type element struct {
	name     string
	attrs    [][2]string
	at       origin
	children []*element
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a[0] == name {
			return a[1]
		}
	}
	return ""
}

// markup parses XML as FreeSWITCH does (switch_xml.c:switch_xml_parse_str),
// which accepts a < in an attribute, any entity and several tags side by side.
type markup struct {
	s    *source
	text string
	pos  int
	open []*element // the first holds the top-level elements
}

// A syntaxError reports XML that FreeSWITCH cannot read.
type syntaxError struct {
	at      origin
	message string
}

const blanks = " \t\r\n"

// parse returns the top-level elements; the error is nil if everything could be read.
func parse(s *source) ([]*element, *syntaxError) {
	m := markup{s: s, text: s.text.String(), open: []*element{{}}}
	for {
		i := strings.IndexByte(m.text[m.pos:], '<')
		if i < 0 {
			break
		}
		m.pos += i
		if b := m.tag(); b != nil {
			return m.open[0].children, b
		}
	}
	if last := m.open[len(m.open)-1]; len(m.open) > 1 {
		return m.open[0].children, &syntaxError{last.at, "<" + last.name + "> is never closed; write </" + last.name + "> at its end"}
	}
	return m.open[0].children, nil
}

func (m *markup) fail(message string) *syntaxError { return &syntaxError{m.s.at(m.pos), message} }

// tag reads the tag or comment that begins at pos.
func (m *markup) tag() *syntaxError {
	rest := m.text[m.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		end := strings.Index(rest[4:], "--")
		if end < 0 || !strings.HasPrefix(rest[4+end:], "-->") {
			return m.fail("this comment is not closed before the next \"--\", which is not allowed in a comment; write -->")
		}
		m.pos += 4 + end + 3
	case strings.HasPrefix(rest, "<![CDATA["):
		end := strings.Index(rest, "]]>")
		if end < 0 {
			return m.fail("this <![CDATA[ is not closed; write ]]>")
		}
		m.pos += end + 3
	case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return m.fail("this " + rest[:2] + " is not closed; write >")
		}
		m.pos += end + 1
	case strings.HasPrefix(rest, "</"):
		return m.closing(rest)
	default:
		return m.opening(rest)
	}
	return nil
}

func (m *markup) closing(rest string) *syntaxError {
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		return m.fail("this closing tag has no >")
	}
	name := strings.Trim(rest[2:end], blanks)
	last := m.open[len(m.open)-1]
	switch {
	case len(m.open) == 1:
		return m.fail("</" + name + "> closes nothing; remove it, or write <" + name + "> where it begins")
	case name != last.name:
		return m.fail("</" + name + "> is here, but <" + last.name + "> of line " + strconv.Itoa(last.at.line) + " must be closed first; write </" + last.name + ">")
	}
	m.open = m.open[:len(m.open)-1]
	m.pos += end + 1
	return nil
}

// opening reads <name attribute="value" ...> or .../>.
func (m *markup) opening(rest string) *syntaxError {
	i := 1 + strings.IndexFunc(rest[1:]+">", func(r rune) bool { return strings.ContainsRune(blanks+"/>", r) })
	e := &element{name: rest[1:min(i, len(rest))], at: m.s.at(m.pos)}
	if e.name == "" || strings.ContainsAny(e.name, "<\"'=&") || e.name[0] >= '0' && e.name[0] <= '9' {
		return m.fail("this < begins no tag; write &lt; for the character")
	}
	for {
		for i < len(rest) && strings.IndexByte(blanks, rest[i]) >= 0 {
			i++
		}
		if i >= len(rest) {
			return m.fail("<" + e.name + "> has no >")
		}
		if rest[i] == '/' || rest[i] == '>' {
			break
		}
		begin := i
		for i < len(rest) && strings.IndexByte(blanks+"=/>", rest[i]) < 0 {
			i++
		}
		name := rest[begin:i]
		for i < len(rest) && strings.IndexByte(blanks+"=", rest[i]) >= 0 {
			i++
		}
		if name == "" || i >= len(rest) || rest[i] != '"' && rest[i] != '\'' {
			return m.fail("<" + e.name + "> has an attribute without a value in quotes; write name=\"value\"")
		}
		end := strings.IndexByte(rest[i+1:], rest[i])
		if end < 0 {
			return m.fail("the value of " + name + " in <" + e.name + "> has no second " + rest[i:i+1])
		}
		e.attrs = append(e.attrs, [2]string{name, decoded(rest[i+1 : i+1+end])})
		i += end + 2
	}
	last := m.open[len(m.open)-1]
	last.children = append(last.children, e)
	if rest[i] == '/' {
		if i++; i >= len(rest) || rest[i] != '>' {
			return m.fail("<" + e.name + "> has a / without >")
		}
	} else {
		m.open = append(m.open, e)
	}
	m.pos += i + 1
	return nil
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// decoded returns an attribute's value with its entities replaced.
func decoded(value string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(value, "&#")
		b.WriteString(entities.Replace(before))
		if !found {
			return b.String()
		}
		value = after
		digits, _, closed := strings.Cut(after[:min(len(after), len("x10FFFF;"))], ";")
		base := 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 31)
		if err != nil || n == 0 || !closed {
			b.WriteString("&#")
			continue
		}
		b.WriteRune(rune(n))
		value = after[strings.IndexByte(after, ';')+1:]
	}
}
