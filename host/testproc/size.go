package testproc

import "testing"

// Size returns how much a test does: all of it, what -short leaves of that, or what
// is enough for the race detector, which takes ten times as long and finds nothing
// more in a second program, or in a child that runs without it.
func Size(full, short, race int) int {
	switch {
	case Race:
		return race
	case testing.Short():
		return short
	}
	return full
}
