package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestEmptyFileIsTheDefaults(t *testing.T) {
	c, err := Parse("eslua.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8084" || c.Limits.Memory != 16<<20 || c.Fallback.Action != Continue ||
		c.Grants.CheckEvent("CUSTOM", nil, "") != nil || c.Grants.CheckAPI("system ls") == nil {
		t.Fatalf("not the defaults: %+v", c)
	}
}

func TestWholeFile(t *testing.T) {
	c, err := Parse("eslua.yaml", []byte(`
listen: 127.0.0.2:9000
scripts: /etc/eslua/scripts
default_flow: welcome
fallback: hangup NORMAL_TEMPORARY_FAILURE
routes:
  - destination: ^7(\d+)$
    context: public
    flow: inviteToConf
    args: [$1]
flows:
  inviteToConf:
    settings: {seconds: 60, prompt: ivr/invite.wav, polite: true}
    fallback: transfer 9000 XML default
    limits: {memory: 8MiB}
    grants: {apps: {deny: [bridge]}, fire_events: false}
    canary: {share: 5%, window: 1m}
  welcome:
    canary: 25%
nodes:
  - {address: "127.0.0.1:8021", password: ClueCon}
hosts: ["10.0.0.1:8084", "10.0.0.2:8084"]
parked: hangup NORMAL_TEMPORARY_FAILURE
drain: 1m
calls: {max: 100, linger: 5s}
limits: {burst: 500ms}
grants: {api: {allow: [system]}, read: [/srv]}
log: {level: debug, format: json}
`))
	if err != nil {
		t.Fatal(err)
	}
	if groups, ok := c.Routes[0].Destination.Matches("7001"); !ok || groups[1] != "001" {
		t.Errorf("destination does not match 7001: %v", groups)
	}
	if _, ok := c.Routes[0].Caller.Matches("anyone"); !ok {
		t.Error("an absent pattern must match everything")
	}
	f := c.Flows["inviteToConf"]
	if f.Limits.Memory != 8<<20 || f.Limits.Burst != Duration(500*time.Millisecond) {
		t.Errorf("a flow's limits must stand on the general ones: %+v", f.Limits)
	}
	if g := f.Grants; g.CheckApp("bridge", "user/1") == nil || g.CheckEvent("CUSTOM", nil, "") == nil || g.CheckAPI("system ls") != nil || len(g.Read) != 1 {
		t.Errorf("a flow's grants must stand on the general ones: %+v", g)
	}
	if g := c.Grants; g.CheckApp("bridge", "user/1") != nil || g.CheckEvent("CUSTOM", nil, "") != nil || g.CheckAPI("bg_system ls") == nil {
		t.Errorf("a flow's grants are not the general ones: %+v", g)
	}
	if f.Fallback.String() != "transfer 9000 XML default" || f.Settings["polite"] != true {
		t.Errorf("flow: %+v", f)
	}
	if *f.Canary != (Canary{5, Duration(time.Minute), 20}) || *c.Flows["welcome"].Canary != (Canary{25, Duration(10 * time.Minute), 20}) {
		t.Errorf("canaries: %+v, %+v", f.Canary, c.Flows["welcome"].Canary)
	}
	if len(c.Hosts) != 2 || c.Parked != (Parked{HangupParked, "NORMAL_TEMPORARY_FAILURE"}) || c.Drain != Duration(time.Minute) {
		t.Errorf("hosts %v, parked %v, drain %v", c.Hosts, c.Parked, c.Drain)
	}
	if c.Log != (Log{Level: Level(slog.LevelDebug), Format: "json", Rate: 100}) {
		t.Errorf("log: %+v", c.Log)
	}
	if c.Calls.Handshake != Duration(25*time.Second) || c.Calls.Linger != Duration(5*time.Second) {
		t.Errorf("calls: %+v", c.Calls)
	}
}

func TestEveryErrorIsTold(t *testing.T) {
	_, err := Parse("e.yaml", []byte(`
lissten: 127.0.0.1:8084
fallback: hangup BUSSY
routes:
  - {destination: '(', flow: a}
  - destination: ^7
  - {destination: ^(7), flow: a, args: [$2]}
  - {flow: a, context: '[', args: [x]}
flows:
  a: {limits: {memory: 16 megs, speed: 1}, canary: 0%}
  b: {settings: {list: [1]}, grants: {read: [prompts], api: {allow: [a], only: [b]}}}
nodes:
  - {password: x}
history: 0
calls: {max: -1}
log: {level: loud}
`))
	want := []string{
		`2: unknown setting "lissten"; did you mean listen?`, `3: "BUSSY" is not a hangup cause`, `5: "(" is not a regular expression`,
		`6: this route names no flow`, `7: $2 is a group`, `8: "[" is not a regular expression`, `10: "16 megs" is not a size`,
		`10: unknown setting "speed"`, `10: "0%" is not a share`, `11: list is a list; a setting of a flow is text`, `11: "prompts" is not an absolute path`,
		`11: allow: adds to the default and only: replaces it`, `13: this node has no address`, `14: history is 0; write a whole number, at least 1`,
		`15: max is -1; write a whole number, at least 0`, `16: "loud" is not a log level`,
	}
	got := strings.Split(err.Error(), "\n")
	for i, line := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], "e.yaml:"+line) {
			t.Fatalf("error %d is not %q:\n%s", i, line, err)
		}
	}
	var one *Error
	if len(got) != len(want) || !errors.As(err, &one) || one.Line != 2 {
		t.Errorf("%v\n%s", one, err)
	}
}

