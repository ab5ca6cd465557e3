package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/push"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// holdNATS keeps a NATS server for the tests of this process; see natsbubble.Hold.
var holdNATS = sync.OnceValue(func() error {
	_, err := natsbubble.Hold()
	return err
})

// natsInBubble runs a test in a bubble in which NATS may be used. No two may run side by
// side.
func natsInBubble(t *testing.T, test func(t *testing.T)) {
	if err := holdNATS(); err != nil {
		t.Fatal(err)
	}
	natsbubble.Bubble(t, test)
}

const pushSecrets = "[whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=]"

// A pushed is one document that an endpoint got.
type pushed struct {
	endpoint, id string
	Type         string
	Timestamp    string
	Data         push.Call
	text         string
	header       http.Header
}

// pushServer is the endpoints.
type pushServer struct {
	t     *testing.T
	got   chan pushed
	queue []pushed // that next has passed over
}

func (s *pushServer) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p := pushed{endpoint: r.URL.Path[1:], id: r.Header.Get("Webhook-Id"), text: string(body), header: r.Header}
	if err := json.Unmarshal(body, &p); err != nil {
		s.t.Errorf("%s is no JSON: %v", body, err)
	}
	s.got <- p
}

// next returns the next document for an endpoint.
func (s *pushServer) next(endpoint string) pushed {
	s.t.Helper()
	for i, p := range s.queue {
		if p.endpoint == endpoint {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			return p
		}
	}
	timeout := time.After(time.Minute)
	for {
		select {
		case p := <-s.got:
			if p.endpoint == endpoint {
				return p
			}
			s.queue = append(s.queue, p)
		case <-timeout:
			s.t.Fatalf("%s was told nothing; the others %+v", endpoint, s.queue)
		}
	}
}

// nothing fails if anything comes within a minute that next has not returned.
func (s *pushServer) nothing() {
	s.t.Helper()
	time.Sleep(time.Minute)
	for len(s.got) > 0 {
		s.queue = append(s.queue, <-s.got)
	}
	if len(s.queue) > 0 {
		s.t.Errorf("came besides: %+v", s.queue)
	}
}

func newPushServer(t *testing.T, n *memnet.Network) (*pushServer, string) {
	l := n.Listen()
	s := &pushServer{t: t, got: make(chan pushed, 1000)}
	server := &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		time.Sleep(time.Minute) // its handlers end
	})
	return s, "http://" + l.Addr().String()
}

