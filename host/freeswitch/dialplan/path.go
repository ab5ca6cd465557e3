package dialplan

import (
	"net"
	regexpsyntax "regexp/syntax"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// encodedArgument writes an argument of a route, whose $1 to $9 FreeSWITCH replaces.
func encodedArgument(arg string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(arg, "$")
		b.WriteString(syntax.PathElement(before))
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
			b.WriteString(syntax.PathElement("$"))
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
	re, err := regexpsyntax.Parse(pattern, regexpsyntax.Perl)
	if err != nil {
		return false
	}
	if n == 0 {
		return matchesOnlySafe(re)
	}
	group := find(re, n)
	return group == nil || matchesOnlySafe(group)
}

func find(re *regexpsyntax.Regexp, n int) *regexpsyntax.Regexp {
	if re.Op == regexpsyntax.OpCapture && re.Cap == n {
		return re
	}
	for _, sub := range re.Sub {
		if found := find(sub, n); found != nil {
			return found
		}
	}
	return nil
}

func matchesOnlySafe(re *regexpsyntax.Regexp) bool {
	switch re.Op {
	case regexpsyntax.OpAnyChar, regexpsyntax.OpAnyCharNotNL:
		return false
	case regexpsyntax.OpLiteral:
		for _, r := range re.Rune {
			if !syntax.IsPlain(r) {
				return false
			}
		}
	case regexpsyntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if !syntax.IsPlain(r) {
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
