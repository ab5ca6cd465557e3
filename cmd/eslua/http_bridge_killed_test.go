package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A noticed is a web service that says where calls go, and takes no notices until it heals.
type noticed struct {
	mu      sync.Mutex
	heals   bool
	ids     map[string]bool     // of the notices it has taken
	told    map[string][]string // actions by call
	changed chan struct{}       // gets one when it has taken one
}

func (s *noticed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("action") == "request" {
		says(gatewayGW)(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.heals {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if id := r.Header.Get("Webhook-Id"); !s.ids[id] {
		s.ids[id] = true
		s.told[q.Get("uuid")] = append(s.told[q.Get("uuid")], q.Get("action"))
		s.changed <- struct{}{}
	}
}

// waiting returns how many pushes of a host wait, 0 if it cannot be asked yet.
func (m *mortal) waiting(ctx context.Context) uint64 {
	var out bytes.Buffer
	p := &program{stdout: &out, stderr: io.Discard, clock: clock.System(), getenv: noEnv}
	p.main(ctx, []string{"outbox", "--state", "waiting", "--json", "--admin", m.dir + "/admin"})
	var all map[string]struct{ Total uint64 }
	_ = json.Unmarshal(out.Bytes(), &all)
	return all[durable.Waiting].Total
}

// TestHTTPBridgeIsKilled kills the host with kill -9 while its calls are connected: their
// dialplan goes on, and when the service heals, each notice that was kept arrives, in order.
func TestHTTPBridgeIsKilled(t *testing.T) {
	t.Parallel()
	s := &noticed{ids: map[string]bool{}, told: map[string][]string{}, changed: make(chan struct{}, 1000)}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s}
	go func() { _ = server.Serve(at) }()
	t.Cleanup(func() { _ = server.Close() })
	host := newMortal(t, "A", programFile(t, testproc.Binary(t)), "../../scripts", fmt.Sprintf(`state: STATE
flows: {httpBridge: {settings: {url: "http://%[1]s/", notify: durable}, grants: {hosts: ["%[1]s"], endpoints: [httpBridge]}}}
endpoints: {httpBridge: {url: "http://%[1]s/"}}
`, at.Addr()))
	sim := simulated(t, switchsim.Config{
		Endpoints: []switchsim.Endpoint{{Dial: "sofia/gateway/gw/123456", Channel: "sofia/gateway/gw/123456", Ring: 10 * time.Millisecond}},
		Dialplan: switchsim.Dialplan{"default": {{Match: "7000", Actions: []switchsim.Action{
			{App: "set", Data: "socket_resume=true"}, {App: "socket", Data: host.listen + "/httpBridge async full"}, {App: "hangup", Data: "INTERWORKING"},
		}}}},
	})
	ctx := testproc.Context(t)
	kills, each := testproc.Size(5, 2, 1), 3
	var calls []*switchsim.Call
	for range kills {
		host.start(t)
		for range each {
			calls = append(calls, sim.Call(switchsim.Caller{Number: "1000", Destination: "7000"}))
		}
		for host.waiting(ctx) < uint64(2*len(calls)) { // ring and answer
			if ctx.Err() != nil {
				t.Fatal(context.Cause(ctx))
			}
		}
		host.kill()
	}
	for _, call := range calls {
		if <-call.Done(); call.Cause() != "INTERWORKING" {
			t.Errorf("a call whose host was killed ended with %s", call.Cause())
		}
	}
	s.mu.Lock()
	s.heals = true
	s.mu.Unlock()
	host.start(t)
	for range 2 * len(calls) {
		select {
		case <-s.changed:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range calls {
		if told := s.told[call.UUID()]; !slices.Equal(told, []string{"ring", "answer"}) {
			t.Errorf("the service was told %q", told)
		}
	}
}
