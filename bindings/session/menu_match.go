package session

import (
	"slices"
	"strconv"
	"strings"
)

// match reports whether digits match the regular expression of a binding, and returns its
// argument with the groups in their places. FreeSWITCH matches, because Go's regular
// expressions are not its. It is asked for the groups and not for the argument, in which it
// would replace each %.
func (r menuRun) match(b binding, digits string) (arg string, ok bool) {
	wanted := groups(b.arg)
	ask := "~yes"
	for _, n := range wanted {
		ask += ",$" + strconv.Itoa(n)
	}
	r.a.ChargeCPU(100 + 4*len(b.keys) + 4*len(b.arg))
	found := strings.Split(r.regex(r.a, digits, b.keys, ask+"~b"), ",") // a group holds digits only
	if found[0] != "yes" || len(found) != 1+len(wanted) {
		return "", false
	}
	return substitute(b.arg, func(n int) string { return found[1+slices.Index(wanted, n)] }), true
}

// groups returns the numbers of the groups that a text refers to.
func groups(text string) (list []int) {
	substitute(text, func(n int) string {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
		return ""
	})
	return list
}

// longestSubstituted is the buffer of switch_ivr_menu.c, without its end.
const longestSubstituted = 1023

// substitute replaces $1 and ${1} (switch_regex.c:switch_perform_substitution).
func substitute(text string, group func(n int) string) string {
	var b strings.Builder
	for i := 0; i < len(text) && b.Len() < longestSubstituted; {
		n, end := reference(text[i:])
		if end == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		i += end
		b.WriteString(group(n))
	}
	return b.String()[:min(b.Len(), longestSubstituted)]
}

// reference returns the number that a text begins with as $1 or ${1}, and where that ends;
// 0 if there is none.
func reference(text string) (n, end int) {
	if text[0] != '$' {
		return 0, 0
	}
	begin := 1
	braced := strings.HasPrefix(text, "${")
	if braced {
		begin = 2
	}
	end = begin
	for end < len(text) && end < begin+9 && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end == begin {
		return 0, 0
	}
	n, _ = strconv.Atoi(text[begin:end])
	if braced {
		if end == len(text) || text[end] != '}' {
			return 0, 0
		}
		end++
	}
	return n, end
}
