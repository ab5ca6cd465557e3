package grant

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A check reads one text. It counts what it finds, and the bytes that it reads for
// that, so that a text made to be expensive is refused instead.
type check struct {
	grants   *Grants
	spent    *spent
	depth    int  // of commands inside commands
	unquoted bool // quotes have been removed: the ends of words are unknown
	maybe    bool // the text may mean something else: only known names count
}

type spent struct {
	room         bool // FreeSWITCH needs room for what is started
	found, bytes int
	burden       int64
}

func (g *Grants) check() check { return check{grants: g, spent: new(spent)} }

const (
	maxDepth = 32       // commands inside commands
	maxFound = 256      // commands and variables in one text
	maxText  = 64 << 10 // bytes of a text that holds any; FreeSWITCH needs far less
	maxBytes = 1 << 20  // bytes read for all that is found, each text once for each finding
)

// nested returns the check of a command or an application inside this one.
func (c check) nested(where string) (check, error) {
	if c.depth++; c.depth > maxDepth {
		return c, tooMuch("a command inside more than 32 others", where)
	}
	return c, nil
}

// count counts a finding in s.
func (c check) count(s string) error {
	c.spent.found++
	c.spent.bytes += len(s)
	if c.spent.found > maxFound || len(s) > maxText || c.spent.bytes > maxBytes {
		return tooMuch("a text with this much to expand or to set", "")
	}
	return nil
}

// text looks for what can occur anywhere in a text, at whatever depth of quotes, also
// where FreeSWITCH decodes the %XX of URLs in it (mod_dptools.c:record_session_function):
// variables that are executed later, a file that is the output of a program, ${...}.
// It returns the text with a sample for each ${...} that FreeSWITCH may fill later.
func (c check) text(s string) (string, error) {
	if err := c.programs(s); err != nil {
		return s, err
	}
	if !c.may("text later") {
		unknown := ""
		filled := syntax.ReplaceReferences(s, func(r syntax.Reference) string {
			word := sample(r)
			if word == "" && unknown == "" {
				unknown = r.Name
			}
			return cmp.Or(word, "${")
		})
		if strings.Contains(stripQuotes(filled), "${") {
			return s, c.unclear("later", fmt.Sprintf("FreeSWITCH would fill ${%s} later (session:getVariable gives the value of a variable now)", cmp.Or(unknown, "...")), s)
		}
		s = filled
	}
	bare := stripQuotes(s)
	c.unquoted = c.unquoted || bare != s
	if err := c.assignments(bare); err != nil {
		return s, err
	}
	if decoded := urlDecoded(bare); decoded != bare {
		c.maybe = true
		return s, c.assignments(decoded)
	}
	return s, nil
}

// programs looks for files that are the output of a program, and for words that end a
// shell's quotes. mod_shell_stream takes shell_stream://COMMAND, and any name that ends
// in .shell_stream. mod_tts_commandline puts the quoted text that it speaks into a shell
// command and then replaces ${voice} and ${file} in it by quoted texts.
func (c check) programs(s string) error {
	if decoded := urlDecoded(s); decoded != s {
		if err := c.programsIn(decoded); err != nil {
			return err
		}
	}
	return c.programsIn(s)
}

func (c check) programsIn(s string) error {
	bare := stripQuotes(s)
	if strings.Contains(bare, "${voice}") || strings.Contains(bare, "${file}") {
		return c.use("text", "shell-words", program, s)
	}
	lower := strings.ToLower(bare)
	if at := strings.Index(lower, shellStream[3:9]); at >= 0 { // most of a part is as good as the whole
		return c.use("file", shellStream, program, bare[max(0, at-3):])
	}
	if at := strings.Index(lower, "tone_stream:"); at >= 0 {
		if err := c.tones(bare[at:], s); err != nil {
			return err
		}
	}
	if strings.Contains(lower, "uuid:") {
		if err := c.longUUID(s, bare); err != nil {
			return err
		}
	}
	if strings.Contains(lower, "http") {
		for _, options := range httpOptions.FindAllString(bare, -1) {
			if !plainOptions.MatchString(options) {
				return c.use("file", "http-options", network, s)
			}
		}
	}
	return nil
}

const shellStream = "shell_stream"

// A file http://(name=value,...)host/path has options for the request, of which
// user_agent becomes lines of it as it is: with line breaks, what FreeSWITCH's event
// socket reads as commands (mod_httapi.c:fetch_cache_data).
var (
	httpOptions  = regexp.MustCompile(`(?i)https?:/*\([^)]*\)?`)
	plainOptions = regexp.MustCompile(`^[A-Za-z]+:/*\([A-Za-z0-9_=,./:;-]*\)$`)
)

