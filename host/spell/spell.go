// Package spell finds the word that somebody probably meant.
package spell

import "strings"

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

// distance returns how many letters must be inserted, removed, replaced or swapped
// with the next one to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			d := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, rows[i-1][j], rows[i][j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, 1+rows[i-2][j-2])
				}
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
