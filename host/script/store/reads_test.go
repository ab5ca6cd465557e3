package store

import "testing"

// What a flow reads with io decides how it behaves, and shows only as it runs.
func TestAVersionIsOfTheFilesThatAFlowMayRead(t *testing.T) {
	before := taken(t, "reads.lua", "return io.open('list.txt')", "plain.lua", "return 1", "list.txt", "1000")
	after := taken(t, "reads.lua", "return io.open('list.txt')", "plain.lua", "return 1", "list.txt", "1001")
	if before.Version("reads") == after.Version("reads") || before.Version("plain") != after.Version("plain") {
		t.Error(before.Flows(), after.Flows())
	}
}
