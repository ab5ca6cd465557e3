package durable

import "time"

// firstPause is how long a thing rests that has failed; after each further failure in a
// row twice as long, at most LongestPause.
const (
	firstPause   = 5 * time.Second
	LongestPause = 10 * time.Minute
)

// Backoff returns how long to rest after n failures, 10 % less or more; random is from 0
// to 1.
func Backoff(n int, random float64) time.Duration {
	pause := min(firstPause<<min(max(n-1, 0), 20), LongestPause)
	return time.Duration(float64(pause) * (0.9 + 0.2*random))
}
