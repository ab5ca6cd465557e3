package call_test

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/script/vm"
)

// TestCallerGoneWhileTheFlowComputes: a flow learns of the hangup while it computes.
// It has time to finish and to clean up, but does not compute on and on; and no
// version is to blame for a caller who hung up.
func TestCallerGoneWhileTheFlowComputes(t *testing.T) {
	for name, c := range map[string]struct {
		source, config string
		limit          string // "" if the flow ends by itself
		logged         string
	}{
		"computes on":             {source: "while true do end", limit: "a.lua:2: after_hangup limit of 100ms"},
		"in pcall":                {source: "while true do pcall(function() while true do end end) end", limit: "after_hangup limit"},
		"between waits":           {source: "while true do for i = 1, 1e5 do end freeswitch.msleep(1) end", limit: "after_hangup limit"},
		"cleans up":               {source: "while session:ready() do end for i = 1, 1e5 do end print('cleaned up')", logged: "cleaned up"},
		"has a hook":              {source: "function gone() for i = 1, 2e6 do end print('the hook ran') end session:setHangupHook('gone') while session:ready() do end", config: "limits: {after_hangup: 10ms}", logged: "the hook ran"},
		"has a hook and loops":    {source: "function gone() end session:setHangupHook('gone') while true do end", limit: "a.lua:2: burst limit of 1s"},
		"is allowed more":         {source: "while session:ready() do end for i = 1, 2e7 do end print('done')", config: "flows: {a: {limits: {after_hangup: 20s, burst: 20s}}}", logged: "done"},
		"waits after the hangup":  {source: "while session:ready() do end freeswitch.msleep(300) print('waited')", logged: "waited"},
		"hangs up itself, and on": {source: "session:hangup() while true do end", limit: "after_hangup limit"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, map[string]string{"a.lua": "session:answer()\n" + c.source}, c.config)
			killed, last := make(chan struct{}), "Session:answer" // of the calls before the script computes
			if strings.Contains(c.source, "setHangupHook") {
				last = "Session:setHangupHook"
			}
			h.traced = func(call *outbound.Call, tr vm.Trace) {
				if tr.Name == last {
					go func() { defer close(killed); h.sim.API("uuid_kill " + call.UUID()) }()
				}
			}
			h.call("a", "")
			<-killed
			n := h.account.Counts()
			blamed := strings.HasPrefix(c.limit, "a.lua:2: burst")
			if len(n) != 1 || n[0].Ended != 1 || (n[0].Failed == 1) != blamed {
				t.Errorf("counted %+v", n)
			}
			if log := h.log.String(); !strings.Contains(log, c.limit) || c.limit == "" && strings.Contains(log, "limit of") || !strings.Contains(log, c.logged) {
				t.Errorf("the log lacks %q or %q:\n%s", c.limit, c.logged, log)
			}
		})
	}
}
