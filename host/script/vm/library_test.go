package vm_test

import (
	"testing"

	"github.com/eslua/eslua/host/script/vm"
)

// A library is filled when it is first looked at, by whatever means.
func TestLibrariesAreNeverSeenEmpty(t *testing.T) {
	for _, src := range []string{
		`assert(next(math))`,
		`assert(rawget(string, "len") and rawget(os, "none") == nil)`,
		`for k, v in next, coroutine do assert(v == coroutine[k]) return end error("empty")`,
		`for k, v in pairs(table) do assert(v == table[k]) return end error("empty")`,
		`assert(getmetatable(debug) == nil)`,
		`setmetatable(string, {__index = function(t, k) return function(s) return k .. s end end}) assert(("x"):shout() == "shoutx" and ("x"):len() == 1)`,
		`rawset(string, "len", function() return 5 end) assert(("x"):len() == 5 and ("x"):upper() == "X")`,
		`string.len = function() return 6 end assert(("x"):len() == 6 and ("x"):upper() == "X")`,
	} {
		s := machine(t).NewState(vm.StateOptions{})
		run(t, s, src)
		s.Close()
	}
}
