package dialplan

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
)

// printed is a dialplan as encoding/xml reads it, which is stricter than FreeSWITCH.
type printed struct {
	Extensions []struct {
		Name       string `xml:"name,attr"`
		Conditions []struct {
			Field      string `xml:"field,attr"`
			Expression string `xml:"expression,attr"`
			Actions    []struct {
				App  string `xml:"application,attr"`
				Data string `xml:"data,attr"`
			} `xml:"action"`
		} `xml:"condition"`
	} `xml:"extension"`
}

func (p printed) actions(i int) (all []string) {
	last := p.Extensions[i].Conditions[len(p.Extensions[i].Conditions)-1]
	for _, a := range last.Actions {
		all = append(all, strings.TrimSpace(a.App+" "+a.Data))
	}
	return all
}

// write prints the flows and holds that --check has nothing to say to it.
func write(t *testing.T, cfg config.Config, flows, args []string) (printed, string) {
	t.Helper()
	hosts := cfg.Hosts
	if len(hosts) == 0 {
		hosts = []config.Address{cfg.Listen}
	}
	var b strings.Builder
	if err := Write(&b, Extensions(cfg, flows, args), hosts, Variables{State: "eslua_checkpoint", Cause: "eslua_cause"}); err != nil {
		t.Fatal(err)
	}
	var p printed
	if err := xml.Unmarshal([]byte(b.String()), &p); err != nil {
		t.Fatalf("%v:\n%s", err, b.String())
	}
	file := filepath.Join(t.TempDir(), "eslua.xml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range Check([]Source{File(file)}, Known{Hosts: hosts, Flows: flows}) {
		t.Errorf("what is printed does not pass the check: %s", f)
	}
	return p, b.String()
}

