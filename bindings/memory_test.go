package bindings_test

import (
	"strings"
	"testing"
)

// The text of an event lies outside Lua and counts as the script's memory.
func TestEventsCountAsTheScriptsMemory(t *testing.T) {
	h := open(t, ``)
	const fill = `
		local kept = {}
		for i = 1, 2000 do
			local e = freeswitch.Event("CUSTOM", "a::b")
			e:addBody(i .. ("x"):rep(32768))
			kept[KEY] = e
		end
		finished = true`
	_, o := h.runScript(strings.ReplaceAll(fill, "KEY", "i"))
	if o.err == nil || !strings.Contains(o.err.Error(), "memory limit of 16 MiB reached") {
		t.Errorf("64 MiB of events are kept: %v", o.err)
	}
	_, o = h.runScript(strings.ReplaceAll(fill, "KEY", "1"))
	if o.err != nil {
		t.Errorf("events that are let go stop the script: %v", o.err)
	}
	o.want(t, "finished", "true")
}
