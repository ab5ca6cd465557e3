// Package spell finds the word that somebody probably meant.
package spell

import "strings"

// Nearest returns the candidate that is spelt most like word, "" if none is
// similar. A part of a candidate between underscores counts as well, so that BUSSY
// finds USER_BUSY. Case does not matter.
func Nearest(word string, candidates []string) (nearest string) {
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

// distance returns how many letters must be inserted, removed or replaced to make
// b of a (Levenshtein's distance).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
