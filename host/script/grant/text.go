package grant

import (
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// anything stands for a name or a text that only FreeSWITCH will know. It cannot come
// from a script, because NUL is never sent.
const anything = "\x00"

// sameChannel stands for ${uuid}: the channel on which FreeSWITCH fills a text.
const sameChannel = "00000000-0000-0000-0000-000000000000"

// plainTime matches a format of strftime that makes digits and dashes.
var plainTime = regexp.MustCompile(`^(%[YmdHMSjysF]|[0-9_.-])+$`)

// sample returns what stands for a ${...} that FreeSWITCH fills later, if its value is
// known to be one plain word that is no part of a name, and "" otherwise.
func sample(r syntax.Reference) string {
	switch name := strings.ToLower(r.Name); {
	case !r.Command && name == "uuid":
		return sameChannel
	case !r.Command && carrierOf(name) == namesDirectory: // no script can make it more
		return "0"
	case name == "create_uuid" && r.Command && r.Arg == "", name == "strftime" && plainTime.MatchString(r.Arg):
		return "0"
	}
	return ""
}

// oneTone matches the variables of FreeSWITCH's own vars.xml that hold a tone or music.
var oneTone = regexp.MustCompile(`(?i)^\$?\$\{([a-z]{2}-ring|hold_music|ringback|transfer_ringback)\}$`)

var oneVariable = regexp.MustCompile(`^\$\{[A-Za-z0-9_.:-]+\}$`)

// wordAt returns the word with an index, "" if there is none.
func wordAt(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// stripQuotes removes quotes and backslashes, as FreeSWITCH's splitters and its
// expansion do one after the other: the result contains what any number of them
// can make of the text. \s and the like become a blank.
func stripQuotes(s string) string {
	if !strings.ContainsAny(s, `'\`) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); i++ {
		run := i
		for i < len(s) && s[i] == '\\' {
			i++
		}
		switch {
		case i == len(s) || s[i] == '\'':
		case i > run && strings.IndexByte("snrt", s[i]) >= 0:
			out.WriteByte(' ')
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}
