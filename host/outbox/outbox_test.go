package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// A received is one request that reached the endpoint.
type received struct {
	at     time.Duration // after the beginning of the test
	id     string
	method string
	target string
	body   string
	header http.Header
}

// A bench has an outbox, the files of its store, and an HTTP server to which the test
// gives its answers.
type bench struct {
	t      *testing.T
	dir    string
	net    *memnet.Network
	http   *network.Client
	began  time.Time
	config map[string]config.Endpoint
	size   config.Size // of the store; 0: the default
	log    *slog.Logger
	*Outbox

	mu     sync.Mutex
	answer func(r received) (status int, header http.Header, body string) // nil: 200
	got    []received
	down   bool
	stop   func()
	ids    int
}

func newBench(t *testing.T, endpoints ...string) *bench {
	b := &bench{t: t, dir: t.TempDir(), net: memnet.New(), began: time.Now(), config: map[string]config.Endpoint{}, log: slog.New(slog.DiscardHandler)}
	l := b.net.Listen()
	server := &http.Server{Handler: b, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		time.Sleep(time.Minute) // its handlers end
	})
	for _, name := range endpoints {
		b.config[name] = config.Endpoint{URL: "http://" + l.Addr().String() + "/" + name + "?key=1", Secrets: []string{secret}, Headers: map[string]string{"Authorization": "Bearer x"}, Parallel: 4, GiveUp: config.Duration(12 * time.Hour)}
	}
	c := config.Default().HTTP
	var err error
	b.http, err = network.NewClientOver(c, clock.System(), func(ctx context.Context, _ network.Permits, host string, port uint16) (net.Conn, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.down {
			return nil, &net.OpError{Op: "dial", Err: io.ErrUnexpectedEOF}
		}
		return b.net.Dial(ctx, fmt.Sprintf("%s:%d", host, port))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.http.Close)
	b.start()
	t.Cleanup(func() { b.stop() })
	return b
}

// start starts the outbox, as a host does.
func (b *bench) start() {
	ctx, cancel := context.WithCancel(context.Background())
	natsConfig := config.Default().NATS
	if b.size > 0 {
		natsConfig.Size = b.size
	}
	store := durable.New(natsConfig, b.dir, durable.Network{Listen: b.net.ListenOn, Dial: b.net.Dial}, b.log, clock.System())
	out := New(b.config, Deps{Store: store, HTTP: b.http, Rand: func() float64 { return 0.5 }, NewID: b.newID, Log: b.log, Clock: clock.System()})
	var running, holding sync.WaitGroup
	hold, release := context.WithCancel(context.Background())
	holding.Go(func() { _ = store.Run(hold) })
	running.Go(func() { _ = out.Run(ctx) })
	b.Outbox = out
	b.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		release()
		holding.Wait()
	})
}

func (b *bench) newID() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids++
	return fmt.Sprintf("p%d", b.ids)
}

