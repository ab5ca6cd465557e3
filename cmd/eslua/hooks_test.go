package main

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/testproc"
)

// A script under hooks/ keeps its state between events, gets those that it wants, is loaded
// again when it is saved, and serves no call.
func TestHookScripts(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"hooks/seen": `local n = 0
on("CHANNEL_HANGUP_COMPLETE", {["Hangup-Cause"] = {"USER_BUSY", "normal_clearing"}, ["Call-Direction"] = "inbound"}, function(event, node)
	n = n + 1
	local api = freeswitch.API()
	print("hung up", n, node, event:getType(), event:getHeader("Caller-Destination-Number"), event:fire(),
		pcall(api.executeString, api, "uuid_kill " .. event:getHeader("Unique-ID")), (pcall(api.executeString, api, "uuid_kill 4711")))
end)
on("CHANNEL_HANGUP_COMPLETE", {["Hangup-Cause"] = "USER_BUSY"}, function() print("wrong") end)
on("CUSTOM my::thing", function(e) print("mine", e:getHeader("n"), e:getBody()) if e:getHeader("n") == "3" then error("three") end end)
on("eslua::node_connected", function(e, node) print("connected", node, e:getHeader("Node")) end)`,
			"fire": `local e = freeswitch.Event("CUSTOM", argv[1]) e:addHeader("n", argv[2]) e:fire()`,
		})
		s := site.serve("")
		s.next(t, `connected\tfs`)
		write(t, site.dir, "hooks/late.lua", `on("eslua::node_connected", function(e, node) print("late", node, e:getHeader("Core-UUID") ~= nil) end)`)
		s.next(t, `late\tfs\ttrue`)
		site.call()
		if line := s.next(t, "hung up"); !strings.Contains(line, `hung up\t1\tfs\tCHANNEL_HANGUP_COMPLETE\tcall\tfalse\ttrue`) || !strings.Contains(line, `hook=hooks/seen`) {
			t.Errorf("the hook said %s", line)
		}
		site.call()
		s.next(t, `hung up\t2\tfs`)
		fire := func(subclass, n string) {
			if err := s.admin().Run(t.Context(), job.Order{Script: "fire", Args: []string{subclass, n}}, false); err != nil {
				t.Error(err)
			}
		}
		fire("my::other", "1")
		fire("my::thing", "2")
		fire("my::thing", "3")
		fire("my::thing", "4")
		if seen := s.next(t, `mine\t2`) + s.next(t, `mine\t3`) + s.next(t, "a hook failed") + s.next(t, `mine\t4`); !strings.Contains(seen, "hooks/seen.lua:9: three") || strings.Contains(seen, "wrong") {
			t.Errorf("the log has %s", seen)
		}
		write(t, site.dir, "hooks/seen.lua", `on("CUSTOM my::other", function(e) print("other", e:getHeader("n")) end)`)
		s.next(t, "script is loaded")
		fire("my::thing", "5")
		fire("my::other", "6")
		if line := s.next(t, `other`); !strings.Contains(line, `other\t6`) {
			t.Errorf("after the change the hook said %s", line)
		}
		write(t, site.dir, "hooks/seen.lua", `on("CHANEL_ANSWER", function() end)`)
		s.next(t, "did you mean CHANNEL_ANSWER?")
		fire("my::other", "7")
		s.next(t, `other\t7`)
		if code := s.end(); code != exitFine {
			t.Errorf("exit code %d", code)
		}
	})
}