// longUUID checks the "uuid:... " of bgapi, expand and eval, which FreeSWITCH copies into
// 80 bytes or fewer, however long it is (mod_commands.c:expand_function, bgapi_function).
func (c check) longUUID(s, bare string) error {
	long := func(word string) bool { return len(word) > 36+len("uuid:") }
	if withUUID.MatchString(bare) && slices.ContainsFunc(strings.Split(s, " "), long) {
		return tooMuch("a uuid: with more than 36 bytes, which crashes FreeSWITCH,", s)
	}
	return nil
}

var withUUID = regexp.MustCompile(`(?i)(bgapi|expand|eval)[^A-Za-z0-9_]*uuid:`)

// reading checks a variable whose value a script learns.
func (c check) reading(name, where string) error {
	if isSecret(name) {
		return c.permit(APICommand, "global_getvar", "password", where)
	}
	return nil
}

// isSecret reports whether a variable's name says that it holds a password, as
// default_password of FreeSWITCH's own vars.xml does.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "password") || strings.Contains(name, "passwd") || strings.Contains(name, "secret") || strings.Contains(name, "auth-pass") || strings.Contains(name, "a1-hash")
}

// assignments finds name=value anywhere, whatever brackets and delimiters are
// around it, and checks the variables that are executed. An index may follow the
// name, and anything may be in it: every name before a bracket counts until the
// next =. Of a variable that is executed because of how its name begins, the rest of
// the name may be anything, too (switch_channel.c:switch_channel_execute_on).
func (c check) assignments(s string) error {
	var indexed []int  // where the names before a "[" end, since the last "="
	var families []int // where the beginnings of such names end
	word := 0          // where the present name begins
	for i := 0; i < len(s); i++ {
		if !inName(s[i]) {
			if s[i] != '=' && familyOf(strings.ToLower(s[word:i])) != harmless {
				families = append(families, i)
			}
			word = i + 1
		}
		switch s[i] {
		case '[':
			indexed = append(indexed, i)
		case '=':
			end := len(strings.TrimRight(s[:i], " "))
			if err := c.assigned(s, end, i); err != nil {
				return err
			}
			if end > 0 && s[end-1] == ']' {
				for _, end := range indexed {
					if err := c.assigned(s, end, i); err != nil {
						return err
					}
				}
			}
			for _, end := range families {
				if err := c.assigned(s, end, i); err != nil {
					return err
				}
			}
			indexed, families = indexed[:0], families[:0]
		}
	}
	return nil
}

// assigned checks the variable whose name ends at an index, if it is executed; the
// "=" is at another one.
func (c check) assigned(s string, end, equals int) error {
	start := end
	for start > 0 && inName(s[start-1]) {
		start--
	}
	name, value := s[start:end], s[equals+1:]
	if len(name) < len("lrn") || !carries(name) { // no shorter name is one of them
		return nil
	}
	if c.unquoted && carrierOf(name) == quotedBySQL {
		return c.variableUse(name, injects, s[start:])
	}
	if isText(name) { // nothing in it is executed: only in a list of variables it is one
		if start > 0 && strings.IndexByte("{[<,:", s[start-1]) < 0 && !strings.Contains(s, "^^") {
			return nil
		}
		if !c.unquoted {
			value = value[:listEnd(value)]
		}
	}
	if err := c.count(s); err != nil {
		return err
	}
	if letterDelimiter(s) {
		return c.unclear("split-at-letter", "a list of variables is split at a letter", s)
	}
	return c.variable(name, value, s[start:])
}

// listEnd returns where a value in a list of variables ends, if no quotes are around it.
func listEnd(value string) int {
	if end := strings.IndexAny(value, ",|}]>"); end >= 0 {
		return end
	}
	return len(value)
}

// nameEnd returns the length of the name that a text begins with.
func nameEnd(s string) int {
	for i := 0; i < len(s); i++ {
		if !inName(s[i]) && s[i] != anything[0] {
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

// rule returns the rule for a kind.
func (g *Grants) rule(kind string) *Rule {
	if kind == APICommand {
		return &g.API
	}
	return &g.Apps
}

// permit checks one name against its rule.
func (c check) permit(kind, name, arg, where string) error {
	rule, names := c.grants.rule(kind), appTable
	if kind == APICommand {
		names = apiTable
	}
	if rule.everything() {
		return nil
	}
	name = strings.ToLower(strings.TrimSpace(name))
	first := ""
	if kind == APICommand {
		first = strings.ToLower(wordAt(strings.Fields(stripQuotes(arg)), 0))
	}
	if name == anything {
		return c.unclear("unknown-name", "only FreeSWITCH will know what is executed", where)
	}
	verdict := rule.judge(name, first)
	entry, why := names.need(name, first)
	switch {
	case verdict == granted, verdict == byDefault && why == "", c.maybe && why == unknown:
		c.starts(weights[kind][name])
		return c.channels(kind, name, arg, where)
	case verdict != byDefault:
		entry = name
	}
	return refused(kind, entry, where, why, rule)
}
