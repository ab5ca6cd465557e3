package network

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// local permits this machine.
func local() *grant.Grants {
	return &grant.Grants{Hosts: []grant.Host{"localhost", "127.0.0.1", "::1"}}
}

func newClient(t *testing.T, change func(*config.HTTP)) (*Client, *clock.Manual) {
	t.Helper()
	c := config.Default().HTTP
	if change != nil {
		change(&c)
	}
	clk := clock.NewManual(time.Now())
	client, err := NewClient(c, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, clk
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func TestAnAnswer(t *testing.T) {
	c, _ := newClient(t, nil)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s", r.URL.RawQuery, r.Header.Get("X-Caller"))
	})
	a, err := c.Do(t.Context(), local(), Request{Method: "POST", URL: url + "/a?b=c", Header: http.Header{"X-Caller": {"1000"}}, Body: []byte("x")})
	if err != nil || a.Status != http.StatusTeapot || string(a.Body) != "b=c 1000" || a.Header.Get("X-Method") != "POST" {
		t.Errorf("%+v, %v", a, err)
	}
	if s := c.Status(); len(s) != 1 || s[0].Requests != 1 || s[0].Failed != 0 || s[0].Name != url {
		t.Errorf("%+v", s)
	}
}

// TestNoWayRound: a host that is not granted is not reached by any of the ways that are
// known to fool a check of the URL alone.
func TestNoWayRound(t *testing.T) {
	var reached atomic.Int32
	secret := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port := secret[strings.LastIndex(secret, ":"):]
	redirecting := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	own := redirecting[len("http://"):]
	g := &grant.Grants{Hosts: []grant.Host{grant.Host(own), "localhost", "*"}} // localhost as a name, its address only with that port
	c, _ := newClient(t, nil)
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1", "0177.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]",
		own + "@127.0.0.1", own + "%00@127.0.0.1", own + "\\@127.0.0.1", "127.0.0.1#@" + own, "127。0。0。1",
	} {
		for _, url := range []string{"http://" + host + port + "/", redirecting + "/?to=http://" + host + port + "/", redirecting + "/?to=//" + host + port + "/"} {
			if a, err := c.Do(t.Context(), g, Request{URL: url}); err == nil && a.Status == http.StatusOK {
				t.Errorf("%s: %+v", url, a)
			}
		}
	}
	for _, url := range []string{"file:///etc/passwd", "gopher://127.0.0.1/", "", "127.0.0.1", "http://", "http:///etc/passwd", redirecting + "/?to=file:///etc/passwd"} {
		if a, err := c.Do(t.Context(), g, Request{URL: url}); err == nil {
			t.Errorf("%s: %+v", url, a)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("reached %d times", n)
	}
	if _, err := c.Do(t.Context(), g, Request{URL: redirecting + "/?to=" + redirecting}); !errors.Is(err, errRedirects) {
		t.Errorf("a loop: %v", err)
	}
}

// A name is checked again when a connection is made: an answer of DNS that comes after
// the check is no way round. What the script said to one server is not said to another.
func TestRebindingAndRedirectedHeaders(t *testing.T) {
	var got http.Header
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	first := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) })
	c, _ := newClient(t, nil)
	if _, err := c.Do(t.Context(), local(), Request{URL: first, Header: http.Header{"X-Key": {"secret"}, "Authorization": {"secret"}}}); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Key")+got.Get("Authorization") != "" {
		t.Errorf("the other server got %v", got)
	}
	_, err := c.Do(t.Context(), rebound{local()}, Request{URL: first})
	var refused *grant.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("a name that has another address now: %v", err)
	}
	if s := c.Status(); s[0].Failed > 0 {
		t.Errorf("the server is blamed: %+v", s)
	}
}

// rebound grants the name, and not the address that it turns out to have.
type rebound struct{ *grant.Grants }

func (rebound) HostsKey() string { return "rebound" }

func (r rebound) CheckAddress(host string, to netip.AddrPort) error {
	return (&grant.Grants{}).CheckAddress(host, to)
}

