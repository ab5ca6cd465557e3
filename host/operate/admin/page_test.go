package admin

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A stub is a page that says its path.
type stub struct{ ran chan struct{} }

func (s stub) ServeHTTP(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.Path)) }
func (s stub) Run(ctx context.Context)                          { close(s.ran); <-ctx.Done() }
func (s stub) Token(who string) string                          { return "token-of-" + who }

func TestALinkToThePage(t *testing.T) {
	f := &fake{}
	deps := f.deps()
	page := stub{make(chan struct{})}
	deps.Page = page
	s := startDeps(t, filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", f, deps)
	s.log.next(t, "is open")
	s.log.next(t, "is open")
	<-page.ran
	for who, want := range map[string]string{"anna": "anna", "": "somebody", "a\nb\x1b": "ab", strings.Repeat("ü", 99): strings.Repeat("ü", 30)} {
		if link, err := s.client.PageLink(t.Context(), who); err != nil || link != "http://"+s.server.MetricsAddr()+"/#token=token-of-"+want {
			t.Errorf("%q: %q, %v", who, link, err)
		}
	}
	if code, _, text := s.fetch(t, "GET", "/page/stream"); code != http.StatusOK || text != "/page/stream" {
		t.Errorf("the page answers with %d %s", code, text)
	}
	if code, _, _ := s.fetch(t, "GET", "/health"); code != http.StatusOK {
		t.Errorf("/health beside the page: %d", code)
	}
}

func TestNoPage(t *testing.T) {
	if link, err := startOpen(t, &fake{}).client.PageLink(t.Context(), "anna"); err == nil || !strings.Contains(err.Error(), "metrics: 127.0.0.1:8085") {
		t.Errorf("%q, %v", link, err)
	}
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{"0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "10.0.0.1:80": "10.0.0.1:80", "[::1]:80": "[::1]:80"} {
		if got := reachable(addr); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}