// TestOneRoundTellsAll: what is wrong in one place hides nothing that is wrong in
// another.
func TestOneRoundTellsAll(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		want   []string
	}{
		"a mistake of YAML": {"listen: [\nlissten: 1\nlog:\n  level: debug\n   format: xml\ndrain: 10\n",
			[]string{`1: `, `2: unknown setting "lissten"`, `2: "1" is not an address`, `4: `, `6: "10" is not a duration`}},
		"set twice":         {"drain: 1m\ndrain: 2m\nlissten: x\n", []string{`2: drain is set already in line 1`, `3: unknown setting "lissten"`, `3: "x" is not an address`}},
		"a flow twice":      {"flows:\n  a: {limits: {stack: 5}}\n  a: {limits: {stack: x}}\n", []string{`3: a is set already in line 2`, `3: stack is "x"`}},
		"a misspelt name":   {"noeds:\n  - {adress: here, password: x}\n  - {name: a}\n", []string{`1: unknown setting "noeds"; did you mean nodes?`, `2: unknown setting "adress"`, `2: "here" is not an address`, `3: this node has no address`}},
		"two nodes":         {"lissten: ':1'\nnodes:\n  - {address: 'a:1'}\n  - {address: 'a:1'}\n", []string{`1: unknown`, `4: two nodes are called a:1`}},
		"within one route":  {"routes:\n  - {destination: '(', context: '[', args: [$1]}\n", []string{`2: "("`, `2: "["`, `2: this route names no flow`}},
		"a flow's grants":   {"grants: {api: {only: [status]}}\nflows:\n  a: {grants: {api: {allow: [system]}}}\n  b: {grants: {apps: {only: [x], allow: [y]}}}\n  c: {grants: {api: {allow: [lua]}}, canary: 0%}\n", []string{`3: allow: adds`, `4: allow: adds`, `5: "0%" is not a share`, `5: allow: adds`}},
		"a second document": {"lissten: ':1'\n---\nlisten: ':1'\n", []string{`1: unknown`, `3: this is a second document`}},
		"a wrong anchor":    {"flows:\n  a: {limits: &l {stack: x}}\n  b: {limits: *l}\n", []string{`2: stack is "x"`}},
	} {
		_, err := Parse("e.yaml", []byte(c.source))
		got := strings.Split(fmt.Sprint(err), "\n")
		for i, line := range c.want {
			if len(got) != len(c.want) || !strings.HasPrefix(got[i], "e.yaml:"+line) {
				t.Errorf("%s: error %d is not %q:\n%s", name, i, line, strings.Join(got, "\n"))
				break
			}
		}
	}
}

