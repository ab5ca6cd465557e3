package main

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// A bridgeService stands for the web service that says where calls go.
type bridgeService struct {
	answer func(w http.ResponseWriter, r *http.Request)
	came   chan struct{} // gets one for each request; nil: nobody waits for them

	mu   sync.Mutex
	told []url.Values
}

func (s *bridgeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.told = append(s.told, r.URL.Query())
	s.mu.Unlock()
	if s.came != nil {
		s.came <- struct{}{}
	}
	s.answer(w, r)
}

// actions returns what the service was told, in order.
func (s *bridgeService) actions() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, q := range s.told {
		all = append(all, q.Get("action"))
	}
	return strings.Join(all, " ")
}

// last returns what the service was told last.
func (s *bridgeService) last() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.told) == 0 {
		return nil
	}
	return s.told[len(s.told)-1]
}

// says answers a request with a text, and a notice with none.
func says(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("action") == "request" {
			_, _ = w.Write([]byte(text))
		}
	}
}

// A bridgeCall is a call that scripts/httpBridge.lua serves.
type bridgeCall struct {
	name     string
	answer   func(http.ResponseWriter, *http.Request)
	settings string           // YAML
	caller   []switchsim.Step // nil: the callee hangs up
	told     string           // what the service is told, in order; "-": not compared
	dialled  string           // the channels that are dialled, in order
	cause    string           // why the caller's channel ends
	log      string           // a part of the line that the log has
	check    func(*testing.T, *bridgeService, *switchsim.Call)
}

const (
	allFour   = "request ring answer hangup"
	fellBack  = "NETWORK_OUT_OF_ORDER" // of the flow's fallback
	gatewayGW = `{"variables": {"origination_caller_id_number": "555"}, "dial": {"type": "gateway", "number": "123456", "gateway": "gw"}}`
)

// bridgeFar lists who can be dialled.
func bridgeFar() []switchsim.Endpoint {
	hangsUp := []switchsim.Step{switchsim.After(10 * time.Second).Hangup()}
	answers := func(dial string) switchsim.Endpoint {
		return switchsim.Endpoint{Dial: dial, Channel: dial, Ring: 2 * time.Second, Script: hangsUp}
	}
	refuses := func(dial, cause string) switchsim.Endpoint {
		return switchsim.Endpoint{Dial: dial, Channel: dial, Ring: time.Second, Cause: cause}
	}
	early := answers("sofia/gateway/early/1")
	early.EarlyMedia = true
	silent := answers("sofia/gateway/silent/1")
	silent.Silent = true
	return []switchsim.Endpoint{
		answers("sofia/gateway/gw/123456"), answers("user/1000"), answers("sofia/internal/sip:123456@127.0.0.1:5066"),
		answers("sofia/external/123456@10.0.0.9:5060"), answers("sofia/external/158@10.0.0.9"), answers("sofia/gateway/second/123456"), early, silent,
		refuses("sofia/gateway/busy/1", "USER_BUSY"), refuses("sofia/gateway/rejects/1", "CALL_REJECTED"), refuses("sofia/gateway/down/1", "NORMAL_TEMPORARY_FAILURE"),
	}
}

