package switchsim

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// regexAPI runs "text|pattern[|replacement[|n or b]]", or "m:~text~pattern..."
// (mod_commands.c:regex_function).
func regexAPI(_ *Switch, args string, _ *channel) string {
	delim := byte('|')
	if len(args) > 3 && strings.HasPrefix(args, "m:") && strings.IndexByte("|~/", args[2]) >= 0 {
		delim, args = args[2], args[3:]
	}
	argv := text.Split(args, delim, 4)
	if len(argv) < 2 {
		return "-ERR"
	}
	groups := match(argv[1], argv[0])
	switch flags := nth(argv, 3); {
	case len(argv) == 2:
		return strconv.FormatBool(groups != nil)
	case groups != nil:
		return fillGroups(strings.ReplaceAll(argv[2], "%", "$"), groups)
	case strings.Contains(flags, "n"):
		return ""
	case strings.Contains(flags, "b"):
		return "false"
	}
	return argv[0]
}

// matches reports whether the pattern matches somewhere in the digits.
func matches(pattern, digits string) bool { return match(pattern, digits) != nil }

// match returns what a pattern and its groups match in a text, or nil
// (switch_regex.c:switch_regex_perform).
func match(pattern, text string) []string {
	if rest, ok := strings.CutPrefix(pattern, "/"); ok {
		end := strings.LastIndexByte(rest, '/')
		if end < 0 {
			return nil
		}
		pattern = rest[:end]
		for _, option := range []string{"i", "s"} {
			if strings.Contains(rest[end:], option) {
				pattern = "(?" + option + ")" + pattern
			}
		}
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return re.FindStringSubmatch(text)
}

var groupReference = regexp.MustCompile(`\$(\d+|\{\d+\})`)

// fillGroups replaces $1 and ${1} (switch_regex.c:switch_perform_substitution).
func fillGroups(text string, groups []string) string {
	return groupReference.ReplaceAllStringFunc(text, func(ref string) string {
		n, _ := strconv.Atoi(strings.Trim(ref, "${}"))
		return nth(groups, n)
	})
}