func TestTooSlow(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("half"))
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	c, clk := newClient(t, nil)
	errs := make(chan error)
	ask := func(ctx context.Context, r Request) {
		go func() {
			_, err := c.Do(ctx, local(), r)
			errs <- err
		}()
	}
	ask(t.Context(), Request{URL: url, Response: 10 * time.Second})
	clk.WaitForTimer(10 * time.Second)
	clk.Advance(10 * time.Second)
	if err := <-errs; err == nil || !strings.Contains(err.Error(), "no answer within 10s") {
		t.Error(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	ask(ctx, Request{URL: url})
	stop(errors.New("the caller has hung up"))
	if err := <-errs; err == nil || err.Error() != "the caller has hung up" {
		t.Error(err)
	}
}

// silent returns the address of a port on which connections are made and nothing is said.
func silent(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func TestTooLong(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/declared" {
			w.Header().Set("Content-Length", "1000000000")
		}
		for range 100 {
			_, _ = w.Write(make([]byte, 1024))
		}
	})
	c, _ := newClient(t, func(c *config.HTTP) { c.Body = 64 << 10 })
	for _, path := range []string{"/", "/declared"} {
		if a, err := c.Do(t.Context(), local(), Request{URL: url + path}); !errors.Is(err, errBody) {
			t.Errorf("%s: %v, %v", path, a, err)
		}
	}
}

func TestRetries(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			panic(http.ErrAbortHandler) // no answer
		}
	})
	for method, want := range map[string]int32{"GET": 3, "PUT": 3, "POST": 1} {
		c, clk := newClient(t, nil)
		asked.Store(0)
		errs := make(chan error)
		go func() {
			_, err := c.Do(t.Context(), local(), Request{Method: method, URL: url, Retries: 2})
			errs <- err
		}()
		for try := int32(0); try < want-1; try++ {
			clk.WaitForTimer(retryAfter << try)
			clk.Advance(retryAfter << try)
		}
		err := <-errs
		if n := asked.Load(); n != want || (err == nil) != (want == 3) {
			t.Errorf("%s was sent %d times: %v", method, n, err)
		}
	}
}

// A server that does not answer is left alone for a while, then one request tries it.
func TestTheBreaker(t *testing.T) {
	address := silent(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + l.Addr().String()
	_ = l.Close()
	c, clk := newClient(t, nil)
	ask := func(url string) error {
		_, err := c.Do(t.Context(), local(), Request{Flow: "f", URL: url})
		return err
	}
	for range mostFailures {
		if err := ask(dead); err == nil || strings.Contains(err.Error(), "in a row") {
			t.Fatal(err)
		}
	}
	if err := ask(dead); err == nil || !strings.Contains(err.Error(), "has not answered 5 times in a row; it is asked again in 1s") {
		t.Error(err)
	}
	clk.Advance(firstPause)
	if err := ask(dead); err == nil || strings.Contains(err.Error(), "in a row") {
		t.Errorf("no request tried: %v", err)
	}
	if err := ask(dead); err == nil || !strings.Contains(err.Error(), "asked again in 2s") {
		t.Error(err)
	}
	// A script that has no patience does not close a server to the others.
	for range 2 * mostFailures {
		errs := make(chan error)
		go func() {
			_, err := c.Do(t.Context(), local(), Request{Flow: "f", URL: "http://" + address, Response: time.Millisecond})
			errs <- err
		}()
		clk.WaitForTimer(time.Millisecond)
		clk.Advance(time.Millisecond)
		if err := <-errs; err == nil || strings.Contains(err.Error(), "in a row") {
			t.Fatal(err)
		}
	}
}

func TestEndpointsAreBounded(t *testing.T) {
	e := endpoints{by: map[string]*record{}}
	now := time.Now()
	for i := range 2 * mostEndpoints {
		now = now.Add(time.Second)
		_ = e.begin("", fmt.Sprint("http://", i), now)
	}
	if all := e.all(); len(all) != mostEndpoints || e.by["http://0"] != nil || e.by[fmt.Sprint("http://", 2*mostEndpoints-1)] == nil {
		t.Errorf("%d endpoints", len(all))
	}
}

func TestCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	s.Config.ErrorLog = nil
	c, _ := newClient(t, nil)
	if _, err := c.Do(t.Context(), local(), Request{URL: s.URL}); err == nil {
		t.Error("a certificate of nobody passes")
	}
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	c, _ = newClient(t, func(c *config.HTTP) { c.Roots = file })
	if _, err := c.Do(t.Context(), local(), Request{URL: s.URL}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []config.HTTP{{Roots: "/none"}, {Roots: "/dev/null"}, {Certificate: "/none", Key: "/none"}} {
		if _, err := NewClient(wrong, clock.System()); err == nil {
			t.Errorf("%+v passes", wrong)
		}
	}
}

func TestDial(t *testing.T) {
	address := netip.MustParseAddrPort(silent(t))
	d := NewDialer(clock.System())
	conn, err := d.Dial(t.Context(), local(), "127.0.0.1", address.Port(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := d.Dial(t.Context(), &grant.Grants{}, "127.0.0.1", address.Port(), time.Minute); err == nil {
		t.Error("not granted, and connected")
	}
}