func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	got := received{time.Since(b.began), r.Header.Get("Webhook-Id"), r.Method, r.URL.String(), string(body), r.Header}
	b.mu.Lock()
	b.got = append(b.got, got)
	answer := b.answer
	b.mu.Unlock()
	if answer == nil {
		return
	}
	status, header, text := answer(got)
	for name, values := range header {
		w.Header()[name] = values
	}
	if status == 0 {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (b *bench) accept(p Push) string {
	b.t.Helper()
	id, err := b.Accept(b.t.Context(), p)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// waitFor lets time pass until so many requests have come.
func (b *bench) waitFor(n int) []received {
	b.t.Helper()
	for range 48 * 3600 {
		b.mu.Lock()
		got := slices.Clone(b.got)
		b.mu.Unlock()
		if len(got) >= n {
			synctest.Wait()
			return got
		}
		time.Sleep(time.Second)
	}
	b.t.Fatalf("%d requests came, not %d", len(b.got), n)
	return nil
}

func (b *bench) set(down bool, answer func(received) (int, http.Header, string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down, b.answer = down, answer
}

// always answers with one status.
func always(status int) func(received) (int, http.Header, string) {
	return func(received) (int, http.Header, string) { return status, nil, "no" }
}

// A push arrives as Standard Webhooks has it.
func TestAPushIsDelivered(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		id := b.accept(Push{Endpoint: "crm", Type: "call.ended", Query: "action=hangup&x=%20", Body: []byte(`{"a":1}`)})
		got := b.waitFor(1)[0]
		if got.id != id || got.method != "POST" || got.target != "/crm?key=1&action=hangup&x=%20" || got.body != `{"a":1}` || got.header.Get("Authorization") != "Bearer x" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%+v", got)
		}
		hook, err := webhook.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := hook.Verify([]byte(got.body), got.header); err != nil {
			t.Errorf("the signature: %v", err)
		}
		time.Sleep(time.Hour)
		if n := len(b.waitFor(1)); n != 1 {
			t.Errorf("it came %d times", n)
		}
		if s := b.Status(); len(s) != 1 || !s[0].Known || s[0].Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// While an endpoint is away for an hour, nothing is lost, it is asked seldom, another
// one is not delayed, and what has one order key arrives in order.
func TestAnEndpointIsAwayForAnHour(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm", "other")
		b.answer = func(r received) (int, http.Header, string) {
			if strings.HasPrefix(r.target, "/crm") && time.Since(b.began) < time.Hour {
				return 503, nil, "closed"
			}
			return 200, nil, ""
		}
		want := map[string][]string{}
		for i := range 100 {
			call := fmt.Sprint("call", i%20)
			want[call] = append(want[call], b.accept(Push{Endpoint: "crm", Order: call, Body: fmt.Append(nil, call)}))
		}
		other := b.accept(Push{Endpoint: "other"})
		asked, arrived, delivered, when := 0, 0, map[string][]string{}, time.Duration(0)
		for n := 1; arrived < 100; n++ {
			got := b.waitFor(n)[n-1]
			switch {
			case got.id == other:
				when = got.at
			case got.at < time.Hour:
				asked++
			default:
				arrived++
				delivered[got.body] = append(delivered[got.body], got.id)
			}
		}
		if when > time.Second {
			t.Errorf("the other endpoint had to wait for %v", when)
		}
		if asked < 8 || asked > 20 {
			t.Errorf("the endpoint was asked %d times while it was away", asked)
		}
		for call, ids := range want {
			if !slices.Equal(delivered[call], ids) {
				t.Errorf("%s: came %v, not %v", call, delivered[call], ids)
			}
		}
	})
}

// Each kind of answer that is no success is tried again, later and later; 410 and a
// time that is over are not.
func TestAnswersThatAreNoSuccess(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(received) (int, http.Header, string)
		down   bool
		second time.Duration // when it is tried again
	}{
		{"301", func(received) (int, http.Header, string) { return 301, http.Header{"Location": {"/elsewhere"}}, "" }, false, 5 * time.Second},
		{"404", always(404), false, 5 * time.Second},
		{"500", always(500), false, 5 * time.Second},
		{"429", func(received) (int, http.Header, string) { return 429, http.Header{"Retry-After": {"90"}}, "" }, false, 90 * time.Second},
		{"429 with a date", func(received) (int, http.Header, string) {
			return 429, http.Header{"Retry-After": {time.Now().Add(120 * time.Second).UTC().Format(http.TimeFormat)}}, ""
		}, false, 120 * time.Second},
		{"cut", always(0), false, 5 * time.Second},
		{"slow", func(received) (int, http.Header, string) { time.Sleep(10 * time.Second); return 200, nil, "" }, false, 8 * time.Second},
		{"away", nil, true, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				b.set(test.down, test.answer)
				id := b.accept(Push{Endpoint: "crm", Body: []byte("x")})
				time.Sleep(test.second - 100*time.Millisecond)
				b.set(false, nil)
				first := 1
				if test.down {
					first = 0
				}
				if got := b.waitFor(first); len(got) != first {
					t.Errorf("%d requests came early", len(got)-first)
				}
				second := b.waitFor(first + 1)[first]
				if second.id != id || second.method != "POST" || second.body != "x" || second.at < test.second || second.at > test.second+2*time.Second {
					t.Errorf("the second attempt: %+v", second)
				}
			})
		})
	}
}

