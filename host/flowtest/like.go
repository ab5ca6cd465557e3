package flowtest

import "strings"

// like reports whether a text fits a pattern, in which * stands for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

// rest stands in a list for any number of things.
const rest = "..."

// align compares what was seen with what is expected, and returns the first place in each
// at which they part; ok if they do not.
func align(want, seen []string, fits func(want, seen string) bool) (w, s int, ok bool) {
	farW, farS := 0, 0
	var match func(w, s int) bool
	tried := map[[2]int]bool{}
	match = func(w, s int) bool {
		if tried[[2]int{w, s}] {
			return false
		}
		tried[[2]int{w, s}] = true
		if w > farW || w == farW && s > farS {
			farW, farS = w, s
		}
		switch {
		case w == len(want):
			return s == len(seen)
		case want[w] == rest:
			return match(w+1, s) || s < len(seen) && match(w, s+1)
		}
		return s < len(seen) && fits(want[w], seen[s]) && match(w+1, s+1)
	}
	if match(0, 0) {
		return len(want), len(seen), true
	}
	return farW, farS, false
}
