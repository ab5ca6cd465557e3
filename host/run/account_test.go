package run

import (
	"fmt"
	"testing"
	"time"
)

// A version that a call still runs is counted, however many come after it; others
// are forgotten.
func TestVersionsThatRunAreKept(t *testing.T) {
	account := NewAccount()
	long := account.begin(&Run{Flow: "a", Version: "first"}, time.Time{})
	for i := range 3 * maxVersions {
		account.begin(&Run{Flow: "a", Version: fmt.Sprint(i)}, time.Time{}).end(false, nil, time.Time{})
	}
	versions := account.Counts()[0].Versions
	if last := versions[len(versions)-1]; len(versions) != maxVersions+1 || last.Version != "first" || last.Started != 1 || last.Ended != 0 {
		t.Fatalf("kept are %+v", versions)
	}
	long.end(false, nil, time.Time{})
	if versions = account.Counts()[0].Versions; len(versions) != maxVersions {
		t.Errorf("when it has ended, kept are %+v", versions)
	}
}
