package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestJobs(t *testing.T) {
	c, err := Parse("eslua.yaml", []byte(`
startup: ["watch.lua a 'b c'", cdr]
hooks:
  - {event: channel_hangup, script: cdr.lua}
  - {event: CUSTOM, subclass: "sofia::register", script: a/b x, parallel: 1, queue: 7, timeout: 0s}
`))
	if err != nil {
		t.Fatal(err)
	}
	watch := c.Startup[0]
	if watch.Name() != "watch.lua" || watch.Flow() != "watch" || !slices.Equal(watch.Args(), []string{"a", "b c"}) || c.Startup[1].Args() != nil {
		t.Errorf("startup: %q %q %q", watch.Name(), watch.Flow(), watch.Args())
	}
	if c.Hooks[0] != (Hook{"CHANNEL_HANGUP", "", "cdr.lua", 4, 1000, Duration(time.Minute)}) || c.Hooks[1] != (Hook{"CUSTOM", "sofia::register", "a/b x", 1, 7, 0}) {
		t.Errorf("hooks: %+v", c.Hooks)
	}
	var named []string
	for _, n := range c.NamedFlows() {
		named = append(named, n.Setting+" "+n.Flow)
	}
	if !slices.Equal(named, []string{"startup watch.lua", "startup cdr", "hooks cdr.lua", "hooks a/b"}) {
		t.Errorf("named are %q", named)
	}
	c.Flows, c.DefaultFlow = map[string]Flow{"watch": {}, "x": {OnHangup: "after y"}}, "cdr"
	for script, want := range map[string]bool{"watch": true, "a/b": true, "after": true, "cdr": false, "x": false, "other": false} {
		if c.IsJob(script) != want {
			t.Errorf("%s is a job: %v", script, !want)
		}
	}
	for source, want := range map[string]string{
		"startup: ['']":                                                   "eslua.yaml:1: \"\" is not a script",
		"startup: [/etc/x.lua]":                                           "name in the script directory",
		"startup: a.lua":                                                  "write a list: [SCRIPT, 'SCRIPT ARGUMENTS']",
		"hooks: [{event: X, script: a}]":                                  "has no event \"X\"",
		"hooks: [{event: CHANEL_HANGUP}]":                                 "did you mean CHANNEL_HANGUP?",
		"hooks: [{event: API}]":                                           "names no script; add script: NAME",
		"hooks: [{script: a}]":                                            "names no event; add event:",
		"hooks: [{event: API, subclass: a}]":                              "only CUSTOM events have a subclass",
		"hooks: [{event: CUSTOM, subclass: a b, script: a}]":              "holds a blank",
		"hooks: [{event: API, script: a, parallel: 0}]":                   "at least 1",
		"hooks:\n- {event: API, script: a}\n- {event: API, scripts: a}\n": "eslua.yaml:3: unknown setting \"scripts\"; did you mean script?",
	} {
		if _, err := Parse("eslua.yaml", []byte(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestXML(t *testing.T) {
	c, err := Parse("eslua.yaml", []byte("xml: {scripts: {directory: 'users.lua x', configuration/a.conf: a, configuration/*: rest, phrases: p}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.XML.Address != "127.0.0.1:8085" || c.XML.User != "eslua" || c.XML.Timeout != Duration(5*time.Second) || c.XML.Parallel != 64 {
		t.Errorf("defaults: %+v", c.XML)
	}
	for _, q := range [][3]string{{"directory", "x", "users.lua x"}, {"configuration", "a.conf", "a"}, {"configuration", "b.conf", "rest"}, {"dialplan", "", ""}, {"phrases", "", "p"}} {
		if s, ok := c.XML.Script(q[0], q[1]); string(s) != q[2] || ok != (q[2] != "") {
			t.Errorf("%v: %q", q, s)
		}
	}
	if b := c.XML.Bindings(); !slices.Equal(b, []string{"configuration", "directory", "phrases"}) {
		t.Errorf("bindings %q", b)
	}
	for source, want := range map[string]string{
		"xml: {scripts: {directry: a}}":                             "did you mean directory?",
		"xml: {scripts: {configuration: a}}":                        "configuration/NAME.conf",
		"xml: {scripts: {channels: a}}":                             "looks nothing up in \"channels\"",
		"xml: {scripts: {directory: ''}}":                           "is not a script",
		"xml: {address: \"0.0.0.0:8085\", scripts: {directory: a}}": "add password: under xml",
		"xml: {address: \"example:8085\", scripts: {directory: a}}": "add password: under xml",
		"xml: {scripts: directory}":                                 "directory: SCRIPT",
	} {
		if _, err := Parse("eslua.yaml", []byte(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
	for _, source := range []string{"xml: {address: \"0.0.0.0:8085\", password: x}", "xml: {address: \"[::1]:8085\"}", "xml: {address: \"localhost:1\"}"} {
		if _, err := Parse("eslua.yaml", []byte(source)); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}