// Pushes that an endpoint cannot bear hold up no other one.
func TestPoisonHoldsUpNoOtherPush(t *testing.T) {
	for name, answer := range map[string]func(received) (int, http.Header, string){
		"400": always(400), "500": always(500), "cut": always(0),
		"slow": func(received) (int, http.Header, string) { time.Sleep(10 * time.Second); return 200, nil, "" },
	} {
		t.Run(name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				b.set(false, func(r received) (int, http.Header, string) {
					if r.body == "poison" {
						return answer(r)
					}
					return 200, nil, ""
				})
				for i := range 20 {
					b.accept(Push{Endpoint: "crm", Order: fmt.Sprint(i), Body: []byte("poison")})
				}
				time.Sleep(3 * time.Minute) // most of them are tried again and again
				began := time.Since(b.began)
				id := b.accept(Push{Endpoint: "crm", Body: []byte("x")})
				for n := 1; ; n++ {
					if got := b.waitFor(n)[n-1]; got.id == id {
						if took := got.at - began; took > 10*time.Second {
							t.Errorf("it came after %v", took)
						}
						return
					}
				}
			})
		})
	}
}

// An endpoint that says 410 gets a push no more, nor one that has waited for too long;
// both can be sent again by hand.
func TestDeadLetters(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "gone", "broken")
		b.stop()
		c := b.config["broken"]
		c.GiveUp = config.Duration(time.Hour)
		b.config["broken"] = c
		b.start()
		b.answer = func(r received) (int, http.Header, string) {
			if strings.HasPrefix(r.target, "/gone") {
				return 410, nil, "never again"
			}
			return 500, nil, "out of order"
		}
		gone, broken := b.accept(Push{Endpoint: "gone", Body: []byte("1")}), b.accept(Push{Endpoint: "broken", Body: []byte("2")})
		time.Sleep(time.Hour + durable.LongestPause)
		n := len(b.waitFor(2))
		time.Sleep(2 * durable.LongestPause)
		if more := len(b.waitFor(2)); more != n {
			t.Errorf("%d attempts after they were given up", more-n)
		}
		letters, total, err := b.List(t.Context(), durable.Query{State: durable.Dead, Most: 10})
		if err != nil || total != 2 || len(letters) != 2 {
			t.Fatalf("%+v, %d, %v", letters, total, err)
		}
		for _, l := range letters {
			if l.ID == gone && !strings.Contains(l.Error, "410 Gone") || l.ID == broken && !strings.Contains(l.Error, "500") {
				t.Errorf("%+v", l)
			}
		}
		push, err := b.Show(t.Context(), broken)
		if err != nil || string(push.Body) != "2" || len(push.Attempts) < 12 || push.Attempts[0].Status != 500 || push.Attempts[0].Answer != "out of order" {
			t.Errorf("%+v, %v", push, err)
		}
		b.set(false, nil)
		if _, err := b.Retry(t.Context(), durable.Query{IDs: []string{gone}}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if got := b.waitFor(n + 1)[n]; got.id != gone || got.body != "1" {
			t.Errorf("%+v", got)
		}
		if _, err := b.Drop(t.Context(), durable.Query{IDs: []string{broken}}); err != nil {
			t.Error(err)
		}
		if letters, _, _ := b.List(t.Context(), durable.Query{State: durable.Dead, Most: 10}); len(letters) != 0 {
			t.Errorf("%+v", letters)
		}
		if _, err := b.Drop(t.Context(), durable.Query{IDs: []string{"nobody"}}); err == nil {
			t.Error("a push that is not there was dropped")
		}
	})
}

