package guard_test

import (
	"testing"

	"github.com/eslua/eslua/host/script/vm/guard"
)

// TestTheCallStackGrowsInACallback makes the call stack grow, and so move, in functions that
// Go functions and metamethods call, which must return to them.
func TestTheCallStackGrowsInACallback(t *testing.T) {
	const depth = "local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end\n"
	for _, src := range []string{
		"return depth(5000)",
		"return select(2, pcall(depth, 5000))",
		"return tonumber((string.gsub('a', 'a', function() return depth(5000) end)))",
		"return setmetatable({}, {__index = function() return depth(5000) end}).x",
		"return coroutine.wrap(depth)(5000)",
		"local n = 0; table.sort({2, 1}, function(a, b) n = depth(5000) return a < b end); return n",
	} {
		b := newBench(guard.Limits{})
		if got, err := b.run(depth + src); got != "5000" || err != nil {
			t.Errorf("%s: %q, %v", src, got, err)
		}
	}
}

func TestAValueWhoseCallYields(t *testing.T) {
	for _, call := range []string{"local v = c(5) return v", "return c(5)"} {
		b := newBench(guard.Limits{})
		got, err := b.run(`local co = coroutine.wrap(function()
				local c = setmetatable({}, {__call = coroutine.yield})
				` + call + `
			end)
			return select(2, co()), co(7)`)
		if got != "5 7" || err != nil {
			t.Errorf("%s: %q, %v", call, got, err)
		}
	}
}

func TestSetCallersGlobalsNeedsACaller(t *testing.T) {
	b := newBench(guard.Limits{})
	if guard.SetCallersGlobals(b.L(), b.L().NewTable()) {
		t.Error("a state that runs nothing has a caller")
	}
}
