package guard_test

import (
	"testing"

	"github.com/eslua/eslua/host/script/vm/guard"
)

// TestCensusFollowsUpvalues counts a variable that only a closure can still reach: its
// value is in the registers of a coroutine that nothing else refers to.
func TestCensusFollowsUpvalues(t *testing.T) {
	b := newBench(guard.Limits{})
	before := b.Census()
	if _, err := b.run(`get = coroutine.wrap(function()
		local big = string.rep("x", 2^20)
		coroutine.yield(function() return big end)
	end)()`); err != nil {
		t.Fatal(err)
	}
	if held := b.Census() - before; held < 1<<20 {
		t.Errorf("%d bytes are held, want 1 MiB", held)
	}
	if _, err := b.run("get = nil"); err != nil {
		t.Fatal(err)
	}
	if held := b.Census() - before; held > 1<<19 {
		t.Errorf("%d bytes are held after the closure has gone", held)
	}
}
