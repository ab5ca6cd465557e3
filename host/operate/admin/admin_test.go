package admin

import (
	"context"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

func TestTheAdminsRequests(t *testing.T) {
	f := &fake{st: Status{
		Version: "v1", Now: noon, Started: noon.Add(-time.Hour), Listen: "127.0.0.1:8084",
		Scripts: store.Status{Generation: "aabbccddeeff", Problems: []store.Problem{{File: "a.lua", Line: 3, Message: "x < y"}}},
		Rollout: rollout.Status{Overrides: []rollout.Override{{Flow: "a", Generation: "001122334455", Since: noon}}},
		Flows:   []Flow{{Counts: run.Counts{Flow: "a", Tally: run.Tally{Started: 3}, Last: &run.Failure{At: noon, Error: "x"}}, Version: "v"}},
		Nodes:   []node.Status{{Node: "fs1", Up: true, Since: noon}},
		Running: []run.Running{{UUID: "u", Flow: "a", Since: noon}},
	}}
	s := startOpen(t, f)
	ctx := t.Context()

	want := f.st
	got, err := s.client.Status(ctx, true)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("status %+v, %v\n  want %+v", got, err, want)
	}
	if got, err = s.client.Status(ctx, false); err != nil || got.Running != nil {
		t.Errorf("calls nobody asked for: %+v, %v", got.Running, err)
	}
	changes, err := s.client.History(ctx, "a&b")
	if err != nil || len(changes) != 1 || changes[0].Version != "a&b" || !changes[0].Served.Equal(noon) {
		t.Errorf("history %+v, %v", changes, err)
	}
	if _, err = s.client.History(ctx, "nobody"); err == nil || err.Error() != `there is no flow "nobody"` {
		t.Errorf("an error arrives as %v", err)
	}
	if diff, err := s.client.Diff(ctx, "a", "1234", ""); err != nil || diff != "a|1234|" {
		t.Errorf("diff %q, %v", diff, err)
	}
	if m, err := s.client.Rollback(ctx, "a", ""); err != nil || m != "rolled back" {
		t.Errorf("rollback %q, %v", m, err)
	}
	if m, err := s.client.Pin(ctx, "", "1234"); err != nil || m != "pinned" {
		t.Errorf("pin %q, %v", m, err)
	}
	if _, err := s.client.Unpin(ctx, "a"); err == nil || err.Error() != "nothing is pinned" {
		t.Errorf("unpin: %v", err)
	}
	if _, err := s.client.Drain(ctx, false); err != nil {
		t.Errorf("drain: %v", err)
	}
	if got, want := f.told(), "rollback a ; pin  1234; unpin a; drain"; got != want {
		t.Errorf("the host was told %q\n  want %q", got, want)
	}
}

// send sends a request as a program other than our Client would.
func (s *started) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.path)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://x"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if format := w.Header.Get("Content-Type"); w.StatusCode == http.StatusOK && format != "application/json" {
		t.Errorf("%s %s answers with %s", method, path, format)
	}
	return w.StatusCode, string(answer)
}

func TestWhatIsNoRequest(t *testing.T) {
	f := &fake{}
	s := startOpen(t, f)
	for _, c := range []struct {
		method, path, body string
		code               int
		part               string
	}{
		{"GET", "/status", "", http.StatusOK, `"pid": 0`},
		{"GET", "/", "", http.StatusNotFound, ""},
		{"GET", "/drain", "", http.StatusMethodNotAllowed, ""}, // a browser's or crawler's GET changes nothing
		{"POST", "/status", "", http.StatusMethodNotAllowed, ""},
		{"POST", "/scripts/pin", `{"flow": 1}`, http.StatusBadRequest, "/scripts/pin"},
		{"POST", "/scripts/pin", `{"flows": "a"}`, http.StatusBadRequest, "flows"},
		{"POST", "/run", `{"script": `, http.StatusBadRequest, "bad request body for /run"},
		{"POST", "/drain", `{"flow": "` + strings.Repeat("x", maxRequest) + `"}`, http.StatusBadRequest, "too large"},
	} {
		if code, answer := s.send(t, c.method, c.path, c.body); code != c.code || !strings.Contains(answer, c.part) {
			t.Errorf("%s %s: %d %s, want %d and %q", c.method, c.path, code, answer, c.code, c.part)
		}
	}
	if f.told() != "" {
		t.Errorf("the host was told %q", f.told())
	}
}
