package config

import (
	"regexp"
	"strings"
)

// Mistakes of YAML: what the parser says of them, and what their line looks like.
var (
	quoting   = regexp.MustCompile(`escape character|reserved character|tag character|^could not find alias`)
	structure = regexp.MustCompile(`not allowed in this context|unexpected key name|^could not find|non-map value|must be specified|end token|found character|a tab character`)
	tab       = regexp.MustCompile(`^ *\t`)
	noBlank   = regexp.MustCompile(`^[ -]*[a-z_]+:[^\s/]`)
	comment   = regexp.MustCompile(`:\s+#`)
	bracket   = regexp.MustCompile(`must be specified|end token|character corresponding`)
)

// advise adds to what the YAML parser says of a line what to write instead.
func advise(message string, source []byte, line int) string {
	lines := strings.Split(string(source), "\n")
	is := func(mistake *regexp.Regexp) bool {
		return line > 0 && line <= len(lines) && (mistake.MatchString(lines[line-1]) || line > 1 && mistake.MatchString(lines[line-2]))
	}
	advice := ""
	switch {
	case quoting.MatchString(message):
		advice = `write the text in single quotes, '...'`
	case !structure.MatchString(message):
		return message
	case is(tab):
		return "a tab indents this line; YAML takes blanks only"
	case is(noBlank):
		advice = "write a blank after the colon, NAME: VALUE"
	case is(comment):
		advice = "# begins a comment; write the text in single quotes, '...'"
	case bracket.MatchString(message):
		advice = "close every { and [, and write a text that holds one of {}[], in single quotes, '...'"
	default:
		advice = "see that the line is indented as its neighbours are, and that every bracket and quote above it is closed"
	}
	return "this is not YAML: " + message + "; " + advice
}
