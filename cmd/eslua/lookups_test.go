package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/lookup"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/testproc"
)

// lookUp asks as mod_xml_curl does, and returns the status and the body.
func (s *jobSite) lookUp(user, body string) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "http://127.0.0.1:8085/", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if user, password, ok := strings.Cut(user, ":"); ok {
		r.SetBasicAuth(user, password)
	}
	return s.do(r)
}

func (s *jobSite) do(r *http.Request) (int, string) {
	s.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	if s.net != nil {
		transport.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) { return s.net.Dial(ctx, address) }
	}
	client := http.Client{Transport: transport}
	w, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		s.Fatal(err)
	}
	return w.StatusCode, string(answer)
}

const asked = "hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=example.org&Event-Name=REQUEST_PARAMS&user=1000&note=a%20%26%25b"

// Scripts answer FreeSWITCH's lookups by section.
func TestLookups(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"users": `local r = XML_REQUEST
if params:getHeader("user") ~= "1000" then return end
XML_STRING = string.format("<?xml version='1.0'?><document type='freeswitch/xml'><section name='%s'><%s %s='%s' argv='%s' note=%q host='%s' up='%s' fires='%s'/></section></document>",
	r.section, r.tag_name, r.key_name, r.key_value, argv[1], params:getHeader("note"):gsub("&", "&amp;"), r.hostname, freeswitch.API():executeString("uuid_exists x"), tostring(params:fire()))`,
			"queues": `XML_STRING = "<document><section name='configuration'><configuration name='" .. XML_REQUEST.key_value .. "'><param name='x' value='${anything}'/></configuration></section></document>" assert(params == nil)`,
			"plan":   `loadstring(params:getHeader("code"))()`,
		})
		s := site.serve("xml: {password: secret, scripts: {directory: users.lua arg, dialplan: plan, configuration/callcenter.conf: queues}}\n")
		s.next(t, "connected to FreeSWITCH")
		for body, want := range map[string]string{
			asked: `<document type="freeswitch/xml">
<section name="directory">
<domain name="example.org" argv="arg" note="a &#38;%b" host="fs" up="false" fires="false"/>
</section>
</document>
`,
			strings.Replace(asked, "1000", "1001", 1):                                                          lookup.NotFound,
			"hostname=fs&section=phrases&tag_name=&key_name=&key_value=":                                       lookup.NotFound,
			"hostname=fs&section=configuration&tag_name=configuration&key_name=name&key_value=switch.conf":     lookup.NotFound,
			"hostname=fs&section=configuration&tag_name=configuration&key_name=name&key_value=callcenter.conf": "<configuration name=\"callcenter.conf\">\n<param name=\"x\" value=\"${anything}\"/>\n</configuration>",
		} {
			if status, got := site.lookUp("eslua:secret", body); status != http.StatusOK || !strings.Contains(got, want) {
				t.Errorf("%s\n got %d %s\nwant %s", body, status, got, want)
			}
		}
		s.next(t, "event:fire")
		for _, user := range []string{"", "eslua:wrong", "x:secret", "eslua:", "secret:"} {
			if status, got := site.lookUp(user, asked); status != http.StatusUnauthorized || strings.Contains(got, "1000") {
				t.Errorf("with %q: %d %s", user, status, got)
			}
		}
		for body, want := range map[string]int{"user=1000": http.StatusBadRequest, "section=directory&x=" + strings.Repeat("x", 1<<20): http.StatusRequestEntityTooLarge} {
			if status, _ := site.lookUp("eslua:secret", body); status != want {
				t.Errorf("%.20s: %d", body, status)
			}
		}
		get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8085/?"+asked, nil)
		if err != nil {
			t.Fatal(err)
		}
		get.SetBasicAuth("eslua", "secret")
		if status, got := site.do(get); status != http.StatusOK || !strings.Contains(got, "example.org") {
			t.Errorf("by GET: %d %s", status, got)
		}
		if st := s.jobs(t, job.XML); len(st.Scripts) != 2 || st.Scripts[1].Started != 3 || st.Scripts[1].Failed != 0 {
			t.Errorf("the status says %+v", st)
		}
		s.ends(t)
	})
}

