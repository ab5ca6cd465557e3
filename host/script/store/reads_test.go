package store

import "testing"

// A flow may behave as the files say that it reads with io, and its text does not
// show which.
func TestAVersionIsOfTheFilesThatAFlowMayRead(t *testing.T) {
	before := generationOf(t, "reads.lua", "return io.open('list.txt')", "plain.lua", "return 1", "list.txt", "1000")
	after := generationOf(t, "reads.lua", "return io.open('list.txt')", "plain.lua", "return 1", "list.txt", "1001")
	if before.Version("reads") == after.Version("reads") || before.Version("plain") != after.Version("plain") {
		t.Error(before.Flows(), after.Flows())
	}
}