func bridgeCalls(t *testing.T) []bridgeCall {
	dialstring := func(text string) func(http.ResponseWriter, *http.Request) {
		return says(fmt.Sprintf(`{"dial": {"type": "dialstring", "dialstring": %q}}`, text))
	}
	const gw = "sofia/gateway/gw/123456"
	calls := []bridgeCall{
		{name: "gateway", answer: says(gatewayGW), told: allFour, dialled: gw, cause: "NORMAL_CLEARING", check: func(t *testing.T, s *bridgeService, _ *switchsim.Call) {
			if q := s.last(); q.Get("cause") != "16" || q.Get("cause_name") != "NORMAL_CLEARING" || q.Get("duration") != "12" || q.Get("billsec") != "10" {
				t.Errorf("the end of the call is told as %v", q)
			}
			if q := s.told[0]; q.Get("caller") != "1000" || q.Get("called") != "7000" || q.Get("direction") != "inbound" || q.Get("uuid") == "" || q.Get("uuid") != s.last().Get("uuid") {
				t.Errorf("the service is asked with %v", q)
			}
		}},
		{name: "user", answer: says(`{"dial": {"type": "user", "number": "1000", "user": "1000"}}`), told: allFour, dialled: "user/1000", cause: "NORMAL_CLEARING"},
		{name: "number at a user", answer: says(`{"dial": {"type": "user", "number": "123456", "user": "1000"}}`), told: allFour, dialled: "sofia/internal/sip:123456@127.0.0.1:5066", cause: "NORMAL_CLEARING"},
		{name: "ip", answer: says(`{"dial": {"type": "ip", "number": 123456, "ip": "10.0.0.9:5060", "sofia": "external"}}`), told: allFour, dialled: "sofia/external/123456@10.0.0.9:5060", cause: "NORMAL_CLEARING"},
		{name: "dial string", answer: dialstring("sofia/external/158@10.0.0.9"), told: allFour, dialled: "sofia/external/158@10.0.0.9", cause: "NORMAL_CLEARING"},
		{name: "early media", answer: dialstring("sofia/gateway/early/1"), told: "request progress answer hangup", dialled: "sofia/gateway/early/1", cause: "NORMAL_CLEARING"},
		{name: "hangup with a number", answer: says(`{"dial": {"type": "hangup", "cause": 17}}`), told: "request hangup", cause: "USER_BUSY"},
		{name: "hangup with a name", answer: says(`{"dial": {"type": "hangup", "cause": "call_rejected"}}`), told: "request hangup", cause: "CALL_REJECTED"},
		{name: "hangup with a status", answer: says(`{"dial": {"type": "hangup", "sipcode": "404"}}`), told: "request hangup", cause: "UNALLOCATED_NUMBER"},

		{name: "a gateway that is down", answer: dialstring("sofia/gateway/down/1," + gw), told: allFour, dialled: "sofia/gateway/down/1 " + gw, cause: "NORMAL_CLEARING"},
		{name: "no such gateway", answer: dialstring("sofia/gateway/none/1," + gw), told: allFour, dialled: gw, cause: "NORMAL_CLEARING"},
		{name: "a callee who is busy", answer: dialstring("sofia/gateway/busy/1," + gw), told: "request ring hangup", dialled: "sofia/gateway/busy/1", cause: "USER_BUSY"},
		{name: "a callee who rejects", answer: dialstring("{ignore_early_media=true}sofia/gateway/rejects/1,sofia/gateway/second/123456"), told: "request ring hangup", dialled: "sofia/gateway/rejects/1", cause: "CALL_REJECTED"},
		{name: "causes of one's own", answer: dialstring("sofia/gateway/busy/1," + gw), settings: "final_causes: CALL_REJECTED", told: allFour, dialled: "sofia/gateway/busy/1 " + gw, cause: "NORMAL_CLEARING"},
		{name: "nobody is reached", answer: dialstring("sofia/gateway/down/1,sofia/gateway/down/1"), told: "request ring hangup", dialled: "sofia/gateway/down/1 sofia/gateway/down/1", cause: "NORMAL_TEMPORARY_FAILURE"},

		{name: "no notices", answer: says(gatewayGW), settings: "notify: 0", told: "request", dialled: gw, cause: "NORMAL_CLEARING"},
		{name: "variables", answer: says(strings.Replace(gatewayGW, `"555"`, `86138001380001, "answer_me": true, "account": 8613800138000138, "note": " O'Neil, [x] {y} | z "`, 1)), settings: `variables: "caller_id_name, domain_name"`, told: allFour, dialled: gw, cause: "NORMAL_CLEARING",
			check: func(t *testing.T, s *bridgeService, call *switchsim.Call) {
				if v := call.Variable("account"); v != "8613800138000138" {
					t.Errorf("account is %q", v)
				}
				if v := call.Variable("note"); v != "O'Neil, [x] {y} | z" {
					t.Errorf("note is %q", v)
				}
				if q := s.last(); q.Get("caller_id_name") != "Pat & Jo" {
					t.Errorf("the service is told %v", q)
				}
			}},
		{name: "the caller hangs up while it rings", answer: dialstring("sofia/gateway/silent/1"), caller: []switchsim.Step{switchsim.After(5 * time.Second).Hangup("ORIGINATOR_CANCEL")},
			told: "request ring hangup", dialled: "sofia/gateway/silent/1", cause: "ORIGINATOR_CANCEL"},
		{name: "the caller hangs up in the conversation", answer: says(gatewayGW), caller: []switchsim.Step{switchsim.After(7 * time.Second).Hangup()}, told: allFour, dialled: gw, cause: "NORMAL_CLEARING"},
		{name: "the caller hangs up while the service thinks", answer: func(w http.ResponseWriter, r *http.Request) { time.Sleep(2 * time.Second); says(gatewayGW)(w, r) },
			caller: []switchsim.Step{switchsim.After(time.Second).Hangup("ORIGINATOR_CANCEL")}, told: "request hangup", cause: "ORIGINATOR_CANCEL"},
		{name: "slow notices", answer: func() func(http.ResponseWriter, *http.Request) {
			var asked atomic.Int32
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("action") != "request" {
					if asked.Add(1) > 1 {
						t.Error("a notice comes before the one before it has arrived")
					}
					time.Sleep(2500 * time.Millisecond)
					asked.Add(-1)
				}
				says(gatewayGW)(w, r)
			}
		}(), told: allFour, dialled: gw, cause: "NORMAL_CLEARING", check: func(t *testing.T, s *bridgeService, _ *switchsim.Call) {
			if q := s.last(); q.Get("duration") != "12" || q.Get("billsec") != "10" {
				t.Errorf("a slow service delays the call: %v", q)
			}
		}},
		{name: "dead notices", answer: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("action") != "request" {
				panic(http.ErrAbortHandler)
			}
			says(gatewayGW)(w, r)
		}, settings: "retries: 0", told: "-", dialled: gw, cause: "NORMAL_CLEARING", log: "was not told"},
		{name: "a retry", answer: func() func(w http.ResponseWriter, r *http.Request) {
			asked := 0
			return func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked == 1 {
					panic(http.ErrAbortHandler)
				}
				says(gatewayGW)(w, r)
			}
		}(), told: "request " + allFour, dialled: gw, cause: "NORMAL_CLEARING"},
		{name: "the backup", answer: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/calls" {
				w.WriteHeader(http.StatusBadGateway)
			} else {
				says(gatewayGW)(w, r)
			}
		}, settings: "backup_url: URL/backup", told: "request " + allFour, dialled: gw, cause: "NORMAL_CLEARING", log: "the status is 502"},
		{name: "variables in the URL", answer: func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("number") != "7000" || q.Get("name") != "Pat & Jo" || q.Get("none") != "" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			says(gatewayGW)(w, r)
		}, settings: `url: "URL/?number=${destination_number}&name=${caller_id_name}&none=${no_such_variable}"`, told: allFour, dialled: gw, cause: "NORMAL_CLEARING"},
	}
	return append(calls, append(carelessAnswers(), hostileAnswers()...)...)
}

