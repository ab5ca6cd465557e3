package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A ledger compares what a script was told is kept with what arrives, or is there later:
// pushes, messages of a queue, keys of kv, and a counter.
type ledger struct {
	t    *testing.T
	addr string // of the endpoint

	mu      sync.Mutex
	kept    map[string]bool
	came    map[string]string // bodies by id
	order   map[string][]string
	twice   int
	queued  map[string]bool // messages
	worked  map[string]bool // messages that were worked off
	wrote   map[string]bool // keys
	has     map[string]bool // keys that are there in the end
	counted int             // the greatest sum that a script was told
	sum     int             // the counter in the end
	changed chan struct{}   // closed at a change
}

func newLedger(t *testing.T) *ledger {
	l := &ledger{t: t, kept: map[string]bool{}, came: map[string]string{}, order: map[string][]string{}, queued: map[string]bool{}, worked: map[string]bool{}, wrote: map[string]bool{}, has: map[string]bool{}, changed: make(chan struct{})}
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
	if message := r.URL.Query().Get("worked"); message != "" {
		l.change(func() { l.worked[message] = true })
		return
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

// watch takes what a script has done, by keepScripts, from the switch.
func (l *ledger) watch(e switchsim.Entry) {
	what, value, ok := strings.Cut(e.What, "=")
	if e.Kind != "execute" || !ok {
		return
	}
	l.change(func() {
		switch n, _ := strconv.Atoi(value); what {
		case "set told":
			l.kept[value] = true
		case "set queued":
			l.queued[value] = true
		case "set wrote":
			l.wrote[value] = true
		case "set counted":
			l.counted = max(l.counted, n)
		case "set has":
			for key := range strings.FieldsSeq(value) {
				l.has[key] = true
			}
		case "set sum":
			l.sum = n
		}
	})
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

// settle waits until everything that is kept has come, and checks the order, and what kv
// has, which a call to the flow read has shown.
func (l *ledger) settle(ctx context.Context) {
	l.t.Helper()
	l.until(ctx, "not all has come", func() bool {
		for id := range l.kept {
			if _, ok := l.came[id]; !ok {
				return false
			}
		}
		for id := range l.queued {
			if !l.worked[id] {
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
	for key := range l.wrote {
		if !l.has[key] {
			l.t.Errorf("%s was written to kv, and is not there", key)
		}
	}
	if l.sum < l.counted || l.counted == 0 {
		l.t.Errorf("a script was told that the counter is %d; it is %d", l.counted, l.sum)
	}
	l.t.Logf("%d pushes were kept, %d came, %d of them twice; %d messages were queued, %d worked off; %d keys were written, %d are there",
		len(l.kept), len(l.came), l.twice, len(l.queued), len(l.worked), len(l.wrote), len(l.has))
}

// keepSettings lets keepScripts keep what they do.
const keepSettings = `
buckets: {values: {keys: 100000}}
queues: {work: {script: work, silence: 5s}}
grants: {endpoints: [crm], buckets: [values], queues: [work]}
`

// keepScripts has keep, which keeps one thing of each kind after the other and shows the
// switch what is kept; work, which works the queue off and says so; and read, which shows
// the switch what is in the bucket.
var keepScripts = map[string]string{"keep.lua": `
session:answer()
local values = kv.bucket("values")
local function show(what, id) if id then session:execute("set", what .. "=" .. id) end end
for i = 1, 9 do
  local id = session:get_uuid() .. "_" .. i
  show("told", outbox.push("crm", {call = session:get_uuid(), n = i}, {id = id}))
  show("wrote", values:put(id, i) and id)
  show("queued", queue.publish("work", id, {id = id}))
  show("counted", values:increment("counter"))
end
session:hangup("CALL_REJECTED")
`, "work.lua": `assert(outbox.push("crm", "", {order = "", query = {worked = queue.message().value}}))`, "read.lua": `
session:answer()
local keys = {}
local function show(most)
  if #keys < most then return end
  session:execute("set", "has=" .. table.concat(keys, " "))
  keys = {}
end
for key, value in kv.bucket("values"):each() do
  if key == "counter" then session:execute("set", "sum=" .. value) else keys[#keys + 1] = key end
  show(50)
end
show(1)
session:hangup()
`}

// A keeper is a host that runs keepScripts for the calls of a switch.
type keeper struct {
	*mortal
	*ledger
	sim *switchsim.Switch
}

func newKeeper(t *testing.T, state string) *keeper {
	l := newLedger(t)
	host := newMortal(t, "A", programFile(t, testproc.Binary(t)), directory(t, keepScripts), "state: "+state+"\nendpoints: {crm: {url: 'http://"+l.addr+"/'}}"+keepSettings)
	dialplan := func(flow string) switchsim.Extension {
		return switchsim.Extension{Match: flow, Actions: []switchsim.Action{
			{App: "set", Data: "socket_resume=true"}, {App: "socket", Data: host.listen + "/" + flow + " async full"}, {App: "hangup", Data: "NORMAL_TEMPORARY_FAILURE"},
		}}
	}
	sim := simulated(t, switchsim.Config{Trace: l.watch, Dialplan: switchsim.Dialplan{"default": {dialplan("keep"), dialplan("read")}}})
	return &keeper{host, l, sim}
}

// live starts the host, has calls keep so many pushes, and then has die end it.
func (k *keeper) live(ctx context.Context, pushes int, die func()) {
	k.t.Helper()
	k.start(k.t)
	var over atomic.Bool
	var calls sync.WaitGroup
	for range 12 {
		calls.Go(func() {
			for !over.Load() {
				<-k.sim.Call(switchsim.Caller{Number: "1000", Destination: "keep"}).Done()
			}
		})
	}
	k.awaitKept(ctx, pushes)
	over.Store(true)
	die()
	calls.Wait()
}

// check starts the host again and checks that nothing is lost.
func (k *keeper) check(ctx context.Context) {
	k.t.Helper()
	k.start(k.t)
	<-k.sim.Call(switchsim.Caller{Number: "1000", Destination: "read"}).Done()
	k.settle(ctx)
}

// killSize returns how often the host is killed, and how many pushes are kept each time
// before.
func killSize() (kills, pushes int) {
	return testproc.Size(30, 4, 2), testproc.Size(170, 60, 30)
}

// TestWhatIsKeptOutlivesKills kills the host with kill -9 again and again while calls push
// and write: every push that was accepted arrives, at worst more than once with the same id
// and the same text, and those of each call in order; and every write is there.
func TestWhatIsKeptOutlivesKills(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, "STATE")
	ctx := testproc.Context(t)
	kills, pushes := killSize()
	for range kills {
		k.live(ctx, pushes, k.kill)
	}
	k.check(ctx)
}
