package main

import (
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
)

// TestSIGHUP changes the settings that may change, changes nothing when the file is
// wrong, and names the settings that take a restart.
func TestSIGHUP(t *testing.T) {
	t.Parallel()
	site := newSite(t, freeAddress(t))
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
	if line := run.next(t, "the configuration is wrong"); !strings.Contains(line, `eslua.yaml:2: unknown setting`) {
		t.Errorf("the log does not say what is wrong: %s", line)
	}
	site.rejected(site.call("unnamed"))
	if st, err := admin.NewClient(run.socket).Status(t.Context(), false); err != nil || !strings.Contains(st.Config.Problem, "eslua.yaml:2") {
		t.Errorf("the status says %+v, %v", st.Config, err)
	}

	hup("default_flow: other\nlisten: 127.0.0.1:1\nhistory: 7\nnodes: [{address: \"127.0.0.1:1\"}]\ncalls: {max: 3}\nlog: {format: json}\n")
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
	if code := run.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

// TestFlowsThatAreNotThere: a warning names the flows that a configuration names and
// the scripts lack, because their calls would fail one by one.
func TestFlowsThatAreNotThere(t *testing.T) {
	run := newSite(t, freeAddress(t)).serving("default_flow: Call\nroutes: [{destination: ^1$, flow: call}, {destination: ^2$, flow: gone}]\nflows: {call.lua: {canary: 10%}}\n")
	if line := run.next(t, "names flows that do not exist"); !strings.Contains(line, `"default_flow: Call, routes: gone, flows: call.lua"`) {
		t.Errorf("the log does not say which: %s", line)
	}
	if st, err := admin.NewClient(run.socket).Status(t.Context(), false); err != nil || len(st.Config.Strays) != 3 || !strings.Contains(strings.Join(st.Advice(), "\n"), "default_flow: Call, routes: gone") {
		t.Errorf("the status says %+v, %v", st.Config, err)
	}
	if code := run.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

// TestReloadOfBrokenScripts: the scripts that serve stay.
func TestReloadOfBrokenScripts(t *testing.T) {
	t.Parallel()
	site := newSite(t, freeAddress(t))
	run := site.serving("default_flow: call\n")
	site.write("scripts/call.lua", "session:answer()\nif then\n")
	run.signals <- syscall.SIGHUP
	if line := run.next(t, "the scripts are wrong"); !strings.Contains(line, "call.lua:2: ") {
		t.Errorf("the log does not say what is wrong: %s", line)
	}
	site.rejected(site.call("short"))
	if code := run.end(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

// TestWhatAReloadChanges: a reload notices each documented setting, and either
// changes it or warns that it takes a restart.
func TestWhatAReloadChanges(t *testing.T) {
	const yaml = `
listen: 127.0.0.1:1
scripts: /a
default_flow: a
fallback: hangup USER_BUSY
routes: [{flow: a, destination: ^1$}]
flows: {a: {canary: 10%}}
nodes: [{address: "127.0.0.1:1"}]
hosts: ["127.0.0.1:1"]
parked: reenter
drain: 1m
state: /a
history: 1
admin: /a
metrics: 127.0.0.1:1
calls: {max: 1, handshake: 1s, linger: 1s}
limits: {memory: 1MiB, burst: 2s, cpu: 2s, duration: 2s, stack: 1, source: 1KiB}
grants: {api: {allow: [system]}, apps: {allow: [system]}, read: [/a], fire_events: false}
log: {level: debug, format: json}
`
	read := func() config.Config {
		c, err := config.Parse("eslua.yaml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if got := differences(read(), read()); len(got) > 0 {
		t.Errorf("what is read twice differs in %v", got)
	}
	all := differences(config.Default(), read())
	if want := settings(reflect.TypeFor[config.Config](), ""); !slices.Equal(all, want) {
		t.Errorf("of %v\nthese were told to differ: %v", want, all)
	}
	late := slices.DeleteFunc(all, changeable)
	want := []string{"listen", "scripts", "nodes", "state", "history", "admin", "metrics", "calls.max", "calls.handshake", "calls.linger", "log.format"}
	if !slices.Equal(late, want) {
		t.Errorf("a restart is asked for %v, want %v", late, want)
	}
}

// settings are the names of those that have a documentation.
func settings(of reflect.Type, prefix string) (names []string) {
	for field := range of.Fields() {
		switch name := prefix + field.Tag.Get("yaml"); {
		case field.Tag.Get("doc") != "":
			names = append(names, name)
		case field.Type.Kind() == reflect.Struct:
			names = append(names, settings(field.Type, name+".")...)
		}
	}
	return names
}
