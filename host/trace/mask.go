package trace

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/operate/config"
)

// masked stands for what is not kept.
const masked = "<masked>"

// alwaysMasked names what no trace holds, with _ for - and . too.
var alwaysMasked = []string{
	"pin", "pin_*", "*_pin", "*_pin_*", "*password*", "*passwd*", "*secret*", "*token*",
	"card*", "*_card*", "*cvv*", "*cvc*", "*api_key*", "*apikey*", "*authorization*", "cookie", "set_cookie",
}

// rules say what is masked.
type rules struct {
	digits bool
	names  []string

	known sync.Map // what hides has returned, by name
	count atomic.Int32
}

// mostKnown bounds the names whose answer is remembered: scripts make them up.
const mostKnown = 1000

func newRules(cfg config.Trace) *rules {
	r := &rules{digits: cfg.Digits.Masked(), names: alwaysMasked}
	for _, name := range cfg.Mask {
		r.names = append(r.names[:len(r.names):len(r.names)], canonical(name))
	}
	if r.digits {
		r.names = append(r.names[:len(r.names):len(r.names)], "dtmf_digit")
	}
	return r
}

// A Mask hides what no trace shows.
type Mask struct{ *rules }

// NewMask returns the mask of a configuration.
func NewMask(cfg config.Trace) Mask { return Mask{newRules(cfg)} }

// Digits reports whether the keys that callers press are hidden.
func (m Mask) Digits() bool { return m.digits }

// Hides reports whether the value of a name is hidden.
func (m Mask) Hides(name string) bool { return m.hides(name) }

// Text returns a text in which the values of hidden names are masked.
func (m Mask) Text(s string) string { return m.text(s, "") }

// Masked stands for what is hidden.
const Masked = masked

var separators = strings.NewReplacer("-", "_", ".", "_")

func canonical(name string) string { return separators.Replace(strings.ToLower(name)) }

// hides reports whether the value of a name is masked.
func (r *rules) hides(name string) bool {
	if name == "" || len(name) > 60 {
		return false
	}
	if hidden, ok := r.known.Load(name); ok {
		return hidden.(bool)
	}
	hidden := r.matches(name)
	if r.count.Add(1) <= mostKnown {
		r.known.Store(strings.Clone(name), hidden)
	}
	return hidden
}

func (r *rules) matches(name string) bool {
	name = strings.TrimPrefix(canonical(name), "variable_")
	for _, pattern := range r.names {
		if glob(pattern, name) {
			return true
		}
	}
	return false
}

// glob reports whether a pattern whose * stand for any text matches a name.
func glob(pattern, name string) bool {
	first, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for ok && rest != "" {
		var part string
		part, rest, starred = strings.Cut(rest, "*")
		if !starred {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return ok
}

// text returns a text with its secrets masked: the values of NAME=VALUE and of "NAME: VALUE",
// the password in a URL, and three or more digits that the caller has pressed one after the
// other.
func (r *rules) text(s, typed string) string {
	if strings.ContainsAny(s, "=:") {
		s = r.assignments(s)
	}
	if rest, ok := strings.CutPrefix(s, "uuid_setvar "); ok {
		s = r.setvar(s, rest)
	}
	if len(typed) >= leastTyped {
		s = maskTyped(s, typed)
	}
	return s
}

// head returns the begin of a text, with its secrets masked, of which one may be cut: the
// password in a URL.
func (r *rules) head(s string, most int, typed string) string {
	return strings.TrimSuffix(r.text(s[:most]+"@", typed), "@")
}

// setvar masks the value in "uuid_setvar UUID NAME VALUE".
func (r *rules) setvar(line, rest string) string {
	words := strings.SplitN(rest, " ", 3)
	if len(words) < 3 || !r.hides(words[1]) {
		return line
	}
	return line[:len(line)-len(words[2])] + masked
}

// assignments masks the values of names that are hidden.
func (r *rules) assignments(s string) string {
	var out strings.Builder
	from := 0
	for i := 0; i < len(s); i++ {
		var end int
		switch {
		case s[i] == '=' && r.hides(nameBefore(s[from:i])):
			end = i + 1 + length(s[i+1:], ",;&}]\"'\r\n")
		case s[i] == ':' && strings.HasPrefix(s[i:], "://"):
			user, _, ok := strings.Cut(s[i+3:], "@")
			name, password, both := strings.Cut(user, ":")
			if !ok || !both || strings.ContainsAny(user, "/ ") {
				continue
			}
			end = i + 3 + len(name) + 1 + len(password)
			i += 3 + len(name)
		case s[i] == ':' && strings.HasSuffix(s[from:i], ".lua"): // pin.lua:12, where something failed
			continue
		case s[i] == ':' && r.hides(nameBefore(s[from:i])):
			end = i + 1 + length(s[i+1:], ",}\r\n")
		default:
			continue
		}
		out.WriteString(s[from : i+1])
		out.WriteString(masked)
		from, i = end, end-1
	}
	if from == 0 {
		return s
	}
	return out.String() + s[from:]
}

// nameBefore returns the name at the end of a text, which may be in quotes.
func nameBefore(s string) string {
	s = strings.TrimRight(s, " \"'")
	at := len(s)
	for at > 0 && isName(s[at-1]) {
		at--
	}
	return s[at:]
}

func isName(c byte) bool {
	return c == '_' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func length(s, end string) int {
	if i := strings.IndexAny(s, end); i >= 0 {
		return i
	}
	return len(s)
}

// leastTyped bounds the texts worth hiding: fewer digits are in every text.
const leastTyped = 3

// mostTyped bounds the digits that are remembered.
const mostTyped = 40

// maskTyped masks what the caller has typed where it appears in a text, also with a blank, a
// dash or a comma between digits, as in what is read out.
func maskTyped(s, typed string) string {
	var out strings.Builder
	from := 0
	for i := 0; i+leastTyped <= len(s); i++ {
		digits, end := 0, i
		var found [mostTyped]byte
		for at := i; at < len(s) && digits < mostTyped; at++ {
			if at > i && strings.IndexByte(" -,", s[at]) >= 0 && end == at && at+1 < len(s) && isDigit(s[at+1]) {
				continue
			}
			found[digits] = s[at]
			if !isDigit(s[at]) || !strings.Contains(typed, string(found[:digits+1])) {
				break
			}
			digits, end = digits+1, at+1
		}
		if digits < leastTyped {
			continue
		}
		out.WriteString(s[from:i])
		out.WriteString(masked)
		from, i = end, end-1
	}
	if from == 0 {
		return s
	}
	return out.String() + s[from:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' || c == '*' || c == '#' }
