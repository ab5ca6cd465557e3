package text

import (
	"regexp"
	"strconv"
	"strings"
)

// Expand replaces ${name}, $${name}, ${name:offset:length} and ${api(args)} as
// switch_channel.c:switch_channel_expand_variables_check does, and, when there is
// anything to replace, the escapes \\ \' \$. The byte after a replaced variable is
// copied unread, unless it is another "$".
func Expand(s string, lookup func(name string) string, api func(cmd, args string) string) string {
	if !expandable.MatchString(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		next := func(n int) byte {
			if i+n < len(s) {
				return s[i+n]
			}
			return 0
		}
		switch {
		case s[i] == '\\' && next(1) == '\'':
			i++
			continue
		case s[i] == '\\' && next(1) == '\\':
			i++
		case s[i] == '\\' && next(1) == '$':
			if i++; next(1) == '$' {
				i++
			}
		case s[i] == '$':
			if next(1) == '$' {
				i++
			}
			if next(1) != '{' {
				break
			}
			body := s[i+1:]
			if next(2) == '{' { // is not counted
				body = "{_" + body[2:]
			}
			end := closing(body, '{', '}')
			if end < 0 {
				return out.String()
			}
			out.WriteString(expandOne(s[i+2:i+1+end], lookup, api))
			if i += end + 2; i >= len(s) {
				return out.String()
			}
			if s[i] == '$' {
				i--
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// expandable matches what FreeSWITCH looks for before it replaces anything
// (switch_utils.h:switch_string_var_check_const, switch_string_has_escaped_data).
var expandable = regexp.MustCompile(`\$\\*\{|\\[\\nst']`)

// expandOne returns what replaces ${inner}: with a blank or a parenthesis it is a
// command, which the ")" that closes it ends.
func expandOne(inner string, lookup func(string) string, api func(cmd, args string) string) string {
	if cut := strings.IndexAny(inner, " ("); cut >= 0 {
		cmd, args := Expand(inner[:cut], lookup, api), inner[cut+1:]
		depth := strings.Count(inner[cut:cut+1], "(")
	ending:
		for i := range len(args) {
			switch {
			case args[i] == '(':
				depth++
			case args[i] == ')' && depth == 1:
				args = args[:i]
				break ending
			case args[i] == ')' && depth > 1:
				depth--
			}
		}
		if args = Expand(args, lookup, api); cmd == "" {
			return ""
		}
		return api(cmd, args)
	}
	inner = Expand(inner, lookup, api)
	name, slice, sliced := strings.Cut(inner, ":")
	value := lookup(name)
	if !sliced {
		return value
	}
	return substring(value, slice)
}

// substring returns the value of ${name:offset:length}; a negative offset counts from the end.
func substring(value, slice string) string {
	from, count, limited := strings.Cut(slice, ":")
	offset, length := Number(from), Number(count)
	if offset < 0 {
		offset = max(len(value)+offset, 0)
	}
	value = value[min(offset, len(value)):]
	if limited && length > 0 && length < len(value) {
		value = value[:length]
	}
	return value
}

// Number returns the number at the beginning of s, or 0, as atoi does.
func Number(s string) int {
	s = strings.TrimLeft(s, " \t")
	sign, n := 1, 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9' && n < 1<<40; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return sign * n
}

// True reports whether s means yes (switch_true).
func True(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	n, err := strconv.Atoi(s)
	return err == nil && n != 0
}
