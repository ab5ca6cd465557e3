package grant

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A check reads one text. It counts what it finds, so that a text made to be
// expensive is refused instead.
type check struct {
	grants   *Grants
	found    *int // commands and variables so far
	depth    int  // of commands inside commands
	unquoted bool // quotes have been removed: the ends of words are unknown
}

func (g *Grants) check() check { return check{grants: g, found: new(int)} }

const (
	maxDepth = 32       // commands inside commands
	maxFound = 256      // commands and variables in one text
	maxText  = 64 << 10 // bytes of a text that holds any; FreeSWITCH needs far less
)

// nested returns the check of a command or an application inside this one.
func (c check) nested(kind, where string) (check, error) {
	if c.depth++; c.depth > maxDepth {
		return c, unreadable(kind, "a command nested this deep", where)
	}
	return c, nil
}

// count counts a finding in s.
func (c check) count(s string) error {
	if *c.found++; *c.found > maxFound || len(s) > maxText {
		return unreadable(APICommand, "a text with this much to expand or to set", "")
	}
	return nil
}

// text looks for what can occur anywhere: ${command(...)}, variables that are
// executed later, a file that is the output of a program. If the text is only
// spoken or logged, FreeSWITCH expands it once and its escapes count; any other
// text may pass several splitters and expansions.
func (c check) text(s string, spoken bool) error {
	if !spoken {
		bare := stripQuotes(s)
		c.unquoted = c.unquoted || bare != s
		s = bare
	}
	for r := range syntax.References(s, spoken) {
		if err := c.count(s); err != nil {
			return err
		}
		if !r.Command {
			continue
		}
		if err := c.api(r.Name+" "+r.Arg, "${"+r.Name+" ...}"); err != nil {
			return err
		}
	}
	if low := strings.ToLower(stripQuotes(s)); strings.Contains(low, shellStream+"://") {
		if err := c.permit(Application, shellStream, "", low[strings.Index(low, shellStream):]); err != nil {
			return err
		}
	}
	if spoken {
		return nil
	}
	return c.assignments(s)
}

// assignments finds name=value anywhere, whatever brackets and delimiters are
// around it, and checks the variables that are executed.
func (c check) assignments(s string) error {
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

// nameEnd returns the length of the name that a text begins with.
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

// letterDelimiter reports whether a ^^x makes a letter the delimiter: the end of a
// value is then unknown.
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

// permit checks one name against its rule.
func (c check) permit(kind, name, arg, where string) error {
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
		first = strings.ToLower(wordAt(strings.Fields(stripQuotes(arg)), 0))
	}
	if isUnknown(name) {
		return unknowable(kind, name, where)
	}
	if isUnknown(first) && subcommands[name] && !has(rule.Allow, name) {
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

// subcommands lists the commands of which only some first arguments are denied.
var subcommands = map[string]bool{"sofia": true, "local_stream": true}
