package dialplan

import (
	"regexp"
	"strings"
)

var (
	originates = regexp.MustCompile(`(?:^|[^\w])originate[ (]`)
	hook       = regexp.MustCompile(`^execute_on_\w+=\\*'?socket `)
	hookSet    = regexp.MustCompile(`^(?:nolocal:)?execute_on_\w+=socket (.*)$`)
)

// originate checks sockets inside an action's data. An originate in it is split at
// its blanks like every API command, unless they are quoted.
func (c *checker) originate(s step) {
	if m := hookSet.FindStringSubmatch(s.data); m != nil && (s.app == "set" || s.app == "export") {
		c.socket(s.at, m[1], "execute_on_answer=socket %s")
		return
	}
	at := originates.FindStringIndex(s.data)
	if at == nil {
		return
	}
	rest := s.data[at[1]:]
	quoted := false
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\'':
			quoted = !quoted
		case strings.HasPrefix(rest[i:], "&socket("):
			inside, _, _ := strings.Cut(rest[i+len("&socket("):], ")")
			if quoted || !strings.Contains(inside, " ") {
				c.socket(s.at, inside, asOriginate)
			} else if !strings.Contains(inside, "${") {
				c.report(s.at, false, "originate loses everything after the first blank of &socket(...); write "+asOriginate, inside)
			}
		case hook.MatchString(rest[i:]) && (i == 0 || strings.IndexByte("{[<,", rest[i-1]) >= 0):
			c.hook(s.at, rest[i:], quoted)
		}
	}
}

// hook checks execute_on_...=socket in the variables of an originate.
func (c *checker) hook(at origin, text string, quoted bool) {
	_, value, _ := strings.Cut(text, "=")
	if bare := strings.TrimPrefix(strings.TrimLeft(value, `\`), "'"); bare != value {
		inside, _, _ := strings.Cut(bare, "'")
		c.socket(at, strings.TrimRight(strings.TrimPrefix(inside, "socket "), `\`), asHook)
		return
	}
	if end := strings.IndexAny(value, ",}]>"); end >= 0 && !quoted {
		c.report(at, false, "originate breaks at the blanks of this execute_on_...; write "+asHook, strings.TrimPrefix(value[:end], "socket "))
	}
}