// A dialplan is ACTIONS or a document, and gets only what is granted to its script.
func TestDialplanLookups(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{"plan": `loadstring(params:getHeader("code"))()`})
		s := site.serve("xml: {scripts: {dialplan: plan}, timeout: 2s}\n")
		s.next(t, "connected to FreeSWITCH")
		plan := func(inside string) string {
			return "XML_STRING = [[<document><section name='dialplan'><context name='c'><extension name='x'>" + inside + "</extension></context></section></document>]]"
		}
		for code, want := range map[string]string{
			`ACTIONS = {"answer", {"playback", "a.wav"}, {"park"}, "hangup"}`: `<context name="from">
<extension name="eslua">
<condition>
<action application="answer" data=""/>
<action application="playback" data="a.wav"/>
<action application="park" data=""/>
<action application="hangup" data=""/>`,
			plan(`<condition field='destination_number' expression='^(1\d{3})$'><action application='bridge' data='user/$1'/></condition>`):                `data="user/$1"`,
			plan(`<condition field='destination_number' expression='^x[a-z]+\.(\d)([0-9]*)$'><action application='bridge' data='user/$1$2'/></condition>`): `data="user/$1$2"`,
			plan(`<condition field='${network_addr}' expression='^.*$'><action application='answer'/></condition>`):                                        `<condition field="${network_addr}"`,
			`XML_STRING = ""`:                lookup.NotFound,
			`XML_STRING = nil ACTIONS = nil`: lookup.NotFound,
			`os.exit() XML_STRING = "<a/>"`:  `<a/>`,

			`ACTIONS = {"answer", {"system", "reboot"}}`:                `the application \"system\" is not granted`,
			`ACTIONS = {{"log", "INFO ${system(reboot)}"}}`:             `text later`,
			`ACTIONS = {"answer", true}`:                                `ACTIONS may only contain strings or tables`,
			`ACTIONS = {{"answer", {}}}`:                                `may only contain strings`,
			`ACTIONS = "answer"`:                                        `may only be a table`,
			`ACTIONS = {} for i = 1, 1001 do ACTIONS[i] = "answer" end`: `more than 1000`,
			plan(`<condition><action application='answer'>a</action><action application='set'>execute_on_answer=system reboot</action></condition>`):                         `\"system\" is not granted`,
			plan(`<condition><anti-action application='lua' data='x.lua'/></condition>`):                                                                                     `\"lua\" is not granted`,
			plan(`<condition field='destination_number' expression='^(.*)$'><action application='bridge' data='user/$1'/></condition>`):                                      `${1}`,
			plan(`<condition field='destination_number' expression='^x(\d)$'><action application='bridge' data='user/$0'/></condition>`):                                     `${0}`,
			plan(`<condition field='destination_number' expression='^x(y|\d)$'><action application='bridge' data='user/$1'/></condition>`):                                   `${1}`,
			plan(`<condition field='destination_number' expression='^x\Q[\E(.*)$'><action application='bridge' data='user/$1'/></condition>`):                                `${1}`,
			plan(`<condition field='${system(reboot)}' expression='x'/>`):                                                                                                    `text later`,
			plan(`<X-PRE-PROCESS cmd="exec" data="reboot"/>`):                                                                                                                `would have FreeSWITCH run programs`,
			plan(`<condition field='a' expression='^(1*)$'><action application='set' data='x=$$1{system reboot}'/></condition>`):                                             `text later`,
			plan(`<condition field='a' expression='^(1*)$'><action application='set' data='x=$$77{system reboot}'/></condition>`):                                            `text later`,
			plan(`<condition field='a' expression='^(1*)$'><action application='set' data='x=$${7}{system reboot}'/></condition>`):                                           `text later`,
			plan(`<condition regex='any'><include><regex field='$x{system reboot}' expression='(\$)x(.*)'/></include><action application='set' data='x=$1$2'/></condition>`): `overlooked`,
			plan(`<condition><action application='log' loop='2000000000' data='x'/></condition>`):                                                                            `write a number up to 100`,
			"ACTIONS = {} for i = 1, 900 do ACTIONS[i] = {'log', ('x'):rep(10000)} end":                                                                                      `more than 4194304`,
			"XML_STRING = '<document>'":                              `XML_STRING is not XML: line 1: <document> is not closed`,
			"error('no plan')":                                       `no plan`,
			"freeswitch.msleep(1e6)":                                 `duration limit of 2s`,
			"XML_STRING = '<a>' .. ('x'):rep(5*1024*1024) .. '</a>'": `more than 4194304`,
		} {
			encoded := strings.NewReplacer("%", "%25", "&", "%26", "=", "%3D", "\n", "%0A").Replace(code)
			status, got := site.lookUp("", "hostname=fs&section=dialplan&tag_name=&key_name=&key_value=&Event-Name=REQUEST_PARAMS&Caller-Context=from&code="+encoded)
			if status == http.StatusOK {
				if !strings.Contains(got, want) {
					t.Errorf("%s\n got %s\nwant %s", code, got, want)
				}
			} else if line := s.next(t, "the job failed"); status != http.StatusInternalServerError || !strings.Contains(line, want) {
				t.Errorf("%s\n got %d, %s\nwant %s", code, status, line, want)
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8085/", strings.NewReader(asked))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "rebound.example.org:8085"
		if status, _ := site.do(r); status != http.StatusForbidden {
			t.Errorf("a web page may ask: %d", status)
		}
		s.end()
	})
}

// Lookups wait for their turn, and not for longer than an answer may take.
func TestManyLookups(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{"users": `freeswitch.msleep(tonumber(params:getHeader("user")) * 0.9) XML_STRING = "<document/>"`})
		s := site.serve("xml: {scripts: {directory: users}, parallel: 2, timeout: 4s}\n")
		s.next(t, "connected to FreeSWITCH")
		statuses := make(chan int, 10)
		for range 6 {
			go func() {
				status, _ := site.lookUp("", asked)
				statuses <- status
			}()
		}
		count := map[int]int{}
		for range 6 {
			count[<-statuses]++
		}
		if count[http.StatusOK] != 6 {
			t.Errorf("statuses %v", count)
		}
		slow := strings.Replace(asked, "1000", "4000", 1)
		for range 6 {
			go func() {
				status, _ := site.lookUp("", slow)
				statuses <- status
			}()
		}
		clear(count)
		for range 6 {
			count[<-statuses]++
		}
		if count[http.StatusOK] != 2 || count[http.StatusServiceUnavailable] != 4 {
			t.Errorf("statuses %v", count)
		}
		s.next(t, "has waited for its turn for too long")
		s.end()
	})
}
