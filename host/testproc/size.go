package testproc

import "testing"

// Size returns how much a test does: all of it, what -short leaves of that, or what
// is enough for the race detector, which takes ten times as long and finds nothing
// more in a second program.
func Size(full, short, race int) int {
	if Race {
		return race
	}
	return Short(full, short)
}

// Short does what Size does for tests whose children are measured. Their files are built with !race: the
// detector's time and memory would hide those of what is tested.
func Short(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}