// TestTheRestIsRead: what is right of a file with mistakes.
func TestTheRestIsRead(t *testing.T) {
	c, err := Parse("e.yaml", []byte("lissten: 127.0.0.1:1\ndrain: x\nfallback: [\nnodes:\n  - 7\n  - {address: 'a:1', password: x, name: [1]}\nflows: {a: {limits: {memory: 8MiB, stack: x}}}\n"))
	if err == nil || c.Listen != "127.0.0.1:1" || c.Drain != Default().Drain || len(c.Nodes) != 2 || c.Nodes[1].Password != "x" || c.Flows["a"].Limits.Memory != 8<<20 {
		t.Errorf("%v: %+v", err, c)
	}
}

// TestTextIsReadAsItIsWritten: telephone numbers and passwords keep their zeros and plus
// signs, which YAML takes for those of numbers.
func TestTextIsReadAsItIsWritten(t *testing.T) {
	c, err := Parse("e.yaml", []byte("\ufeffnodes: [{address: 'a:1', password: 0123}]\nroutes: [{flow: a, args: [0301, +49, 1.0, 7]}]\nflows: {a: {settings: {a: 0301, b: +49, c: 1_000, d: 7, e: -7, f: 0.5}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q %q %#v", c.Nodes[0].Password, c.Routes[0].Args, c.Flows["a"].Settings)
	if want := `"0123" ["0301" "+49" "1.0" "7"] map[string]interface {}{"a":"0301", "b":"+49", "c":"1_000", "d":0x7, "e":-7, "f":0.5}`; got != want {
		t.Errorf("read\n%s, want\n%s", got, want)
	}
}

func TestAliasesAreReadInTheWholeFile(t *testing.T) {
	c, err := Parse("e.yaml", []byte("flows:\n  a: {settings: &s {x: 1}}\n  b: {settings: *s}\nroutes:\n  - {flow: &f a}\n  - {flow: *f}\n"))
	if err != nil || c.Flows["b"].Settings["x"] == nil || c.Routes[1].Flow != "a" {
		t.Errorf("%v: %+v", err, c)
	}
}

func TestErrorsNameFileLineAndWhatToWrite(t *testing.T) {
	for source, want := range map[string]string{
		"listen: 127.0.0.1:8084\nlissten: x\n":         `e.yaml:2: unknown setting "lissten"`,
		"limits:\n  memory: 16 megs\n":                 `e.yaml:2: "16 megs" is not a size; write it as 256KiB`,
		"limits:\n  burst: 10\n":                       `e.yaml:2: "10" is not a duration`,
		"listen: here\n":                               `e.yaml:1: "here" is not an address`,
		"routes:\n  - destination: '('\n    flow: x\n": `e.yaml:2: "(" is not a regular expression`,
		"routes:\n  - {destination: '^(1)', flow: a}\n  - {destination: '^(2)', flow: a, args: [$1, x$2]}\n": `e.yaml:3: $2 is a group of the destination's pattern, which has 1`,
		"routes:\n  - flow: a\n    args: [$1]\n":                               `e.yaml:3: $1 is a group of the destination's pattern, which has 0`,
		"routes:\n  - destination: '1'\n":                                      `e.yaml:2: this route names no flow`,
		"databases: {a: {size: 1GiB}}\n":                                       `e.yaml:1: this database has no dsn`,
		"databases:\n  a:\n    dsn: sqlite:///a\n    timeout: 0s\n":            `e.yaml:4: a database needs a timeout`,
		"http:\n  connect_timeout: 0s\n":                                       `e.yaml:2: a request needs this time-out`,
		"mail: {server: 'mail.x.org:25', user: ivr, password: x, tls: none}\n": `e.yaml:1: the password would be sent in the clear; write tls: starttls or tls: tls under mail`,
		"mail:\n  password: x\n":                                               `e.yaml:2: the password belongs to a user; add user: under mail`,
		"mail:\n  tls: starttl\n":                                              `e.yaml:2: "starttl" is no encryption; did you mean starttls?`,
		"mail:\n  from: freeswitch\n":                                          `e.yaml:2: "freeswitch" is not a mail address; write it as freeswitch@example.com`,
		"mail:\n  timeout: 0s\n":                                               `e.yaml:2: a mail needs a timeout, or it could take for ever`,
		"http:\n  certificate: /a\n":                                           `e.yaml:2: certificate and key belong together`,
		"grants: {hosts: [0x7f.1]}\n":                                          `e.yaml:1: "0x7f.1" is not a host`,
		"nodes:\n  - password: x\n":                                            `e.yaml:2: this node has no address`,
		"fallback: hangup BUSSY\n":                                             `e.yaml:1: "BUSSY" is not a hangup cause; did you mean USER_BUSY?`,
		"parked: hangup NO_CAUSE_AT_ALL\n":                                     `e.yaml:1: "NO_CAUSE_AT_ALL" is not a hangup cause`,
		"fallback: continue now\n":                                             `e.yaml:1: "continue now" is not a fallback`,
		"parked: report now\n":                                                 `e.yaml:1: "report now" is not an action`,
		"listen: 127.0.0.1:65536\n":                                            `e.yaml:1: "127.0.0.1:65536" is not an address`,
		"routes:\n  - {flow: a, args: [x$9]}\n":                                `e.yaml:2: $9 is a group`,
		"flows: {a: {canary: 0%}}\n":                                           `e.yaml:1: "0%" is not a share`,
		"flows: {a: {canary: {window: 0s}}}\n":                                 `e.yaml:1: a canary needs`,
		"fallback: hangup\n":                                                   `e.yaml:1: "hangup" is not a fallback`,
		"fallback: explode\n":                                                  `e.yaml:1: "explode" is not a fallback`,
		"fallback: hangup me;now\n":                                            `e.yaml:1: "me;now" is not a hangup cause`,
		"parked: shoot\n":                                                      `e.yaml:1: "shoot" is not an action for parked calls`,
		"flows:\n  a:\n    canary: 100%\n":                                     `e.yaml:3: "100%" is not a share`,
		"flows:\n  a:\n    canary: {calls: 0}\n":                               `e.yaml:3: calls is 0; write a whole number, at least 1`,
		"flows:\n  a:\n    canary: {shares: 1%}\n":                             `e.yaml:3: unknown setting "shares"`,
		"log:\n  level: loud\n":                                                `e.yaml:2: "loud" is not a log level`,
		"log:\n  level: wran\n":                                                `e.yaml:2: "wran" is not a log level; did you mean warn?`,
		"log: {level: warning}\n":                                              `e.yaml:1: "warning" is not a log level; write debug, info, warn or error`,
		"log: {format: jsno}\n":                                                `e.yaml:1: "jsno" is not a log format; did you mean json?`,
		"fallback: hangpu USER_BUSY\n":                                         `e.yaml:1: "hangpu USER_BUSY" is not a fallback; did you mean hangup USER_BUSY?`,
		"fallback: Continue\n":                                                 `e.yaml:1: "Continue" is not a fallback; did you mean continue?`,
		"parked: reprot\n":                                                     `e.yaml:1: "reprot" is not an action for parked calls; did you mean report?`,
		"log:\n  format: xml\n":                                                `e.yaml:2: "xml" is not a log format`,
		"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n":                           `e.yaml:2: listen is set already in line 1`,
		"flows:\n  a:\n    settings: {x: [1]}\n":                               `e.yaml:3: x is a list; a setting of a flow is text, a number`,
		"flows:\n  a:\n    limits: {speed: 1}\n":                               `e.yaml:3: unknown setting "speed"`,
		"grants:\n  aps: {}\n":                                                 `e.yaml:2: unknown setting "aps"`,
		"grants:\n  read: [prompts]\n":                                         `e.yaml:2: "prompts" is not an absolute path`,
		"flows:\n  a:\n    grants:\n      api:\n        alow: [x]\n":           `e.yaml:5: unknown setting "alow"`,
		"grants: {api: {only: [status]}}\nflows:\n  a:\n    grants: {api: {allow: [system]}}\n": `e.yaml:4: allow: adds to the default`,
		"calls:\n  max: many\n":                    `e.yaml:2: max is "many"; write a whole number`,
		"calls: {max: [1]}\n":                      `e.yaml:1: max is a list; write a whole number`,
		"nodes: 127.0.0.1:8021\n":                  `e.yaml:1: nodes is one value; write a list: [{address: HOST:PORT, password: PASSWORD}]`,
		"default_flow: {a: b}\n":                   `e.yaml:1: default_flow is a mapping; write one value`,
		"scripts /etc/eslua\n":                     `e.yaml:1: the file is one value; write a mapping: NAME: VALUE`,
		"grants: {fire_events: 7}\n":               `e.yaml:1: fire_events is "7"; write true or false`,
		"listen: 127.0.0.1:1\ncalls:\n":            `e.yaml:2: calls has no value`,
		"calls: {max: }\n":                         `e.yaml:1: max has no value`,
		"listen: [\n":                              `e.yaml:1: `,
		"lissten: x\n":                             `e.yaml:1: unknown setting "lissten"; did you mean listen?`,
		"memory: 1MiB\n":                           `e.yaml:1: unknown setting "memory" in the file; it belongs under limits`,
		"limits: {speed: 1}\n":                     `e.yaml:1: unknown setting "speed"; limits has memory, burst, cpu, after_hangup, duration, switch, written, file, stack, source`,
		"nodes:\n - {adress: 'a:1'}\n":             `e.yaml:2: unknown setting "adress"; did you mean address?`,
		"flows:\n  a.b:\n    settings: {x: [1]}\n": `e.yaml:3: x is a list; a setting of a flow`,
		"calls: {max: 1.5}\n":                      `e.yaml:1: max is "1.5"; write a whole number`,
		"calls: {max: 9999999999999999999999}\n":   `e.yaml:1: max is "9999999999999999999999"; write a whole number`,
		"hosts: {a: b}\n":                          `e.yaml:1: hosts is a mapping; write a list: [HOST:PORT, HOST:PORT]`,
		"hosts: [[x]]\n":                           `e.yaml:1: an entry of hosts is a list; write one value`,
		"nodes: [{address: 'a:1'}, {name: 'a:1', address: 'b:1'}]\n": `e.yaml:1: two nodes are called a:1`,
		"nodes: [{address: 'a:1'}, {name: 'b', address: 'a:1'}]\n":   `e.yaml:1: two nodes have the address a:1`,
		"flow: {a: {fallbak: continue}}\n":                           `e.yaml:1: unknown setting "flow"; did you mean flows?`,
		"calls: {max: 010}\n":                                        `e.yaml:1: max is "010"; write a whole number`,
		"flows:\n\ta: {canary: 1%}\n":                                `e.yaml:2: a tab indents this line; YAML takes blanks only`,
		"routes:\n  - {flow: a, destination: \"^(7\\d)\"}\n":         `e.yaml:2: this is not YAML: found unknown escape character 'd'; write the text in single quotes`,
		"routes:\n  - {flow: a, destination: ^[0-9]{4}$}\n":          `e.yaml:2: this is not YAML: ',' or '}' must be specified; close every { and [, and write a text`,
		"routes:\n  - {flow: a, destination: *98}\n":                 `e.yaml:2: this is not YAML: could not find alias "98"; write the text in single quotes`,
		"nodes:\n  - {address: 'a:1', password: @x}\n":               `e.yaml:2: this is not YAML: '@' is a reserved character; write the text in single quotes`,
		"nodes:\n  - {address: 'a:1', password: #x}\n":               `e.yaml:2: this is not YAML: could not find map value; # begins a comment`,
		"nodes:\n  - address: 'a:1'\n   password: x\n":               `e.yaml:3: this is not YAML: value is not allowed in this context; see that the line is indented`,
		"nodes:\n  - address:a:1\n    password: x\n":                 `e.yaml:2: this is not YAML: unexpected key name; write a blank after the colon`,
	} {
		_, err := Parse("e.yaml", []byte(source))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(file)
	var bad *Error
	if !errors.As(err, &bad) || bad.File != file {
		t.Fatalf("got %v", err)
	}
	if err := os.WriteFile(file, []byte("calls: {max: 7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(file); err != nil || c.Calls.Max != 7 {
		t.Fatalf("got %v, %v", c.Calls, err)
	}
}

func TestValuesReadBackWhatTheyPrint(t *testing.T) {
	for _, text := range []string{"1B", "256KiB", "16MiB", "3GiB"} {
		var s Size
		if err := s.Set(text); err != nil || s.String() != text {
			t.Errorf("size %s became %s (%v)", text, s, err)
		}
	}
	for _, text := range []string{"0s", "500ms", "25s", "10m", "1h", "1m30s", "1h10m"} {
		var d Duration
		if err := d.Set(text); err != nil || d.String() != text {
			t.Errorf("duration %s became %s (%v)", text, d, err)
		}
	}
}

func TestTheEdgesOfWhatIsRead(t *testing.T) {
	c, err := Parse("e.yaml", []byte("listen: 127.0.0.1:65535\nfallback: continue\nroutes: [{flow: a, destination: '(.)(.)(.)(.)(.)(.)(.)(.)(.)', args: [$9]}]\nflows: {a: {canary: 1%}, b: {canary: 99%}, c: {canary: {calls: 1, window: 1ns}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:65535" || c.Flows["a"].Canary.Share != 1 || c.Flows["b"].Canary.Share != 99 || c.Flows["c"].Canary.Calls != 1 {
		t.Errorf("got %+v", c)
	}
	if s := (Size(0)).String(); s != "0B" {
		t.Errorf("no bytes are %s", s)
	}
	if s := (Size(1536)).String(); s != "1536B" {
		t.Errorf("one and a half KiB are %s", s)
	}
	p := Pattern{regexp.MustCompile("x")}
	if err := p.Set(""); err != nil || p.Regexp != nil {
		t.Errorf("no pattern is %v, %v", p, err)
	}
}

func TestFlowsAreListed(t *testing.T) {
	names := strings.Split("a b c d e f g h i j k l m n", " ")
	for n, want := range map[int]string{
		0: "there are no flows", 1: "the flows are a", 12: "the flows are a, b, c, d, e, f, g, h, i, j, k, l",
		14: "the flows are a, b, c, d, e, f, g, h, i, j, k, l and 2 more",
	} {
		if got := DescribeFlows("another", names[:n]); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := DescribeFlows("Meun", []string{"lobby", "menu"}); got != "did you mean menu?" {
		t.Error(got)
	}
	if FlowName("ivr/main.lua") != "ivr/main" || FlowName("main") != "main" {
		t.Error("the name of a flow has an ending")
	}
}

func TestSizesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "16", "MiB", "-1KiB", "1.5MiB", "5000000000GiB", "4294967297GiB", "9223372036854775807B"} {
		s := Size(7)
		if err := s.Set(text); err == nil || s != 7 {
			t.Errorf("size %q was taken as %d (%v)", text, s, err)
		}
	}
	var s Size
	if err := s.Set("4294967296GiB"); err != nil || s != 1<<62 {
		t.Errorf("the largest size: %d, %v", s, err)
	}
}

// TestHangupCauses takes causes as FreeSWITCH does, in any case or as numbers.
func TestHangupCauses(t *testing.T) {
	for text, want := range map[string]string{"hangup USER_BUSY": "USER_BUSY", "hangup user_busy": "USER_BUSY", "hangup 17": "USER_BUSY"} {
		var f Fallback
		if err := f.Set(text); err != nil || f.Action != Hangup || f.Data != want {
			t.Errorf("fallback %s: %v, %v", text, f, err)
		}
		var p Parked
		if err := p.Set(text); err != nil || p.Action != HangupParked || p.Cause != want {
			t.Errorf("parked %s: %v, %v", text, p, err)
		}
	}
}

func TestALimitByItsName(t *testing.T) {
	l := Default().Limits
	for _, set := range [][2]string{{"memory", "1MiB"}, {"burst", "20ms"}, {"cpu", "3s"}, {"after_hangup", "200ms"}, {"duration", "1m"}, {"switch", "2MiB"}, {"written", "3MiB"}, {"file", "4MiB"}, {"stack", "50"}, {"source", "1KiB"}} {
		if err := l.Set(set[0], set[1]); err != nil {
			t.Error(err)
		}
	}
	if want := (Limits{1 << 20, Duration(20 * time.Millisecond), Duration(3 * time.Second), Duration(200 * time.Millisecond), Duration(time.Minute), 2 << 20, 3 << 20, 4 << 20, 50, 1 << 10}); l != want {
		t.Errorf("got %+v, want %+v", l, want)
	}
	for _, bad := range [][2]string{{"speed", "1"}, {"memory", "1"}, {"stack", "0"}, {"stack", "deep"}, {"cpu", "-1s"}} {
		if err := l.Set(bad[0], bad[1]); err == nil {
			t.Errorf("%s=%s was taken", bad[0], bad[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:8084\nflows: {a: {limits: {memory: 1MiB}}}\n"))
	f.Add([]byte("routes:\n  - destination: (\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		_, err := Parse("f.yaml", source)
		if err != nil && !strings.HasPrefix(err.Error(), "f.yaml") {
			t.Fatalf("an error without its file: %v", err)
		}
	})
}

// A script that could write there would change its own grants.
func TestDirectoriesThatNoScriptMayWrite(t *testing.T) {
	base := t.TempDir()
	for _, dir := range []string{"scripts/sub", "data"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("scripts", filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIRECTORY", base+"/state")
	for dir, what := range map[string]string{
		"/": "the configuration", base: "the configuration", base + "/scripts": "the scripts", base + "/scripts/sub": "the scripts", base + "/link/sub": "the scripts",
		base + "/state": "the state", base + "/data": "", base + "/state/calls": "", base + "/db": "the database cdr", base + "/scripts2": "",
	} {
		for _, place := range []string{"grants: {write: [%s]}", "flows: {a: {grants: {write: [%s]}}}"} {
			source := fmt.Sprintf("scripts: "+base+"/scripts\ndatabases: {cdr: {dsn: sqlite://"+base+"/db/cdr.db}}\n"+place, dir)
			_, err := Parse(base+"/eslua.yaml", []byte(source))
			if what == "" && err != nil || what != "" && (err == nil || !strings.Contains(err.Error(), ":3: a script that may write in "+dir+" could change "+what)) {
				t.Errorf("%s: %v, want %s", source, err, what)
			}
		}
	}
}

// A flow may be granted a node by its name.
func TestANodeIsGrantedByItsName(t *testing.T) {
	c, err := Parse("e.yaml", []byte("nodes: [{name: fs1, address: '127.0.0.1:8021'}]\ngrants: {hosts: [fs1]}\nflows: {a: {grants: {hosts: [fs1, api.example.com]}}, b: {grants: {hosts: []}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for flow, want := range map[string]bool{"": true, "a": true, "b": false} {
		g := &c.Grants
		if flow != "" {
			g = c.Flows[flow].Grants
		}
		if err := g.CheckHost("127.0.0.1", 8021); (err == nil) != want {
			t.Errorf("%q: %v", flow, err)
		}
		if err := g.CheckHost("127.0.0.1", 22); err == nil {
			t.Errorf("%q: another port is granted", flow)
		}
	}
}
