package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/testproc"
)

// TestLiveHTTPBridge calls scripts/httpBridge.lua from a SIP phone, through the FreeSWITCH of
// ESLUA_LIVE. ESLUA_LIVE_SIP is host:port of its external profile, and of its internal one
// after a comma. Its public context needs
//
//	<extension name="eslua-live">
//	  <condition field="destination_number" expression="^eslua-live$">
//	    <action application="socket" data="${sip_h_X-Socket} async full"/>
//	    <action application="hangup" data="INTERWORKING"/>
//	  </condition>
//	</extension>
//
// its external profile a gateway eslua-live, which registers nowhere, with the proxy
// 127.0.0.1:17199, and its directory the user 1000 with the password test1234.
func TestLiveHTTPBridge(t *testing.T) {
	address, password := livetest.Address(t)
	external, internal, _ := strings.Cut(os.Getenv("ESLUA_LIVE_SIP"), ",")
	if internal == "" {
		t.Skip("ESLUA_LIVE_SIP names no SIP profiles")
	}
	callee := newPhone(t, "127.0.0.1:17199")
	callee.register(t, internal, "127.0.0.1", "1000", "test1234")
	service := &bridgeService{came: make(chan struct{}, 1000)}
	ctx := testproc.Context(t)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	dir := directory(t, map[string]string{"eslua.yaml": strings.NewReplacer("SETTINGS", `url: "`+server.URL+`/calls"`, "ADDRESS", fmt.Sprintf("%q", strings.TrimPrefix(server.URL, "http://"))).Replace(bridgeConfig)})
	s := startServe(t, "--config", filepath.Join(dir, "eslua.yaml"), "--listen", "127.0.0.1:0", "--esl", address, "--password", password)
	socket := s.listens(t) + "/httpBridge"

	dialstring := func(numbers ...string) string {
		var all []string
		for _, n := range numbers {
			all = append(all, "sofia/external/"+n+"@127.0.0.1:17199")
		}
		return fmt.Sprintf(`{"dial": {"type": "dialstring", "dialstring": %q}}`, strings.Join(all, ","))
	}
	for _, c := range []struct{ name, answer, leave, told, numbers, heard, cause string }{
		{"gateway", `{"dial": {"type": "gateway", "gateway": "eslua-live", "number": "180-200"}}`, "", allFour, "180-200", "100 180 200 BYE", "16"},
		{"number at a user", `{"dial": {"type": "user", "user": "1000", "number": "180-183-200"}}`, "", "request ring progress answer hangup", "180-183-200", "100 180 183 200 BYE", "16"},
		{"no such device", `{"dial": {"type": "user", "user": "1019"}}`, "", "request hangup", "", "100 480", "806"},
		{"ip", `{"dial": {"type": "ip", "ip": "127.0.0.1:17199", "number": "183-200"}}`, "", "request progress answer hangup", "183-200", "100 183 200 BYE", "16"},
		{"dial string", dialstring("180-200"), "", allFour, "180-200", "100 180 200 BYE", "16"},
		{"hangup 16", `{"dial": {"type": "hangup", "cause": 16}}`, "", "request hangup", "", "100 480", "16"},
		{"hangup 17", `{"dial": {"type": "hangup", "cause": "17"}}`, "", "request hangup", "", "100 486", "17"},
		{"hangup by a name", `{"dial": {"type": "hangup", "cause": "CALL_REJECTED"}}`, "", "request hangup", "", "100 603", "21"},
		{"hangup with 500", `{"dial": {"type": "hangup", "sipcode": 500}}`, "", "request hangup", "", "100 500", "41"},
		{"hangup with 404", `{"dial": {"type": "hangup", "sipcode": "404"}}`, "", "request hangup", "", "100 404", "1"},
		{"hangup with 699", `{"dial": {"type": "hangup", "sipcode": 699, "cause": 16}}`, "", "request hangup", "", "100 699", "31"},
		{"busy", dialstring("180-486", "180-200"), "", "request ring hangup", "180-486", "100 180 486", "17"},
		{"rejected", dialstring("603", "180-200"), "", "request hangup", "603", "100 603", "21"},
		{"down", dialstring("503", "180-200"), "", allFour, "503 180-200", "100 180 200 BYE", "16"},
		{"all down", dialstring("503", "500"), "", "request hangup", "503 500", "100 500", "41"},
		{"no gateway", `{"dial": {"type": "dialstring", "dialstring": "sofia/gateway/none/1,sofia/gateway/eslua-live/180-200"}}`, "", allFour, "180-200", "100 180 200 BYE", "16"},
		{"the caller cancels", dialstring("180"), "180", "request ring hangup", "180", "100 180 487", "487"},
		{"the caller leaves", dialstring("180-200"), "200", allFour, "180-200", "100 180 200 left", "16"},
		{"not JSON", "<html>", "", "request", "", "100 503", ""},
		{"hostile", `{"variables": {"execute_on_ring": "system touch /tmp/x"}, "dial": {"type": "user", "user": "1000"}}`, "", "request", "", "100 503", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			service.mu.Lock()
			service.told, service.answer = nil, says(c.answer)
			service.mu.Unlock()
			before := len(callee.numbers())
			heard := newPhone(t, "127.0.0.1:0").call(t, external, socket, c.leave)
			if got := strings.Join(heard, " "); got != c.heard {
				t.Errorf("the caller gets %q, want %q", got, c.heard)
			}
			for service.actions() != c.told && ctx.Err() == nil {
				select {
				case <-service.came:
				case <-ctx.Done():
				}
			}
			if got := service.actions(); got != c.told {
				t.Errorf("the service is told %q, want %q", got, c.told)
			}
			if got := service.last().Get("cause"); got != c.cause {
				t.Errorf("the cause is %q, want %q", got, c.cause)
			}
			if got := strings.Join(callee.numbers()[before:], " "); got != c.numbers {
				t.Errorf("dialled %q, want %q", got, c.numbers)
			}
		})
	}
	s.ends(t)
}