// What waits can be dropped, or sent at once although the endpoint rests.
func TestWhatWaitsIsDroppedOrTriedAtOnce(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, always(500))
		dropped, kept := b.accept(Push{Endpoint: "crm", Body: []byte("1")}), b.accept(Push{Endpoint: "crm", Body: []byte("2")})
		time.Sleep(time.Hour)
		if n, err := b.Drop(t.Context(), durable.Query{IDs: []string{dropped}}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		b.set(false, nil)
		before, began := len(b.waitFor(1)), time.Since(b.began)
		if n, err := b.Retry(t.Context(), durable.Query{State: durable.Waiting}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		got := b.waitFor(before + 1)[before]
		if got.id != kept || got.at > began+2*time.Second {
			t.Errorf("%s came %v later", got.id, got.at-began)
		}
		time.Sleep(time.Hour)
		if n := len(b.waitFor(1)); n != before+1 {
			t.Errorf("%d requests came, not %d", n, before+1)
		}
	})
}

// What was accepted is there after a restart, also when its attempts are not over.
func TestARestart(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, always(500))
		var ids []string
		for range 10 {
			ids = append(ids, b.accept(Push{Endpoint: "crm"}))
		}
		b.waitFor(3)
		b.stop()
		b.set(false, nil)
		b.got = nil
		time.Sleep(time.Hour)
		b.start()
		var came []string
		for _, r := range b.waitFor(10) {
			came = append(came, r.id)
		}
		slices.Sort(ids)
		slices.Sort(came)
		if !slices.Equal(slices.Compact(came), ids) {
			t.Errorf("came %v, not %v", came, ids)
		}
	})
}

// Without a place nothing is accepted, and the error says what to write.
func TestThereIsNoPlace(t *testing.T) {
	store := durable.New(config.Default().NATS, "", durable.Network{}, slog.New(slog.DiscardHandler), clock.System())
	out := New(map[string]config.Endpoint{"crm": {}}, Deps{Store: store, NewID: func() string { return "x" }, Clock: clock.System(), Log: slog.New(slog.DiscardHandler)})
	if _, err := out.Accept(t.Context(), Push{Endpoint: "crm"}); err == nil || !strings.Contains(err.Error(), "state: DIRECTORY") {
		t.Error(err)
	}
}

// Many pushes with one order key wait for their turns without being asked for again and
// again, and delay no other.
func TestManyPushesOfOneOrder(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(true, nil)
		var want []string
		for range 300 {
			want = append(want, b.accept(Push{Endpoint: "crm", Order: "all"}))
		}
		time.Sleep(time.Hour)
		b.set(false, func(received) (int, http.Header, string) { time.Sleep(20 * time.Millisecond); return 200, nil, "" })
		other := b.accept(Push{Endpoint: "crm", Order: "other"})
		var came []string
		for i, r := range b.waitFor(301) {
			if r.id != other {
				came = append(came, r.id)
			} else if i > 20 {
				t.Errorf("the other push came after %d", i)
			}
		}
		if !slices.Equal(came, want) {
			t.Errorf("came in the order %v", came)
		}
		if last := b.got[300].at - b.got[0].at; last > 30*time.Second {
			t.Errorf("300 pushes took %v", last)
		}
		js, err := b.Store.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		c, err := js.Consumer(t.Context(), outStream, "crm")
		if err != nil {
			t.Fatal(err)
		}
		if n := c.CachedInfo().Delivered.Consumer; n > 301*5 {
			t.Errorf("301 pushes were asked for %d times", n)
		}
	})
}