// carelessAnswers returns calls with the answers of services that have no JSON library.
func carelessAnswers() (calls []bridgeCall) {
	for _, c := range []struct{ name, text, log string }{
		{"a byte order mark", "\ufeff" + gatewayGW, "makes a mistake in its JSON: line 1, column 1,"},
		{"typographic quotes", strings.ReplaceAll(gatewayGW, `"`, `“`), "makes a mistake in its JSON: line 1, column 2,"},
		{"a comma too many", "{\"dial\": {\"type\": \"gateway\", \"number\": \"123456\", \"gateway\": \"gw\",\n}}", "makes a mistake in its JSON: line 2, column 1,"},
		{"names of any case", `{"dial": {"type": "GateWay", "number": " 123456 ", "gateway": "gw"}}`, ""},
	} {
		calls = append(calls, bridgeCall{name: c.name, answer: says(c.text), told: allFour, dialled: "sofia/gateway/gw/123456", cause: "NORMAL_CLEARING", log: c.log})
	}
	for _, c := range []struct{ name, text, log string }{
		{"empty", "", "it is empty"},
		{"no JSON", "<html>\n<b>Fatal error</b>", `line 1, column 1, at \"<html>`},
		{"cut", `{"dial": {"type": "gateway",`, "line 1, column 29, at its end"},
		{"huge", strings.Repeat(" ", 2<<20) + gatewayGW, "the answer is too long"},
		{"a list", `[1]`, "dial is missing"},
		{"null", `null`, "dial is missing"},
		{"no dial", `{"variables": {}}`, "dial is missing"},
		{"an unknown type", `{"dial": {"type": "fax", "number": "1"}}`, "dial.type is fax"},
		{"no type", `{"dial": {"number": "1"}}`, "dial.type is nil"},
		{"no number", `{"dial": {"type": "gateway", "gateway": "gw"}}`, "dial.number is missing"},
		{"no gateway", `{"dial": {"type": "gateway", "number": "1", "gateway": null}}`, "dial.gateway is missing"},
		{"a number that is a list", `{"dial": {"type": "gateway", "number": ["1"], "gateway": "gw"}}`, "dial.number is a list or an object"},
		{"an empty number", `{"dial": {"type": "ip", "number": "", "ip": "10.0.0.9"}}`, `dial.number is \"\"`},
		{"no cause", `{"dial": {"type": "hangup"}}`, "dial.cause and dial.sipcode are missing"},
		{"an unknown cause", `{"dial": {"type": "hangup", "cause": "BUSY"}}`, "dial.cause is no hangup cause: BUSY"},
		{"a wrong status", `{"dial": {"type": "hangup", "sipcode": 200}}`, "dial.sipcode is none from 400 to 699: 200"},
		{"an empty dial string", `{"dial": {"type": "dialstring", "dialstring": ""}}`, "the dial string names no endpoint"},
	} {
		calls = append(calls, bridgeCall{name: c.name, answer: says(c.text), told: "request", cause: fellBack, log: c.log})
	}
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	late := func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Minute); says(gatewayGW)(w, r) }
	return append(calls,
		bridgeCall{name: "500", answer: status(500), told: "request", cause: fellBack, log: "the status is 500"},
		bridgeCall{name: "204", answer: status(204), told: "request", cause: fellBack, log: "it is empty"},
		bridgeCall{name: "late", answer: late, settings: "retries: 0", told: "request", cause: fellBack, log: "no answer:"},
		bridgeCall{name: "late, and retried", answer: late, settings: "retries: 5", told: "-", cause: fellBack, log: "no answer:", check: func(t *testing.T, _ *bridgeService, call *switchsim.Call) {
			if s := call.Variable("duration"); s != "6" {
				t.Errorf("the caller waits %s seconds", s)
			}
		}},
	)
}

