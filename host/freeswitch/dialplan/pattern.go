package dialplan

import (
	"fmt"
	"strconv"
	"strings"
)

// wrongPattern says why FreeSWITCH cannot compile a regular expression; "" if no reason
// is known (switch_regex.c:switch_regex_perform, pcre2_compile). It knows the structure
// of PCRE's language, not every name in it.
func wrongPattern(expression string) string {
	if strings.HasPrefix(expression, "_") || strings.Contains(expression, "${") {
		return "" // Asterisk's language, or known only during a call
	}
	if rest, ok := strings.CutPrefix(expression, "/"); ok {
		end := strings.LastIndexByte(rest, '/')
		if end < 0 {
			return "it begins with / and has no second one"
		}
		expression = rest[:end]
	}
	p := pattern{text: expression}
	for p.at < len(p.text) && p.wrong == "" && !p.unknown {
		p.next()
	}
	switch {
	case p.unknown:
		return ""
	case p.wrong == "" && p.open > 0:
		return "a ( has no )"
	}
	return p.wrong
}

type pattern struct {
	text    string
	at      int
	open    int    // groups
	repeats bool   // a quantifier may follow
	wrong   string // what is wrong
	unknown bool   // something is used that is not known here
}

// take returns the next bytes if they are text, and steps over them.
func (p *pattern) take(text string) bool {
	if !strings.HasPrefix(p.text[p.at:], text) {
		return false
	}
	p.at += len(text)
	return true
}

// until steps over everything up to an end, and reports false if it does not come.
func (p *pattern) until(end string) bool {
	i := strings.Index(p.text[p.at:], end)
	if i < 0 {
		return false
	}
	p.at += i + len(end)
	return true
}

// next steps over one element.
func (p *pattern) next() {
	c := p.text[p.at]
	switch {
	case strings.IndexByte("*+?{", c) >= 0 && p.quantifier():
		return
	case c == '\\':
		p.at++
		p.escape()
		return
	case c == '[':
		p.at++
		p.class()
		p.repeats = true
		return
	case c == '(':
		p.at++
		p.group()
		return
	}
	p.at++
	p.repeats = strings.IndexByte("^$|", c) < 0
	if c == ')' {
		if p.open--; p.open < 0 {
			p.wrong = "a ) has no ("
		}
	}
}

// quantifier steps over *, +, ? or {n,m}, and reports false if it is a brace that
// stands for itself.
func (p *pattern) quantifier() bool {
	from := p.at
	if p.text[p.at] == '{' {
		inside, _, closed := strings.Cut(p.text[p.at+1:], "}")
		low, high, both := strings.Cut(inside, ",")
		if !closed || !isCount(low) || both && high != "" && !isCount(high) {
			return false
		}
		n, m := number(low), number(high)
		switch {
		case n > 65535 || m > 65535:
			p.wrong = "{" + inside + "} repeats too often"
		case both && high != "" && m < n:
			p.wrong = "{" + inside + "} has the larger number first"
		}
		p.at += len(inside) + 2
	} else {
		p.at++
	}
	if !p.repeats && p.wrong == "" {
		p.wrong = fmt.Sprintf("%s repeats nothing", p.text[from:p.at])
		if p.text[from] == '+' {
			p.wrong += `; write \+ for the character`
		}
	}
	if !p.take("?") { // lazy
		p.take("+") // possessive
	}
	p.repeats = false
	return true
}

func isCount(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil && text != "" {
		return 1 << 30
	}
	return n
}