// When files are damaged, what they held is lost, and new pushes are delivered.
func TestDamagedFilesOfTheOutbox(t *testing.T) {
	for _, name := range []string{"streams/ESLUA_OUTBOX/msgs/*.blk", "streams/ESLUA_OUTBOX/meta.inf", "streams/ESLUA_OUTBOX/obs/crm/o.dat", "streams/ESLUA_OUTBOX/obs/crm/meta.inf", "streams/ESLUA_ATTEMPTS/msgs/*.blk"} {
		t.Run(name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				for range 10 {
					b.accept(Push{Endpoint: "crm", Order: "x"})
				}
				b.waitFor(10)
				b.set(false, always(500))
				waits := b.accept(Push{Endpoint: "crm", Order: "x"})
				b.waitFor(11)
				b.stop()
				b.set(false, nil)
				files, err := filepath.Glob(filepath.Join(b.dir, "nats/jetstream/$G", name))
				if err != nil || len(files) == 0 {
					t.Fatalf("%q, %v", files, err)
				}
				for _, file := range files {
					text, err := os.ReadFile(file)
					if err == nil {
						err = os.WriteFile(file, make([]byte, len(text)), 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				b.start()
				ids := []string{b.accept(Push{Endpoint: "crm", Order: "x"}), b.accept(Push{Endpoint: "crm", Order: "y"})}
				time.Sleep(2 * durable.LongestPause)
				var came []string
				for _, r := range b.waitFor(11)[11:] {
					came = append(came, r.id)
				}
				if !slices.Contains(came, ids[0]) || !slices.Contains(came, ids[1]) {
					t.Errorf("came %v, not %v", came, ids)
				}
				t.Logf("what waited is lost: %v", !slices.Contains(came, waits))
			})
		})
	}
}

// An endpoint that has said 200 has the push, whatever its answer's body is.
func TestAHostileBody(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, func(received) (int, http.Header, string) { return 200, nil, strings.Repeat("x", 3<<20) })
		id := b.accept(Push{Endpoint: "crm"})
		time.Sleep(time.Hour)
		if got := b.waitFor(1); len(got) != 1 {
			t.Errorf("the push came %d times", len(got))
		}
		if d, err := b.Show(t.Context(), id); err != nil || len(d.Attempts) != 1 || len(d.Attempts[0].Answer) != mostAnswer {
			t.Errorf("%d attempts, %v", len(d.Attempts), err)
		}
	})
}

// A flow whose pushes wait leaves half of the room to the others, and has its own again when
// they are delivered, by whichever host.
func TestAFlowHasItsShare(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.stop()
		b.size = 16 << 20
		b.start()
		b.set(true, nil)
		fill := func(flow string) (n int) {
			for ; n < 100; n++ {
				_, err := b.Accept(t.Context(), Push{Endpoint: "crm", Flow: flow, Body: make([]byte, 1<<18)})
				if errors.Is(err, errShare) {
					return n
				} else if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * lookAfter)
			}
			return n
		}
		first, second := fill("a"), fill("b")
		if first < 20 || first > 26 || second < first/3 || second > first/2+1 {
			t.Errorf("%d and %d pushes of 256 KiB have room in 12 MiB", first, second)
		}
		if again := fill("a"); again != 0 {
			t.Errorf("%d more", again)
		}
		b.accept(Push{Endpoint: "crm"}) // of the configuration
		other := New(b.config, b.Deps)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = other.Run(ctx) })
		b.set(false, nil)
		b.waitFor(first + second + 1)
		stop()
		running.Wait()
		time.Sleep(time.Minute)
		if now := fill("a"); now < first-1 {
			t.Errorf("%d have room when nothing waits", now)
		}
	})
}

// What a script pushes is in nobody's way who pushes under the same id, or in the same order.
func TestAFlowIsInNobodysWay(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, func(r received) (int, http.Header, string) {
			if r.body == "poison" {
				return 400, nil, ""
			}
			return 200, nil, ""
		})
		b.accept(Push{Endpoint: "crm", Flow: "a", ID: OwnID("a", "1"), Order: "call", Body: []byte("poison")})
		b.waitFor(1)
		b.accept(Push{Endpoint: "crm", Flow: "b", ID: OwnID("b", "1"), Order: "call", Body: []byte("of b")})
		b.accept(Push{Endpoint: "crm", Order: "call", Body: []byte("of the configuration")})
		b.accept(Push{Endpoint: "crm", Flow: "a", ID: OwnID("a", "2"), Order: "call", Body: []byte("behind it")})
		time.Sleep(3 * time.Second)
		var got []string
		for _, r := range b.waitFor(3) {
			got = append(got, r.body)
		}
		if slices.Sort(got); !slices.Equal(got, []string{"of b", "of the configuration", "poison"}) {
			t.Errorf("%q", got)
		}
	})
}