// hostileAnswers try to have FreeSWITCH do something else than to dial.
func hostileAnswers() (calls []bridgeCall) {
	for _, c := range []struct{ name, text, log string }{
		{"a second leg in the number", `{"dial": {"type": "gateway", "number": "1,user/1000", "gateway": "gw"}}`, "dial.number is"},
		{"| in the gateway", `{"dial": {"type": "gateway", "number": "1", "gateway": "gw/1|user"}}`, "dial.gateway is"},
		{":_: in the ip", `{"dial": {"type": "ip", "number": "1", "ip": "10.0.0.9:_:user/1000"}}`, "dial.ip is"},
		{"a route in the number", `{"dial": {"type": "gateway", "number": "1;fs_path=sip:evil.example.com", "gateway": "gw"}}`, "dial.number is"},
		{"an @ in the number", `{"dial": {"type": "gateway", "number": "1@evil.example.com", "gateway": "gw"}}`, "dial.number is"},
		{"braces in the user", `{"dial": {"type": "user", "user": "{api_on_ring=shutdown}1000"}}`, "dial.user is"},
		{"brackets in the profile", `{"dial": {"type": "ip", "number": "1", "ip": "10.0.0.9", "sofia": "[execute_on_ring=system ls]external"}}`, "dial.sofia is"},
		{"a variable in the number", `{"dial": {"type": "gateway", "number": "${system(ls)}", "gateway": "gw"}}`, "dial.number is"},
		{"a line break in the number", `{"dial": {"type": "gateway", "number": "1\n\napi shutdown", "gateway": "gw"}}`, "dial.number is"},
		{"a NUL in the number", `{"dial": {"type": "gateway", "number": "1\u0000", "gateway": "gw"}}`, "dial.number is"},
		{"execute_on_answer", `{"variables": {"execute_on_answer": "system ls"}, "dial": {"type": "user", "user": "1000"}}`, "is not granted"},
		{"Execute_On_Ring_2", `{"variables": {"Execute_On_Ring_2": "system::ls"}, "dial": {"type": "user", "user": "1000"}}`, "is not granted"},
		{"api_hangup_hook", `{"variables": {"api_hangup_hook": "system ls"}, "dial": {"type": "user", "user": "1000"}}`, "is not granted"},
		{"origination_nested_vars", `{"variables": {"origination_caller_id_name": "x", "nolocal:api_on_answer": "shutdown"}, "dial": {"type": "user", "user": "1000"}}`, "is not granted"},
		{"${} in a variable", `{"variables": {"note": "${system(ls)}"}, "dial": {"type": "user", "user": "1000"}}`, "it has ${ in it"},
		{"a line break in a variable", `{"variables": {"note": "a\r\nb"}, "dial": {"type": "user", "user": "1000"}}`, "it has a control character"},
		{"a line break in the name of a variable", `{"variables": {"a\nb": "1"}, "dial": {"type": "user", "user": "1000"}}`, "a variable named"},
		{"= in the name of a variable", `{"variables": {"a=b,c": "1"}, "dial": {"type": "user", "user": "1000"}}`, "a variable named"},
		{"an object as a variable", `{"variables": {"a": {"b": 1}}, "dial": {"type": "user", "user": "1000"}}`, "variables.a is a list or an object"},
		{"a program in a dial string", `{"dial": {"type": "dialstring", "dialstring": "{execute_on_ring='system ls'}user/1000"}}`, "is not granted"},
		{"a program in one leg of a dial string", `{"dial": {"type": "dialstring", "dialstring": "user/1000,[api_on_answer=shutdown]user/1000"}}`, "is not granted"},
		{"${} in a dial string", `{"dial": {"type": "dialstring", "dialstring": "user/${global_getvar(default_password)}"}}`, "it has ${ in it"},
		{"a line break in a dial string", `{"dial": {"type": "dialstring", "dialstring": "user/1000\n\napi shutdown"}}`, "cannot be dialled"},
		{"another way to dial", `{"dial": {"type": "dialstring", "dialstring": "user/1000:_:user/1000"}}`, ":_:"},
		{"an application to dial", `{"dial": {"type": "dialstring", "dialstring": "loopback/app=system:ls"}}`, "is not granted"},
		{"a cause with arguments", `{"dial": {"type": "hangup", "cause": "USER_BUSY\n\napi shutdown"}}`, "dial.cause is no hangup cause"},
		{"a status with arguments", `{"dial": {"type": "hangup", "sipcode": "500 x\r\nContact: <sip:evil>"}}`, "dial.sipcode is none"},
	} {
		calls = append(calls, bridgeCall{name: "hostile: " + c.name, answer: says(c.text), told: "-", cause: fellBack, log: c.log})
	}
	return calls
}

