package run

import (
	"fmt"
	"testing"
	"time"
)

// A version on which a call still runs is accounted for, however many come after
// it; one on which none does is forgotten.
func TestVersionsThatRunAreKept(t *testing.T) {
	rs := newRuns()
	long := rs.begin(RunningCall{UUID: "long", Flow: "a", Version: "first"})
	for i := range 3 * versionsKept {
		rs.end(rs.begin(RunningCall{Flow: "a", Version: fmt.Sprint(i)}), false, nil, time.Time{})
	}
	versions := rs.counts()[0].Versions
	if last := versions[len(versions)-1]; len(versions) != versionsKept+1 || last.Version != "first" || last.Started != 1 || last.Ended != 0 {
		t.Fatalf("kept are %+v", versions)
	}
	rs.end(long, false, nil, time.Time{})
	if versions = rs.counts()[0].Versions; len(versions) != versionsKept {
		t.Errorf("when it has ended, kept are %+v", versions)
	}
}
