//go:build !race

package vm_test

import (
	"strconv"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// A flow that drops what it made is never stopped: gibibytes pass through
// sixteen mebibytes. Most are long strings, which are the fastest garbage Lua
// can make; every other kind of value is among them.
func TestGarbageIsNotHeld(t *testing.T) {
	t.Parallel()
	mebibytes := testproc.Short(1536, 512) // a child has 1024
	o := runChild(t, unhurried, `
		local kept = {} for i = 1, 2000 do kept[i] = {i, name = "call " .. i} end -- what lives through it all
		for i = 1, 100 do
			local s = ("x"):rep(1e6) .. i
			local t = {} for j = 1, 2000 do t[j] = {j, s} end
			for j = 1, #t do local c = function() return t[j], s end c() end
			coroutine.wrap(function() local u = s .. "y" coroutine.yield(u) end)()
		end
		local bytes, long = 0, 8 * 2^20
		while bytes < `+strconv.Itoa(mebibytes)+` * 2^20 do
			local s = ("x"):rep(long)
			bytes = bytes + #s
		end
		assert(#kept == 2000 and kept[2000].name == "call 2000")
		print("done")`)
	if o.exit != exitDone || o.out != "done\n" {
		t.Errorf("exit %d, %q %q", o.exit, o.out, o.err)
	}
	if o.resident > 256<<20 { // how late the collector comes depends on who else uses the machine
		t.Errorf("had %d MiB resident", o.resident>>20)
	}
	t.Logf("%v %d MiB", o.took, o.resident>>20)
}
