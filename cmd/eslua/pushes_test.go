package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A ledger compares the pushes of which a script was told that they are kept with those
// that arrive.
type ledger struct {
	t    *testing.T
	addr string // of the endpoint

	mu      sync.Mutex
	kept    map[string]bool
	came    map[string]string // bodies by id
	order   map[string][]string
	twice   int
	changed chan struct{} // closed at a change
}

func newLedger(t *testing.T) *ledger {
	l := &ledger{t: t, kept: map[string]bool{}, came: map[string]string{}, order: map[string][]string{}, changed: make(chan struct{})}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: l}
	go func() { _ = server.Serve(at) }()
	t.Cleanup(func() { _ = server.Close() })
	l.addr = at.Addr().String()
	return l
}

func (l *ledger) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

// ServeHTTP is the endpoint: a push that comes twice must be the same, and those of a call
// come in order.
func (l *ledger) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the host was killed; it comes again
	}
	id := r.Header.Get("Webhook-Id")
	call, _, _ := strings.Cut(id, "_")
	l.change(func() {
		before, known := l.came[id]
		l.came[id] = string(body)
		switch {
		case !known:
			l.order[call] = append(l.order[call], id)
		case before != string(body):
			l.t.Errorf("%s came as %s, and as %s", id, before, body)
		default:
			l.twice++
		}
	})
}

// watch takes what a script has done, which pushed by pushFlow, from the switch.
func (l *ledger) watch(e switchsim.Entry) {
	if id, ok := strings.CutPrefix(e.What, "set told="); ok && e.Kind == "execute" {
		l.change(func() { l.kept[id] = true })
	}
}

// until waits until a condition holds.
func (l *ledger) until(ctx context.Context, what string, holds func() bool) {
	l.t.Helper()
	for {
		l.mu.Lock()
		ok, changed := holds(), l.changed
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			l.t.Fatalf("%s: %v", what, context.Cause(ctx))
		}
	}
}

// awaitKept waits until so many more pushes are kept.
func (l *ledger) awaitKept(ctx context.Context, more int) {
	l.t.Helper()
	want := 0
	l.until(ctx, "nothing is kept", func() bool {
		if want == 0 {
			want = len(l.kept) + more
		}
		return len(l.kept) >= want
	})
}

// settle waits until everything that is kept has come, and checks the order.
func (l *ledger) settle(ctx context.Context) {
	l.t.Helper()
	l.until(ctx, "not all has come", func() bool {
		for id := range l.kept {
			if _, ok := l.came[id]; !ok {
				return false
			}
		}
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	for call, ids := range l.order {
		if !slices.IsSorted(ids) {
			l.t.Errorf("%s: came in the order %v", call, ids)
		}
	}
	l.t.Logf("%d pushes were kept, %d came, %d of them twice", len(l.kept), len(l.came), l.twice)
}

// pushFlow pushes, and shows the switch what is kept.
const pushFlow = `
session:answer()
for i = 1, 9 do
  local id, err = outbox.push("crm", {call = session:get_uuid(), n = i}, {id = session:get_uuid() .. "_" .. i})
  if id then session:execute("set", "told=" .. id) end
end
session:hangup("CALL_REJECTED")
`

// killSize returns how often the host is killed, and how many pushes are kept each time
// before.
func killSize() (kills, pushes int) {
	return testproc.Size(30, 4, 2), testproc.Size(170, 60, 30)
}

// TestPushesOutliveKills kills the host with kill -9 again and again while calls push:
// every push that was accepted arrives, at worst more than once with the same id and the
// same text, and those of each call in order.
func TestPushesOutliveKills(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	host := newMortal(t, "A", programFile(t, testproc.Binary(t)), directory(t, map[string]string{"push.lua": pushFlow}),
		"state: STATE\nendpoints: {crm: {url: 'http://"+l.addr+"/'}}\ngrants: {endpoints: [crm]}\n")
	sim := simulated(t, switchsim.Config{Trace: l.watch, Dialplan: switchsim.Dialplan{"default": {{Match: "push", Actions: []switchsim.Action{
		{App: "set", Data: "socket_resume=true"}, {App: "socket", Data: host.listen + "/push async full"}, {App: "hangup", Data: "NORMAL_TEMPORARY_FAILURE"},
	}}}}})
	ctx := testproc.Context(t)
	kills, pushes := killSize()
	for range kills {
		host.start(t)
		var over atomic.Bool
		var calls sync.WaitGroup
		for range 12 {
			calls.Go(func() {
				for !over.Load() {
					<-sim.Call(switchsim.Caller{Number: "1000", Destination: "push"}).Done()
				}
			})
		}
		l.awaitKept(ctx, pushes)
		over.Store(true)
		host.kill()
		calls.Wait()
	}
	host.start(t)
	l.settle(ctx)
}
