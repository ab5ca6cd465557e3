package grant

import "strings"

// check is one check of one text. It counts what it finds, so that a text made
// to be expensive is refused instead.
type check struct {
	grants *Grants
	depth  int
	found  int
	loose  bool // quotes have been taken off: where a word ends is not known
}

const (
	maxDepth = 32       // commands inside commands
	maxFound = 256      // commands and variables in one text
	maxText  = 64 << 10 // bytes of a text that holds any; FreeSWITCH needs far less
)

// enter goes one command deeper.
func (c *check) enter(kind, where string) error {
	if c.depth++; c.depth > maxDepth {
		return unreadable(kind, "a command nested this deep", where)
	}
	return nil
}

func (c *check) leave() { c.depth-- }

// count takes note of one more finding in s.
func (c *check) count(s string) error {
	if c.found++; c.found > maxFound || len(s) > maxText {
		return unreadable(APICommand, "a text with this much to expand or to set", "")
	}
	return nil
}

// text looks for what can stand anywhere: ${command(...)}, variables that are
// executed later, a file that is the output of a program. Where the text is
// only spoken or logged, escapes are what FreeSWITCH's one expansion makes of
// them; any other text may pass several splitters and expansions.
func (c *check) text(s string, spoken bool) error {
	if !spoken {
		bare := plain(s)
		defer func(was bool) { c.loose = was }(c.loose)
		s, c.loose = bare, c.loose || bare != s
	}
	err := expansions(s, spoken, func(x expansion) error {
		if err := c.count(s); err != nil || !x.command {
			return err
		}
		return c.api(x.name+" "+x.arg, "${"+x.name+" ...}")
	})
	if err != nil {
		return err
	}
	if low := strings.ToLower(plain(s)); strings.Contains(low, shellStream+"://") {
		if err := c.named(Application, shellStream, "", low[strings.Index(low, shellStream):]); err != nil {
			return err
		}
	}
	if spoken {
		return nil
	}
	return c.assignments(s)
}

// assignments finds name=value wherever it stands, whatever brackets and
// delimiters are around it, and checks those variables that are executed.
func (c *check) assignments(s string) error {
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			continue
		}
		name := strings.TrimRight(s[:i], " ")
		if open := strings.LastIndexByte(name, '['); open >= 0 && strings.HasSuffix(name, "]") {
			name = name[:open] // name[0]=value makes a list
		}
		start := len(name)
		for start > 0 && inName(name[start-1]) {
			start--
		}
		name = name[start:]
		if !carries(name) {
			continue
		}
		if err := c.count(s); err != nil {
			return err
		}
		if letterDelimiter(s) {
			return unreadable(Application, "a list of variables that is split at a letter", s)
		}
		if err := c.variable(name, s[i+1:], s[start:]); err != nil {
			return err
		}
	}
	return nil
}

// nameEnd is how long the name is that a text begins with.
func nameEnd(s string) int {
	for i := 0; i < len(s); i++ {
		if !inName(s[i]) && s[i] != hole[0] {
			return i
		}
	}
	return len(s)
}

func inName(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-' || b == '.'
}

// letterDelimiter reports a ^^x that makes x end a value: where a value ends
// could then not be told from its text.
func letterDelimiter(s string) bool {
	for i := strings.Index(s, "^^"); i >= 0 && i+2 < len(s); {
		if inName(s[i+2]) {
			return true
		}
		next := strings.Index(s[i+1:], "^^")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// named checks one name by itself.
func (c *check) named(kind, name, arg, where string) error {
	rule, denied := &c.grants.Apps, deniedApps
	if kind == APICommand {
		rule, denied = &c.grants.API, deniedAPI
	}
	if rule.everything() {
		return nil
	}
	name = strings.ToLower(strings.TrimSpace(name))
	first := ""
	if kind == APICommand {
		first = strings.ToLower(word(strings.Fields(plain(arg)), 0))
	}
	if unknown(name) {
		return unknowable(kind, name, where)
	}
	if unknown(first) && subcommands[name] && !has(rule.Allow, name) {
		return unknowable(kind, name+" "+first, where)
	}
	ok, fix := rule.permits(denied, name, first)
	if ok {
		return nil
	}
	if _, sub := denied[name+" "+first]; sub && denied[name] == "" {
		name += " " + first
	}
	return refused(kind, name, where, fix)
}

// subcommands are the commands of which only some first arguments are denied.
var subcommands = map[string]bool{"sofia": true, "local_stream": true}
