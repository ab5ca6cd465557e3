package main

import (
	"os"
	"strings"
	"syscall"
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

// A script under hooks/ is pinned and rolled back as a flow is, also when it is gone from the
// directory, and one that comes back while its last version still works runs again.
func TestHookScriptsArePinnedAndComeBack(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		says := func(version string) string {
			return `on("CUSTOM my::thing", function(e) print("` + version + `", e:getHeader("n")) if e:getHeader("n") == "slow" then freeswitch.msleep(59500) print("` + version + `", "done") end end)`
		}
		site := newJobSite(t, map[string]string{
			"hooks/seen": says("first"),
			"fire":       `local e = freeswitch.Event("CUSTOM", "my::thing") e:addHeader("n", argv[1]) e:fire()`,
		})
		s := site.serve("limits: {duration: 1h}\n")
		s.hears(t, "script is loaded")
		fire := func(n string) {
			t.Helper()
			if err := s.admin().Run(t.Context(), job.Order{Script: "fire", Args: []string{n}}, false); err != nil {
				t.Error(err)
			}
		}
		remove := func() {
			t.Helper()
			if err := os.Remove(site.dir + "/hooks/seen.lua"); err != nil {
				t.Fatal(err)
			}
		}
		heard := func(version, n string) {
			t.Helper()
			fire(n)
			if line := s.next(t, `\t`+n); !strings.Contains(line, version+`\t`+n) {
				t.Errorf("not %s handles %s: %s", version, n, line)
			}
		}
		write(t, site.dir, "hooks/seen.lua", says("second"))
		s.hears(t, "script is loaded")
		heard("second", "1")
		if _, err := s.admin().Rollback(t.Context(), "hooks/seen", ""); err != nil {
			t.Fatal(err)
		}
		s.hears(t, "script is loaded")
		heard("first", "2")
		write(t, site.dir, "hooks/seen.lua", says("third"))
		s.hears(t, "script is loaded")
		heard("third", "3")

		fire("slow")
		s.next(t, `third\tslow`)
		remove()
		s.hears(t, "a new generation serves")
		write(t, site.dir, "hooks/seen.lua", says("fourth"))
		s.hears(t, "a new generation serves")
		s.next(t, `third\tdone`)
		s.hears(t, "script is loaded")
		heard("fourth", "4")

		remove()
		s.hears(t, "a new generation serves")
		fire("5")
		if _, err := s.admin().Rollback(t.Context(), "hooks/seen", ""); err != nil {
			t.Fatal(err)
		}
		s.hears(t, "script is loaded")
		heard("fourth", "6")
		if code := s.end(); code != exitFine {
			t.Errorf("exit code %d", code)
		}
	})
}

// On SIGTERM the function that runs ends, what waits is handled, and no timer keeps eslua.
func TestSIGTERMWhileAHookRuns(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"hooks/slow": `every(3600, function() end)
on("CUSTOM my::thing", function(e) after(3600, function() end) print("begins", e:getHeader("n")) freeswitch.msleep(2000) print("ends", e:getHeader("n")) end)`,
			"fire": `for n = 1, 2 do local e = freeswitch.Event("CUSTOM", "my::thing") e:addHeader("n", n) e:fire() end`,
		})
		s := site.serve("")
		s.hears(t, "script is loaded")
		if err := s.admin().Run(t.Context(), job.Order{Script: "fire"}, false); err != nil {
			t.Error(err)
		}
		s.next(t, `begins\t1`)
		s.signals <- syscall.SIGTERM
		s.next(t, `ends\t1`)
		s.next(t, `ends\t2`)
		s.endsItself(t)
	})
}
