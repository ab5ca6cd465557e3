package network

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// permits asks a test's functions.
type permits struct {
	host    func(string, uint16) error
	address func() error
}

func (p permits) CheckHost(host string, port uint16) error      { return p.host(host, port) }
func (p permits) CheckAddress(_ string, _ netip.AddrPort) error { return p.address() }
func (permits) HostsKey() string                                { return "a test's" }
func granted(string, uint16) error                              { return nil }

// A name is checked before it is looked up, whatever addresses are permitted.
func TestDialChecksTheName(t *testing.T) {
	address := netip.MustParseAddrPort(silent(t))
	refused := errors.New("refused")
	may := permits{func(host string, port uint16) error {
		if host != "127.0.0.1" || port != address.Port() {
			t.Errorf("%s:%d is checked", host, port)
		}
		return refused
	}, func() error { return nil }}
	if conn, err := NewDialer(clock.System()).Dial(t.Context(), may, "127.0.0.1", address.Port(), 0); err != refused {
		t.Error(conn, err)
	}
	if _, err := NewDialer(clock.System()).Lookup(t.Context(), permits{host: func(string, uint16) error { return refused }}, "localhost"); err != refused {
		t.Error(err)
	}
	if all, err := NewDialer(clock.System()).Lookup(t.Context(), permits{host: granted}, "localhost"); err != nil || len(all) == 0 {
		t.Error(all, err)
	}
}

// A recorder is a clock whose timer the test fires itself.
type recorder struct {
	clock.Clock
	after time.Duration
	fire  func()
}

func (r *recorder) AfterFunc(d time.Duration, fn func()) *clock.Timer {
	r.after, r.fire = d, fn
	return r.Clock.AfterFunc(d, fn)
}

// The time for a connection ends it.
func TestDialEndsInTime(t *testing.T) {
	clk := &recorder{Clock: clock.NewManual(time.Now())}
	may := permits{granted, func() error { clk.fire(); return nil }} // the last thing before the connection is made
	_, err := NewDialer(clk).Dial(t.Context(), may, "127.0.0.1", netip.MustParseAddrPort(silent(t)).Port(), time.Second)
	if err == nil || err.Error() != "127.0.0.1: no connection within 1s" || Word(err) != "timeout" || clk.after != time.Second {
		t.Error(err)
	}
}

// An answer that is announced to be too long is not waited for.
func TestALongAnswerIsNotWaitedFor(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000000")
		w.(http.Flusher).Flush()
		if r.Method != http.MethodHead {
			<-release
		}
	})
	t.Cleanup(func() { close(release) })
	c, _ := newClient(t, nil)
	if a, err := c.Do(t.Context(), local(), Request{URL: url}); !errors.Is(err, errBody) {
		t.Error(a, err)
	}
	if a, err := c.Do(t.Context(), local(), Request{Method: "HEAD", URL: url}); err != nil || a.Status != http.StatusOK {
		t.Error(a, err)
	}
}

// No compressed answer is asked for, which could become large when it is read, and no
// endless headers are read.
func TestHeadersAreBoundedAndNothingIsCompressed(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			w.Header().Set("X-Long", strings.Repeat("x", 2*mostHeader))
		}
		_, _ = io.WriteString(w, r.Header.Get("Accept-Encoding")+"|"+r.Host)
	})
	c, _ := newClient(t, nil)
	a, err := c.Do(t.Context(), local(), Request{URL: url, Header: http.Header{"Host": {"other.example"}}})
	if err != nil || string(a.Body) != "|other.example" || a.Line != "HTTP/1.1 200 OK" {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := c.Do(t.Context(), local(), Request{URL: url + "/long"}); err == nil {
		t.Errorf("%d bytes of headers", len(a.Header.Get("X-Long")))
	}
}