// TestHTTPBridge has scripts/httpBridge.lua serve calls by the answers of an HTTP server.
func TestHTTPBridge(t *testing.T) {
	t.Parallel()
	for _, c := range bridgeCalls(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testproc.Bubble(t, c.play)
		})
	}
}

const bridgeConfig = `flows:
  httpBridge:
    settings: {SETTINGS}
    fallback: hangup NETWORK_OUT_OF_ORDER
    grants: {hosts: [ADDRESS], endpoints: [httpBridge]}
`

func (c bridgeCall) play(t *testing.T) {
	n := memnet.New()
	service := &bridgeService{answer: c.answer}
	address := serveHTTP(t, n, service)
	settings := strings.ReplaceAll(c.settings, "URL", "http://"+address)
	if !strings.HasPrefix(settings, "url:") {
		settings = `url: "http://` + address + `/calls?key=a%20b", ` + settings
	}
	dir := directory(t, map[string]string{"eslua.yaml": strings.NewReplacer("SETTINGS", settings, "ADDRESS", fmt.Sprintf("%q", address)).Replace(bridgeConfig)})
	sim := simulatedOn(t, n, switchsim.Config{Endpoints: bridgeFar(), Dialplan: switchsim.Dialplan{"default": {
		{Match: "7000", Actions: []switchsim.Action{{App: "socket", Data: "127.0.0.1:8084/httpBridge async full"}, {App: "hangup", Data: "INTERWORKING"}}},
	}}})
	s := startServeOn(t, n, "--config", filepath.Join(dir, "eslua.yaml"), "--listen", "127.0.0.1:8084")
	s.next(t, "taking calls")
	call := sim.Call(switchsim.Caller{Number: "1000", Name: "Pat & Jo", Destination: "7000", Script: c.caller})
	<-call.Done()
	if got := call.Cause(); got != c.cause {
		t.Errorf("the call ends with %s, want %s", got, c.cause)
	}
	time.Sleep(time.Hour) // everything that is still to come
	if got := service.actions(); got != c.told && c.told != "-" {
		t.Errorf("the service is told %q, want %q", got, c.told)
	}
	var dialled []string
	for _, r := range sim.Records() {
		if r.UUID != call.UUID() {
			dialled = append(dialled, r.Channel)
		}
	}
	if got := strings.Join(dialled, " "); got != c.dialled {
		t.Errorf("dialled %q, want %q", got, c.dialled)
	}
	for range len(s.lines) {
		s.said = append(s.said, <-s.lines)
	}
	s.ends(t)
	log := strings.Join(s.said, "\n")
	if !strings.Contains(log, c.log) {
		t.Errorf("the log does not say %q:\n%s", c.log, log)
	}
	if strings.Contains(log, "key=") {
		t.Errorf("the log shows the service's key:\n%s", log)
	}
	if c.check != nil {
		c.check(t, service, call)
	}
}