func parsed(t *testing.T, yaml string) config.Config {
	t.Helper()
	cfg, err := config.Parse("eslua.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// pause separates two attempts, unless the flow has ended.
const pause = "${cond(${regex(${eslua_checkpoint}|[.]ended[.])} == true ? 0 : 1000)}"

func TestOneHost(t *testing.T) {
	p, text := write(t, config.Default(), []string{"welcome"}, nil)
	want := []string{
		"set eslua_cause=NORMAL_TEMPORARY_FAILURE",
		"set socket_resume=true", "socket 127.0.0.1:8084/welcome async full", "sleep " + pause,
		"set socket_resume=true", "socket 127.0.0.1:8084/welcome async full", "sleep " + pause,
		"set socket_resume=true", "socket 127.0.0.1:8084/welcome async full", "sleep " + pause,
		"set socket_resume=true", "socket 127.0.0.1:8084/welcome async full",
		"hangup ${eslua_cause}",
	}
	if got := p.actions(0); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if c := p.Extensions[0].Conditions[0]; c.Field != "destination_number" || c.Expression != "^welcome$" {
		t.Errorf("condition %+v", c)
	}
	for _, line := range []string{
		"originate user/1000 welcome\n",
		"originate {socket_resume=true}user/1000 '&socket(127.0.0.1:8084/welcome async full)'",
		"{execute_on_answer='socket 127.0.0.1:8084/welcome async full'}user/1000",
		"survives 3 failures",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no comment says %q:\n%s", line, text)
		}
	}
}

func TestEveryHostIsFirstOnceAndTriedEachTime(t *testing.T) {
	cfg := config.Default()
	cfg.Hosts = []config.Address{"10.0.0.1:8084", "[2001:db8::1]:8085", "c.example:8086"}
	p, _ := write(t, cfg, []string{"f"}, []string{"a b"})
	want := []string{
		"set eslua_cause=NORMAL_TEMPORARY_FAILURE",
		"set socket_resume=true",
		"socket 10.0.0.1:8084/f/a%2520b|2001:db8::1:8085/f/a%2520b|c.example:8086/f/a%2520b async full",
		"set socket_resume=true",
		"socket 2001:db8::1:8085/f/a%2520b|c.example:8086/f/a%2520b|10.0.0.1:8084/f/a%2520b async full",
		"set socket_resume=true",
		"socket c.example:8086/f/a%2520b|10.0.0.1:8084/f/a%2520b|2001:db8::1:8085/f/a%2520b async full",
		"sleep " + pause,
		"set socket_resume=true",
		"socket 10.0.0.1:8084/f/a%2520b|2001:db8::1:8085/f/a%2520b|c.example:8086/f/a%2520b async full",
		"hangup ${eslua_cause}",
	}
	if got := p.actions(0); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRoutesFallbacksAndLimits(t *testing.T) {
	cfg := parsed(t, `
listen: 0.0.0.0:9000
fallback: transfer 9000 XML default
routes:
  - {destination: ^invite(7\d\d\d)$, flow: invite, args: [$1, "a&b"]}
  - {destination: ^5(.*)$, context: ^public$, caller: ^\+49, flow: invite, args: [$1]}
  - {flow: other.lua}
flows:
  invite: {fallback: hangup USER_BUSY, limits: {duration: 10m}}
`)
	p, text := write(t, cfg, []string{"invite", "ivr/main", "other"}, nil)
	if len(p.Extensions) != 4 {
		t.Fatalf("%d extensions:\n%s", len(p.Extensions), text)
	}
	const transfers = "transfer ${cond(${eslua_cause} == NORMAL_CLEARING ? hangup inline : 9000 XML default)}"
	for i, want := range []struct{ name, expression, socket, cause, fallback string }{
		{"eslua-invite", `^invite(7\d\d\d)$`, "socket 127.0.0.1:9000/invite/$1/a%2526b async full", "USER_BUSY", "hangup ${eslua_cause}"},
		{"eslua-invite-2", `^5(.*)$`, "socket 127.0.0.1:9000 async full", "USER_BUSY", "hangup ${eslua_cause}"},
		{"eslua-ivr-main", `^ivr-main$`, "socket 127.0.0.1:9000/ivr%2fmain async full", "NORMAL_TEMPORARY_FAILURE", transfers},
		{"eslua-other", `^.*$`, "socket 127.0.0.1:9000/other async full", "NORMAL_TEMPORARY_FAILURE", transfers},
	} {
		actions := p.actions(i)
		x := p.Extensions[i]
		if x.Name != want.name || x.Conditions[len(x.Conditions)-1].Expression != want.expression ||
			!slices.Contains(actions, want.socket) || actions[0] != "set eslua_cause="+want.cause || actions[len(actions)-1] != want.fallback {
			t.Errorf("extension %d: %+v\nwant %+v", i, x, want)
		}
		limited := slices.Contains(actions, "set park_timeout=660:NORMAL_TEMPORARY_FAILURE")
		if limited != (i < 2) || limited != slices.Contains(actions, "unset park_timeout") {
			t.Errorf("park_timeout in %q", actions)
		}
	}
	if c := p.Extensions[1].Conditions; len(c) != 3 || c[0].Field != "context" || c[0].Expression != "^public$" ||
		c[1].Field != "caller_id_number" || c[1].Expression != `^\+49` || c[2].Field != "destination_number" {
		t.Errorf("conditions %+v: the number's must be last, its groups are the ones that count", c)
	}
}

func TestAGroupWithoutParenthesesGetsSome(t *testing.T) {
	cfg := config.Default()
	cfg.Routes = []config.Route{{Flow: "f", Args: []string{"$0"}}}
	if err := cfg.Routes[0].Destination.Set(`^\d+$`); err != nil {
		t.Fatal(err)
	}
	p, _ := write(t, cfg, []string{"f"}, nil)
	if c := p.Extensions[0].Conditions[0]; c.Expression != `(?:^\d+$)` {
		t.Errorf("FreeSWITCH replaces $0 only for a pattern with parentheses: %s", c.Expression)
	}
}

func TestHostileNamesStayText(t *testing.T) {
	cfg := config.Default()
	cfg.Limits.Duration = config.Duration(time.Second)
	cfg.Fallback = config.Fallback{Action: config.Transfer, Data: `a"/><action> & XML`}
	p, _ := write(t, cfg, []string{`x"--><&'|: y`, "a--b"}, []string{"--", "${system(rm)}", "$${x}"})
	if len(p.Extensions) != 2 || len(p.Extensions[0].Conditions[0].Actions) != 18 {
		t.Errorf("%+v", p)
	}
}

func TestTheExampleIsRight(t *testing.T) {
	for _, f := range Check([]Source{File("../../../examples/dialplan.xml")}, Known{Hosts: []config.Address{"127.0.0.1:8084"}, Flows: []string{"inviteToConf"}}) {
		t.Error(f)
	}
}
