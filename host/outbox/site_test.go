package outbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/memnet"
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