// What is configured is pushed: the detail of each call, once, whoever has served it;
// recordings; events; with the variables that are named and as a script shapes it.
func TestPushes(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"pay": `session:answer() session:setVariable("crm_id", "4711") session:setVariable("crm_token", "hidden") session:execute("record_session", "/r/1.wav") session:sleep(2500)
session:execute("stop_record_session", "/r/1.wav") session:hangup("NORMAL_CLEARING")`,
			"shape": `if push.data.cause.name == "ORIGINATOR_CANCEL" then push = nil return end push.data = {cause = push.data.cause, extra = argv[1], list = {1, 2}}`,
		})
		server, url := newPushServer(t, site.net)
		s := site.serve(fmt.Sprintf(`state: %s
endpoints:
  all: {url: %[2]s/all, secrets: %[3]s}
  paid: {url: %[2]s/paid}
  tape: {url: %[2]s/tape}
  shaped: {url: %[2]s/shaped}
  events: {url: %[2]s/events}
pushes:
  - {on: call_end, endpoints: [all], variables: [crm_id, "crm_*", none]}
  - {on: call_end, endpoints: [paid], flows: [pay]}
  - {on: recording, endpoints: [tape]}
  - {on: call_end, endpoints: [shaped], script: shape.lua x}
  - {on: CHANNEL_ANSWER, endpoints: [events], variables: [crm_token], flows: [pay]}
`, t.TempDir(), url, pushSecrets))
		address := s.listens(t)
		s.next(t, "connected to FreeSWITCH")
		dial := func(number string, who switchsim.Caller, actions ...switchsim.Action) {
			site.sim.SetExtension("default", switchsim.Extension{Match: number, Actions: actions})
			who.Number, who.Name, who.Destination = "1000", "An\xffna \x1b[2J"+strings.Repeat("x", 5000), number
			<-site.sim.Call(who).Done()
		}

		time.Sleep(time.Second - time.Since(time.Now().Truncate(time.Second)) - 100*time.Millisecond) // FreeSWITCH cuts the times, so that 2.5 seconds become 3
		dial("pay", switchsim.Caller{UUID: "5ac3c5e2-0000-11f0-9d0a-000000000001"}, switchsim.Action{App: "socket", Data: address + "/pay async full"})
		for _, endpoint := range []string{"all", "paid"} {
			p := server.next(endpoint)
			c := p.Data
			if p.Type != "call.ended" || c.UUID != "5ac3c5e2-0000-11f0-9d0a-000000000001" || c.Flow != "pay" || c.Version == "" || c.Node != "fs" || c.Direction != "inbound" || c.Caller.Number != "1000" || c.Destination != "pay" ||
				!strings.HasPrefix(c.Caller.Name, "An\uFFFDna \uFFFD[2Jxxx") || len(c.Caller.Name) > 300 ||
				c.Billable != 3 || c.BillableMs < 2500 || c.BillableMs > 2600 || c.Cause.Number != 16 || c.Cause.Name != "NORMAL_CLEARING" || p.Timestamp != c.End {
				t.Errorf("%s got %s", endpoint, p.text)
			}
			if len(c.Recordings) != 1 || c.Recordings[0].Path != "/r/1.wav" || c.Recordings[0].Millis < 2400 {
				t.Errorf("the recordings are %+v", c.Recordings)
			}
			if start, err := time.Parse(time.RFC3339Nano, c.Start); err != nil || start.IsZero() || c.Answer < c.Start || c.End < c.Answer {
				t.Errorf("the times are %q %q %q %v", c.Start, c.Answer, c.End, err)
			}
			if endpoint == "paid" {
				continue
			}
			if fmt.Sprint(c.Variables) != "map[crm_id:4711]" {
				t.Errorf("the variables are %v", c.Variables)
			}
			for _, secret := range strings.Split(strings.Trim(pushSecrets, "[]"), ", ") { // while the keys change, both sign
				if hook, err := webhook.NewWebhook(secret); err != nil || hook.Verify([]byte(p.text), p.header) != nil {
					t.Errorf("the signature %q does not fit %s", p.header.Get("Webhook-Signature"), secret)
				}
			}
		}
		if p := server.next("tape"); p.Type != "recording.finished" || !strings.Contains(p.text, `"path":"/r/1.wav"`) || !strings.Contains(p.text, `"call":"5ac3c5e2-0000-11f0-9d0a-000000000001","node":"fs","flow":"pay"`) {
			t.Errorf("tape got %s", p.text)
		}
		if p := server.next("shaped"); !strings.Contains(p.text, `"data":{"cause":{"name":"NORMAL_CLEARING","number":16,"q850":16},"extra":"x","list":[1,2]}`) {
			t.Errorf("shaped got %s", p.text)
		}
		if p := server.next("events"); p.Type != "event.CHANNEL_ANSWER" || !strings.Contains(p.text, `"Event-Name":"CHANNEL_ANSWER"`) {
			t.Errorf("events got %s", p.text)
		}

		// Without a flow: a leg that is busy, and a caller who hangs up while it rings.
		for _, far := range []switchsim.Endpoint{{Dial: "user/busy", Cause: "USER_BUSY", Ring: time.Second}, {Dial: "user/far", Silent: true}} {
			site.sim.SetEndpoint(far)
		}
		dial("busy", switchsim.Caller{UUID: "5ac3c5e2-0000-11f0-9d0a-000000000002"}, switchsim.Action{App: "bridge", Data: "user/busy"}, switchsim.Action{App: "hangup", Data: "USER_BUSY"})
		if c := server.next("all").Data; c.UUID != "5ac3c5e2-0000-11f0-9d0a-000000000002" || c.Flow != "" || c.Answer != "" || c.Billable != 0 || c.Cause.Number != 17 || len(c.Legs) != 1 || c.Legs[0].Cause.Name != "USER_BUSY" || c.Legs[0].End == "" {
			t.Errorf("busy: %+v", c)
		}
		server.next("shaped")
		dial("cancel", switchsim.Caller{UUID: "5ac3c5e2-0000-11f0-9d0a-000000000003", Script: []switchsim.Step{switchsim.After(3 * time.Second).Hangup("ORIGINATOR_CANCEL")}}, switchsim.Action{App: "bridge", Data: "user/far"})
		if c := server.next("all").Data; c.UUID != "5ac3c5e2-0000-11f0-9d0a-000000000003" || c.Ring == "" || c.Answer != "" || c.Duration != 3 || c.Cause.Name != "ORIGINATOR_CANCEL" || c.Cause.Number != 487 || c.Cause.Q850 != 16 || len(c.Legs) != 1 {
			t.Errorf("cancelled: %+v", c)
		}
		server.nothing()
		if st, err := s.admin().Status(t.Context(), false); err != nil || len(st.Pushes) != 5 || st.Pushes[0].Kept != 3 || st.Pushes[3].Dropped != 1 {
			t.Errorf("the status says %+v %v", st.Pushes, err)
		}

		// The document of the last call is kept before eslua ends, and comes when it runs again.
		dial("last", switchsim.Caller{UUID: "5ac3c5e2-0000-11f0-9d0a-000000000004"}, switchsim.Action{App: "answer"})
		s.signals <- syscall.SIGTERM
		s.endsItself(t)
		again := startServeOn(t, site.net, "--config", site.dir+"/eslua.yaml", "--scripts", site.dir)
		if c := server.next("all").Data; c.UUID != "5ac3c5e2-0000-11f0-9d0a-000000000004" {
			t.Errorf("the last is %+v", c)
		}
		again.ends(t)
	})
}