// serveHTTP serves on a network of the test's bubble and returns the address.
func serveHTTP(t *testing.T, n *memnet.Network, handler http.Handler) (address string) {
	l := n.Listen()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		time.Sleep(time.Minute) // its handlers end
	})
	return l.Addr().String()
}

// TestHTTPBridgeDurable has the notices go over the outbox.
func TestHTTPBridgeDurable(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		n, notices := memnet.New(), make(chan string, 100)
		address := serveHTTP(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if q.Get("action") == "request" {
				says(gatewayGW)(w, r)
				return
			}
			notices <- fmt.Sprint(r.Method, " ", q.Get("action"), " ", q.Get("key"), " ", r.Header.Get("Webhook-Id") != "", " ", q.Get("uuid"))
		}))
		url := "http://" + address + "/calls"
		dir := directory(t, map[string]string{"eslua.yaml": strings.NewReplacer("SETTINGS", `url: "`+url+`", notify: durable`, "ADDRESS", fmt.Sprintf("%q", address)).Replace(bridgeConfig) +
			"state: " + t.TempDir() + "\nendpoints: {httpBridge: {url: \"" + url + "?key=7\"}}\n"})
		sim := simulatedOn(t, n, switchsim.Config{Endpoints: bridgeFar(), Dialplan: switchsim.Dialplan{"default": {
			{Match: "7000", Actions: []switchsim.Action{{App: "socket", Data: "127.0.0.1:8084/httpBridge async full"}}},
		}}})
		s := startServeOn(t, n, "--config", filepath.Join(dir, "eslua.yaml"), "--listen", "127.0.0.1:8084")
		s.next(t, "taking calls")
		call := sim.Call(switchsim.Caller{Number: "1000", Destination: "7000"})
		<-call.Done()
		time.Sleep(time.Hour) // everything that is still to come
		for _, action := range []string{"ring", "answer", "hangup"} {
			select {
			case got := <-notices:
				if want := "GET " + action + " 7 true " + call.UUID(); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			default:
				t.Errorf("no notice of %s", action)
			}
		}
		s.ends(t)
	})
}