// escape steps over what follows a backslash.
func (p *pattern) escape() {
	if p.at == len(p.text) {
		p.wrong = `it ends with \`
		return
	}
	c := p.text[p.at]
	p.at++
	p.repeats = true
	switch {
	case c == 'Q':
		if !p.until(`\E`) {
			p.at = len(p.text)
		}
	case strings.IndexByte("AbBzZGKE", c) >= 0:
		p.repeats = false
	case strings.IndexByte("gkoxpP", c) >= 0:
		for _, ends := range []string{"{}", "<>", "''"} {
			if p.take(ends[:1]) && !p.until(ends[1:]) {
				p.wrong = fmt.Sprintf(`\%c%c has no %c`, c, ends[0], ends[1])
			}
		}
	case c == 'c' && p.at < len(p.text):
		p.at++
	case isLetter(c) && strings.IndexByte("adDefhHnNrRsStvVwWXC", c) < 0:
		p.wrong = fmt.Sprintf(`\%c means nothing`, c)
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// class steps over a [class].
func (p *pattern) class() {
	p.take("^")
	last := 0 // what a range may begin with: a character, -1 for a class, 0 for nothing
	for first := true; ; first = false {
		switch {
		case p.at == len(p.text):
			p.wrong = "a [ has no ]"
			return
		case !first && p.take("]"):
			return
		case !first && last != 0 && strings.HasPrefix(p.text[p.at:], "-") && !strings.HasPrefix(p.text[p.at:], "-]"):
			p.at++
			low := last
			if p.at == len(p.text) {
				continue
			}
			if high := p.member(); low < 0 || high < 0 || high < low {
				p.wrong = "a range in [] has no order; write - at the end for the character"
				return
			}
			last = 0
		default:
			last = p.member()
		}
		if p.wrong != "" {
			return
		}
	}
}

// member steps over one member of a class. It returns -1 for one that is a class
// itself.
func (p *pattern) member() int {
	switch {
	case p.take("[:"):
		name, _, closed := strings.Cut(p.text[p.at:], ":]")
		if !closed {
			return '['
		}
		if known := " alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit "; !strings.Contains(known, " "+strings.TrimPrefix(name, "^")+" ") {
			p.wrong = "[:" + name + ":] is no class"
		}
		p.at += len(name) + 2
		return -1
	case p.take(`\`):
		if p.at == len(p.text) {
			return -1
		}
		c := p.text[p.at]
		switch {
		case c == 'b':
			p.at++
			return '\b'
		case strings.IndexByte("dDwWsShHvVNRpP", c) >= 0:
			p.escape()
			return -1
		case isLetter(c) || c >= '0' && c <= '9':
			p.escape()
			return 0x7fffffff // some character; which one does not matter
		}
		p.at++
		return int(c)
	}
	p.at++
	return int(p.text[p.at-1])
}

// group steps over the beginning of a group, or over one that has no content.
func (p *pattern) group() {
	p.open++
	p.repeats = false
	switch {
	case p.take("*"):
		p.unknown = true // a verb
	case !p.take("?"):
	case p.take("#"):
		p.open--
		if !p.until(")") {
			p.wrong = "(?# has no )"
		}
	case p.at == len(p.text):
	case strings.HasPrefix(p.text[p.at:], "P="), strings.HasPrefix(p.text[p.at:], "P>"), strings.IndexByte("R0123456789&+-(Cx", p.text[p.at]) >= 0:
		p.unknown = true // references, conditions, callouts, and an option that allows blanks and comments
	case p.take("<=") || p.take("<!"):
	case p.take("<"), p.take("P<"):
		if !p.until(">") {
			p.wrong = "a name of a group has no >"
		}
	case p.take("'"):
		if !p.until("'") {
			p.wrong = "a name of a group has no second '"
		}
	case strings.IndexByte(":=!>|", p.text[p.at]) >= 0:
		p.at++
	default:
		p.options()
	}
}

// options steps over (?i) and (?i:.
func (p *pattern) options() {
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == ':':
			return
		case c == ')':
			p.open--
			return
		case c == 'x':
			p.unknown = true
			return
		case strings.IndexByte("imsnJU^-", c) < 0:
			p.wrong = fmt.Sprintf("(?%c is no group", c)
			return
		}
	}
}
