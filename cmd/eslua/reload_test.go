package main

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// TestSIGHUP changes the settings that may change, changes nothing when the file is
// wrong, and names the settings that take a restart.
func TestSIGHUP(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		site.write("scripts/other.lua", `session:hangup("USER_BUSY")`)
		run := site.serving("default_flow: other\n")
		hup := func(yaml string) {
			site.write("eslua.yaml", yaml)
			run.signals <- syscall.SIGHUP
		}
		site.ends(site.call("unnamed"), "USER_BUSY")

		hup("default_flow: call\nlog: {level: debug}\ndrain: 5m\n")
		line := run.next(t, "configuration reloaded")
		for _, setting := range []string{"default_flow", "log.level", "drain"} {
			if !strings.Contains(line, setting) {
				t.Errorf("the log does not say that %s changed: %s", setting, line)
			}
		}
		run.next(t, "scripts reloaded")
		site.rejected(site.call("unnamed"))
		run.next(t, "level=DEBUG")

		hup("default_flow: other\nlissten: 127.0.0.1:1\n")
		if line := run.next(t, "the configuration has an error"); !strings.Contains(line, `eslua.yaml:2: unknown setting`) {
			t.Errorf("the log does not say what is wrong: %s", line)
		}
		site.rejected(site.call("unnamed"))
		if st, err := run.admin().Status(t.Context(), false); err != nil || !strings.Contains(st.Config.Problem, "eslua.yaml:2") {
			t.Errorf("the status says %+v, %v", st.Config, err)
		}

		hup("default_flow: other\nlisten: 127.0.0.1:1\nhistory: 7\nnodes: [{address: \"127.0.0.1:1\", password: x}]\ncalls: {max: 3}\nlog: {format: json}\n")
		line = run.next(t, "need a restart")
		for _, setting := range []string{"history", "nodes", "calls.max", "log.format"} {
			if !strings.Contains(line, setting) {
				t.Errorf("the log does not name %s: %s", setting, line)
			}
		}
		if strings.Contains(line, "listen") || strings.Contains(line, "scripts") {
			t.Errorf("the log names what the flags say: %s", line)
		}
		run.next(t, "scripts reloaded")
		site.ends(site.call("unnamed"), "USER_BUSY")
		run.ends(t)
	})
}

// TestFlowsThatAreNotThere: a warning names the flows that a configuration names and
// the scripts lack, because their calls would fail one by one.
func TestFlowsThatAreNotThere(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		run := siteInBubble(t).serving("default_flow: Call\nroutes: [{destination: ^1$, flow: call}, {destination: ^2$, flow: gone}]\nflows: {call.lua: {canary: 10%}}\n")
		if line := run.next(t, "names flows that do not exist"); !strings.Contains(line, `"default_flow: Call, routes: gone, flows: call.lua"`) {
			t.Errorf("the log does not say which: %s", line)
		}
		if st, err := run.admin().Status(t.Context(), false); err != nil || len(st.Config.Strays) != 3 || !strings.Contains(strings.Join(st.Advice(), "\n"), "default_flow: Call, routes: gone") {
			t.Errorf("the status says %+v, %v", st.Config, err)
		}
		run.ends(t)
	})
}

// TestScriptAndRouteTogether: a flow and the setting that names it arrive in one
// reload, so nothing is missing.
func TestScriptAndRouteTogether(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("default_flow: call\n")
		site.write("scripts/late.lua", `session:hangup("USER_BUSY")`)
		site.write("eslua.yaml", "default_flow: late\nhistory: 7\n")
		run.signals <- syscall.SIGHUP
		for line := ""; !strings.Contains(line, "scripts reloaded"); {
			if line = run.next(t, ""); strings.Contains(line, "do not exist") {
				t.Errorf("a false warning: %s", line)
			}
		}
		st, err := run.admin().Status(t.Context(), false)
		if err != nil || len(st.Config.Strays) != 0 || !slices.Equal(st.Config.Restart, []string{"history"}) {
			t.Errorf("the status says %+v, %v", st.Config, err)
		}
		site.ends(site.call("unnamed"), "USER_BUSY")
		run.ends(t)
	})
}

// TestTakeoverWithAWrongConfiguration: the running eslua is not touched by one that
// could not start.
func TestTakeoverWithAWrongConfiguration(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"nodes:\n  - {address: \"127.0.0.1:1\"}\n": "wrong.yaml:2: node 127.0.0.1:1 has no password",
		"\nscripts: nowhere\n":                     "wrong.yaml:2: scripts: nowhere is not a directory",
		"history: 0\n":                             "wrong.yaml:1: history is 0",
		"calls: {max: many}\n":                     "wrong.yaml:1: max is",
	} {
		testproc.Bubble(t, func(t *testing.T) {
			site := siteInBubble(t)
			run := site.serving("default_flow: call\n")
			site.write("wrong.yaml", yaml)
			next := startServeOn(t, site.network, "--listen", site.listen, "--takeover", "--config", filepath.Join(site.dir, "wrong.yaml"))
			next.next(t, want)
			if code := next.over(); code != exitConfig {
				t.Errorf("%q: exit code %d", yaml, code)
			}
			site.rejected(site.call("short"))
			if st, err := run.admin().Status(t.Context(), false); err != nil || st.Draining != nil {
				t.Errorf("%q: %+v, %v", yaml, st.Draining, err)
			}
			run.ends(t)
		})
	}
}

// TestTakeoverWithBrokenScripts: the running eslua serves the scripts as they were, and
// is not replaced by one that cannot.
func TestTakeoverWithBrokenScripts(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("default_flow: call\n")
		site.write("scripts/call.lua", "session:answer()\nif then\n")
		site.write("next.yaml", "admin: "+run.socket+"\n")
		next := startServeOn(t, site.network, "--listen", site.listen, "--takeover", "--scripts", filepath.Join(site.dir, "scripts"), "--config", filepath.Join(site.dir, "next.yaml"))
		next.next(t, "the scripts have errors, and the running eslua serves")
		if code := next.over(); code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		site.rejected(site.call("short"))
		run.ends(t)
	})
}

// TestReloadOfBrokenScripts: the scripts that serve stay.
func TestReloadOfBrokenScripts(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("default_flow: call\n")
		site.write("scripts/call.lua", "session:answer()\nif then\n")
		run.signals <- syscall.SIGHUP
		if line := run.next(t, "the scripts have errors"); !strings.Contains(line, "call.lua:2: ") {
			t.Errorf("the log does not say what is wrong: %s", line)
		}
		site.rejected(site.call("short"))
		run.ends(t)
	})
}