// The example's configuration is right, and its script does what it says; also for calls
// of which only their own connection tells, because there is no node.
func TestExamplePush(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		const example = "../../examples/push"
		var out strings.Builder
		p := &program{stdout: &out, stderr: &out, getenv: noEnv, clock: clock.System()}
		if code := p.main(t.Context(), []string{"check", "--config", example + "/eslua.yaml", "--scripts", example}); code != exitFine {
			t.Errorf("eslua check: exit code %d: %s", code, out.String())
		}
		shape, err := os.ReadFile(example + "/shape.lua")
		if err != nil {
			t.Fatal(err)
		}
		site := newJobSite(t, map[string]string{"shape": string(shape), "quick": `session:hangup("USER_BUSY")`, "pay": `session:answer() session:sleep(1000) session:hangup()`})
		server, url := newPushServer(t, site.net)
		write(t, site.dir, "eslua.yaml", fmt.Sprintf("state: %s\nendpoints: {crm: {url: %s/crm}}\npushes: [{on: call_end, endpoints: [crm], script: shape.lua}]\n", t.TempDir(), url))
		s := startServeOn(t, site.net, "--config", site.dir+"/eslua.yaml", "--scripts", site.dir)
		address := s.listens(t)
		for _, number := range []string{"quick", "pay"} {
			site.sim.SetExtension("default", switchsim.Extension{Match: number, Actions: []switchsim.Action{{App: "socket", Data: address + "/" + number + " async full"}, {App: "hangup"}}})
			<-site.sim.Call(switchsim.Caller{Number: "491701234567", Destination: number}).Done()
		}
		if c := server.next("crm").Data; c.Caller.Number != "*********567" || c.Flow != "pay" || c.Node != "" {
			t.Errorf("got %+v", c)
		}
		server.nothing()

		write(t, site.dir, "shape.lua", `error("not this one")`)
		s.next(t, "a new generation serves")
		<-site.sim.Call(switchsim.Caller{Number: "1000", Destination: "pay"}).Done()
		s.next(t, "a push is dropped, because its script failed")
		server.nothing()
		if st, err := s.admin().Status(t.Context(), false); err != nil || st.Pushes[0].Lost != 1 || !strings.Contains(strings.Join(st.Advice(), "\n"), "push call_end to crm: 1 documents were lost") {
			t.Errorf("%+v %v", st.Pushes, err)
		}
		s.ends(t)
	})
}
