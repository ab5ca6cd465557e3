// Package spell finds the word that somebody probably meant.
package spell

import (
	"slices"
	"strings"
)

// longest is the length of the longest word that is compared: a script may ask
// with megabytes.
const longest = 64

// Nearest returns the candidate that is spelt most like word, "" if none is
// similar. A part of a candidate between underscores counts as well, so that BUSSY
// finds USER_BUSY. Case does not matter.
func Nearest(word string, candidates []string) (nearest string) {
	if len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best := len(word)/3 + 1
	for _, c := range candidates {
		lower := strings.ToLower(c)
		for _, part := range append([]string{lower}, strings.Split(lower, "_")...) {
			if d := distance(word, part); d < best {
				nearest, best = c, d
			}
		}
	}
	return nearest
}

// Typo returns the known name that a mistyped one was meant to be, "" if there is
// none. It differs in case only, or by one typing error, or by two in a long name;
// names of one or two letters are all alike. The name may be known itself: then
// something has taken it away, and it is not what was meant.
func Typo(name string, known []string) (meant string) {
	if len(name) > longest || slices.Contains(known, name) {
		return ""
	}
	best := 1 + min(2, max(1, len(name)/5))
	if len(name) < 3 {
		best = 1
	}
	for _, k := range slices.Sorted(slices.Values(known)) {
		if strings.EqualFold(k, name) {
			return k
		}
		if d := distance(name, k); d < best {
			meant, best = k, d
		}
	}
	return meant
}

// distance returns how many letters must be inserted, removed, replaced or swapped
// with the next one to make b of a. Words too long to be typed by hand are far from
// all others.
func distance(a, b string) int {
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