// A redirect is an answer, if the request says so.
func TestARedirectThatIsNotFollowed(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
	})
	c, _ := newClient(t, nil)
	a, err := c.Do(t.Context(), local(), Request{URL: url, Stay: true})
	if err != nil || a.Status != http.StatusFound || a.Header.Get("Location") != "http://10.0.0.1/" {
		t.Errorf("%+v, %v", a, err)
	}
}

// A script whose time is over says nothing of the server.
func TestAScriptsEndIsNotTheServersFailure(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { close(asked); <-release })
	t.Cleanup(func() { close(release) })
	c, _ := newClient(t, nil)
	ctx, stop := context.WithCancelCause(t.Context())
	go func() { <-asked; stop(context.DeadlineExceeded) }() // which is an error of the network's kind
	if _, err := c.Do(ctx, local(), Request{URL: url}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if s := c.Status(); s[0].Failed != 0 || s[0].Row != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTheBreakersStates(t *testing.T) {
	now := time.Now()
	e := endpoints{by: map[string]*record{}}
	begin := func() error { return e.begin("a", "http://a", now) }
	fail := func(times int) {
		for range times {
			e.end("a", "http://a", true, now)
		}
	}
	if err := begin(); err != nil {
		t.Fatal(err)
	}
	// a success between failures closes nothing
	fail(mostFailures - 1)
	e.end("a", "http://a", false, now)
	if fail(mostFailures - 1); begin() != nil {
		t.Error("failures that were not in a row count")
	}
	if fail(1); begin() == nil {
		t.Error("the server is asked after so many failures")
	}
	// one request tries it
	now = now.Add(firstPause)
	if begin() != nil || begin() == nil {
		t.Error("one request, and no other, tries the server")
	}
	// if that one ends early, the next one tries
	if e.abandon("a", "http://a"); begin() != nil || begin() == nil {
		t.Error("the request that follows one that ended early tries the server")
	}
	// and its success opens it to all
	if e.end("a", "http://a", false, now); begin() != nil || begin() != nil {
		t.Error("the server has answered, and is not asked")
	}
}

// The failures of one flow's requests are not another's: a script can make its own fail.
func TestNoFlowOpensTheBreakerOfAnother(t *testing.T) {
	now := time.Now()
	e := endpoints{by: map[string]*record{}}
	for e.begin("hostile", "http://a", now) == nil {
		e.end("hostile", "http://a", true, now)
	}
	if err := e.begin("honest", "http://a", now); err != nil {
		t.Error(err)
	}
	e.end("honest", "http://a", false, now)
	if err := e.begin("hostile", "http://a", now); err == nil {
		t.Error("another flow's success is its own")
	}
	e.end("second", "http://a", true, now)
	if s := e.all(); len(s) != 1 || s[0].Flow != "hostile" || s[0].Row != mostFailures || !s[0].Open(now) || s[0].Requests != mostFailures+1 {
		t.Errorf("%+v", s)
	}
}

// The client shows the certificate of the configuration, and does not speak old TLS.
func TestAClientCertificate(t *testing.T) {
	certificate, key := selfSigned(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName+r.TLS.PeerCertificates[0].SerialNumber.String())
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := newClient(t, func(c *config.HTTP) { c.Roots = roots })
	if a, err := c.Do(t.Context(), local(), Request{URL: s.URL}); err == nil {
		t.Errorf("without a certificate: %+v", a)
	}
	c, _ = newClient(t, func(c *config.HTTP) { c.Roots, c.Certificate, c.Key = roots, certificate, key })
	if a, err := c.Do(t.Context(), local(), Request{URL: s.URL}); err != nil || string(a.Body) != "77" {
		t.Errorf("%+v, %v", a, err)
	}
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = s.Config.ErrorLog
	old.StartTLS()
	t.Cleanup(old.Close)
	if a, err := c.Do(t.Context(), local(), Request{URL: old.URL}); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %+v, %v", a, err)
	}
}

// selfSigned writes a certificate with the serial number 77, and its key.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(77), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
