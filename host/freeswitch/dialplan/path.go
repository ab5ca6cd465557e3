package dialplan

import (
	"fmt"
	"net"
	"regexp/syntax"
	"strings"
)

// encoded writes text as one part of the socket application's path. FreeSWITCH cuts
// that application's data at blanks, bars, colons and slashes, interprets quotes and
// dollars, and sends us the data in an encoding of the same kind that leaves %20
// unchanged (switch_utils.c:switch_url_encode_opt: a % before two
// upper-case hexadecimal digits), so that %20 would arrive as a blank: a lower-case
// letter protects %2f from that, and a second encoding a code without letters.
func encoded(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch hex := fmt.Sprintf("%02x", c); {
		case c == '-' && i > 0 && text[i-1] == '-': // would end an XML comment
			b.WriteString("%2d")
		case isSafe(rune(c)):
			b.WriteByte(c)
		case strings.ContainsAny(hex, "abcdef"):
			b.WriteString("%" + hex)
		default:
			b.WriteString("%25" + hex)
		}
	}
	return b.String()
}

// isSafe reports whether a character has no meaning to FreeSWITCH and in a path.
func isSafe(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-._~*+", r)
}

// encodedArgument writes an argument of a route, whose $1 to $9 FreeSWITCH replaces.
func encodedArgument(arg string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(arg, "$")
		b.WriteString(encoded(before))
		switch {
		case !found:
			return b.String()
		case after != "" && after[0] >= '0' && after[0] <= '9':
			if arg = after[1:]; arg != "" && arg[0] >= '0' && arg[0] <= '9' {
				b.WriteString("${" + after[:1] + "}") // FreeSWITCH would read all the digits
			} else {
				b.WriteString("$" + after[:1])
			}
		default:
			b.WriteString(encoded("$"))
			arg = after
		}
	}
}

// groupsUsed returns the numbers of the groups that arguments name.
func groupsUsed(args []string) (used []int) {
	for _, a := range args {
		for i := 0; i+1 < len(a); i++ {
			if a[i] == '$' && a[i+1] >= '0' && a[i+1] <= '9' {
				used = append(used, int(a[i+1]-'0'))
			}
		}
	}
	return used
}

// safeGroup reports whether group n of a pattern can only match characters that
// need no encoding: FreeSWITCH puts it into the path unchanged. A group the
// pattern does not have is empty.
func safeGroup(pattern string, n int) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}
	if n == 0 {
		return matchesOnlySafe(re)
	}
	group := find(re, n)
	return group == nil || matchesOnlySafe(group)
}

func find(re *syntax.Regexp, n int) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Cap == n {
		return re
	}
	for _, sub := range re.Sub {
		if found := find(sub, n); found != nil {
			return found
		}
	}
	return nil
}

func matchesOnlySafe(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if !isSafe(r) {
				return false
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if !isSafe(r) {
					return false
				}
			}
		}
	}
	for _, sub := range re.Sub {
		if !matchesOnlySafe(sub) {
			return false
		}
	}
	return true
}

// hostOf writes an address as the socket application reads it, which splits at the
// last colon and takes no brackets: ::1:8084. A host that listens on every
// address is dialled on FreeSWITCH's own machine.
func hostOf(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if isUnspecified(host) {
		host = "127.0.0.1"
	}
	return host + ":" + port
}

func isUnspecified(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}
