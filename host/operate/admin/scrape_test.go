package admin

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/call/outbound"
)

func (s *started) fetch(t *testing.T, method, path string) (code int, format, text string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.server.MetricsAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, w.Header.Get("Content-Type"), string(body)
}

// startWatched starts a Server with metrics.
func startWatched(t *testing.T, f *fake) *started {
	t.Helper()
	s := start(t, filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", f)
	s.log.next(t, "is open")
	s.log.next(t, "is open")
	return s
}

func TestHealth(t *testing.T) {
	f := &fake{st: Status{Listen: "127.0.0.1:8084", Calls: outbound.Status{Running: 3}}}
	s := startWatched(t, f)
	for _, path := range []string{"/health", "/readyz"} {
		if code, format, text := s.fetch(t, "GET", path); code != http.StatusOK || format != "text/plain; charset=utf-8" || text != "taking calls on 127.0.0.1:8084, 3 running\n" {
			t.Errorf("%s: %d: %s", path, code, text)
		}
	}
	f.mu.Lock()
	f.st.Draining = &Draining{Since: noon}
	f.mu.Unlock()
	for _, path := range []string{"/health", "/readyz"} {
		if code, _, text := s.fetch(t, "GET", path); code != http.StatusServiceUnavailable || text != "draining since 2026-03-01T12:00:00Z, 3 calls remaining\n" {
			t.Errorf("%s: %d: %s", path, code, text)
		}
	}
	if code, _, text := s.fetch(t, "GET", "/livez"); code != http.StatusOK {
		t.Errorf("a host that drains is not alive: %d: %s", code, text)
	}
}

func TestAHostThatDoesNotWorkIsNotAlive(t *testing.T) {
	s := startWatched(t, &fake{broken: errors.New("no script runs")})
	if code, _, text := s.fetch(t, "GET", "/livez"); code != http.StatusServiceUnavailable || text != "no script runs\n" {
		t.Errorf("%d: %s", code, text)
	}
}

// TestTheMetricsAddressIsReadOnly: nothing that the socket offers can be reached.
func TestTheMetricsAddressIsReadOnly(t *testing.T) {
	f := &fake{}
	s := startWatched(t, f)
	for _, path := range []string{"/status", "/scripts", "/scripts/pin", "/drain", "/metrics", "/health", "/livez", "/readyz"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			code, _, _ := s.fetch(t, method, path)
			if fine := code == http.StatusOK; fine != (method == "GET" && slices.Contains([]string{"/metrics", "/health", "/livez", "/readyz"}, path)) {
				t.Errorf("%s %s: %d", method, path, code)
			}
		}
	}
	if f.told() != "" {
		t.Errorf("the host was told %q", f.told())
	}
}

func TestATakenMetricsAddressIsWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(shortDir(t), "eslua.sock"), l.Addr().String(), &fake{})
	if line := s.log.next(t, "metrics cannot be opened"); !strings.Contains(line, l.Addr().String()) {
		t.Errorf("the log does not say which address: %s", line)
	}
	_ = l.Close()
	s.clk.WaitForTimers(1)
	s.clk.Advance(retryPause)
	s.log.next(t, `"metrics is open"`)
	if code, _, _ := s.fetch(t, "GET", "/health"); code != http.StatusOK {
		t.Error(code)
	}
}

// TestAMetricThatFailsHidesNoOther: the other metrics are served, and the failure is logged.
func TestAMetricThatFailsHidesNoOther(t *testing.T) {
	f := &fake{}
	deps := f.deps()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "good"}, func() float64 { return 1 }))
	registry.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("bad", "", nil, nil), errors.New("broken"))
	}))
	deps.Metrics = registry
	s := startDeps(t, filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", f, deps)
	s.log.next(t, "is open")
	s.log.next(t, "is open")
	if code, _, text := s.fetch(t, "GET", "/metrics"); code != http.StatusOK || !strings.Contains(text, "\ngood 1\n") {
		t.Errorf("%d: %s", code, text)
	}
	s.log.next(t, "broken")
}

// TestAClientThatLeavesIsNoError: only metrics that cannot be collected are one.
func TestAClientThatLeavesIsNoError(t *testing.T) {
	log, logger := newLog()
	gone := &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	scrapeLog{logger}.Println("error encoding and sending metric family:", fmt.Errorf("flush: %w", gone))
	scrapeLog{logger}.Println("error gathering metrics:", errors.New("broken"))
	if line := log.next(t, "ERROR"); !strings.Contains(line, "broken") {
		t.Error(line)
	}
}
