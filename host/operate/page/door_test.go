package page

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

const anna = "annas-token-is-long-enough"

// A request to the page, sent as the page itself sends it unless it says otherwise.
type request struct {
	method, path, host, from, token, body string
	header                                map[string]string
}

// send returns the answer.
func (r request) send(p http.Handler) *httptest.ResponseRecorder {
	if r.method == "" {
		r.method = "GET"
	}
	if r.host == "" {
		r.host = "127.0.0.1:8085"
	}
	if r.from == "" {
		r.from = "127.0.0.1:40000"
	}
	sent := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	sent.Host, sent.RemoteAddr = r.host, r.from
	sent.Header.Set("Eslua-Page", "1")
	if r.token != "" {
		sent.Header.Set("Authorization", "Bearer "+r.token)
	}
	for name, value := range r.header {
		if value == "" {
			sent.Header.Del(name)
		} else {
			sent.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, sent)
	return w
}

func TestWhoMayLook(t *testing.T) {
	open := newPage(t, newFeed(), config.Page{Names: []string{"eslua.example.com"}}, 0)
	closed := newPage(t, newFeed(), config.Page{Tokens: map[string]string{"anna": anna}}, 0)
	const look = "/page/calls?q=x"
	for _, c := range []struct {
		what string
		page *Page
		request
		want int
	}{
		{"a program of this machine", open, request{path: look}, 200},
		{"over IPv6", open, request{path: look, host: "[::1]:8085", from: "[::1]:40000"}, 200},
		{"by the name localhost", open, request{path: look, host: "localhost:8085"}, 200},
		{"another machine", open, request{path: look, host: "10.0.0.1:8085", from: "10.0.0.9:40000"}, 401},
		{"another machine that claims to be this one", open, request{path: look, from: "10.0.0.9:40000"}, 401},
		{"another machine with a token", open, request{path: look, host: "10.0.0.1:8085", from: "10.0.0.9:40000", token: open.Token("bert")}, 200},
		{"a proxy of this machine that says for whom", open, request{path: look, header: map[string]string{"X-Forwarded-For": "10.0.0.9"}}, 401},
		{"a proxy by its public name", open, request{path: look, host: "eslua.example.com"}, 401},
		{"a proxy by its public name, with a token", open, request{path: look, host: "eslua.example.com", token: open.Token("bert")}, 200},
		{"a name that leads here for a moment", open, request{path: look, host: "attacker.example.com:8085"}, 421},
		{"the page itself by such a name", open, request{path: "/", host: "attacker.example.com:8085"}, 421},
		{"no host", open, request{path: look, host: " "}, 421},
		{"a form or an image of another site", open, request{path: look, header: map[string]string{"Eslua-Page": ""}}, 403},
		{"a script of another site", open, request{path: look, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403},
		{"a script of another port", open, request{path: look, header: map[string]string{"Sec-Fetch-Site": "same-site"}}, 403},
		{"what a browser asks before", open, request{method: "OPTIONS", path: look, header: map[string]string{"Origin": "http://attacker.example.com"}}, 405},
		{"a wrong token", open, request{path: look, token: "wrong"}, 401},
		{"half a token", open, request{path: look, token: open.Token("bert")[:40]}, 401},
		{"the token of another eslua", open, request{path: look, token: closed.Token("bert")}, 401},
		{"a token with another name", open, request{path: look, token: strings.Replace(open.Token("bert"), "62657274", "616e6e61", 1)}, 401},
		{"no token where there are some", closed, request{path: look}, 401},
		{"a token of the configuration", closed, request{path: look, token: anna}, 200},
		{"the page, which asks for a token", closed, request{path: "/"}, 200},
	} {
		if got := c.send(c.page); got.Code != c.want {
			t.Errorf("%s: %d %s, want %d", c.what, got.Code, got.Body, c.want)
		}
	}
}

func TestWhoMayChangeSomething(t *testing.T) {
	f := newFeed()
	p := newPage(t, f, config.Page{}, 0)
	bert := p.Token("bert")
	drain := request{method: "POST", path: "/page/drain", body: "{}", token: bert}
	with := func(change func(*request)) request {
		r := drain
		change(&r)
		return r
	}
	for _, c := range []struct {
		what string
		request
		want int
	}{
		{"a program of this machine without a token", with(func(r *request) { r.token = "" }), 401},
		{"a wrong token", with(func(r *request) { r.token = "x" }), 401},
		{"a token in the address", with(func(r *request) { r.path += "?token=" + bert; r.token = "" }), 401},
		{"a token in a cookie", with(func(r *request) { r.header, r.token = map[string]string{"Cookie": "token=" + bert}, "" }), 401},
		{"a form of another site", with(func(r *request) {
			r.header = map[string]string{"Eslua-Page": "", "Origin": "http://attacker.example.com"}
		}), 403},
		{"a script of another site with a token", with(func(r *request) { r.header = map[string]string{"Origin": "http://attacker.example.com"} }), 403},
		{"another name", with(func(r *request) { r.host = "attacker.example.com" }), 421},
		{"a link", with(func(r *request) { r.method = "GET" }), 405},
		{"no order", with(func(r *request) { r.body = "" }), 400},
		{"unknown fields", with(func(r *request) { r.body = `{"handover": true}` }), 400},
		{"a large body", with(func(r *request) { r.body = `{"flow": "` + strings.Repeat("x", maxRequest) + `"}` }), 400},
		{"an unknown order", with(func(r *request) { r.path = "/page/run" }), 404},
	} {
		if got := c.send(p); got.Code != c.want {
			t.Errorf("%s: %d %s, want %d", c.what, got.Code, got.Body, c.want)
		}
	}
	if f.told() != "" {
		t.Fatalf("eslua was told %q", f.told())
	}
	if got := drain.send(p); got.Code != 200 || f.told() != "drain" {
		t.Errorf("with a token: %d, told %q", got.Code, f.told())
	}
}

// TestOrdersAreLogged: the log and the page say who has changed what.
func TestOrdersAreLogged(t *testing.T) {
	f := newFeed()
	p := newPage(t, f, config.Page{Tokens: map[string]string{"anna": anna}}, 0)
	var log strings.Builder
	p.deps.Log = slog.New(slog.NewTextHandler(&log, nil))
	post := func(what, body string) (int, string) {
		w := request{method: "POST", path: "/page/" + what, body: body, token: anna}.send(p)
		return w.Code, w.Body.String()
	}
	if code, said := post("rollback", `{"flow": "queue", "generation": "5512"}`); code != 200 || said != `{"message":"rollback done"}`+"\n" {
		t.Errorf("rollback: %d %s", code, said)
	}
	if code, said := post("pin", `{"flow": "nobody", "generation": "1"}`); code != 422 || !strings.Contains(said, `there is no flow`) {
		t.Errorf("pin: %d %s", code, said)
	}
	if code, _ := post("unpin", `{"flow": "queue", "generation": ""}`); code != 200 || f.told() != "rollback queue 5512; pin nobody 1; unpin queue" {
		t.Errorf("told: %s", f.told())
	}
	for _, part := range []string{"order=rollback flow=queue generation=5512 who=anna from=127.0.0.1:40000", "order=pin", `answer="there is no flow`} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q:\n%s", part, log.String())
		}
	}
	state, _ := p.latest()
	if !strings.Contains(string(state.text), `"who":"anna","what":"unpin","flow":"queue"`) {
		t.Error("the page does not show orders")
	}
	for range 3 * maxOrders {
		post("unpin", `{"flow": "queue"}`)
	}
	if len(p.orders) != maxOrders {
		t.Errorf("%d orders are kept", len(p.orders))
	}
}

// TestWhatBrowsersAreTold: a browser runs the page's script and no other.
func TestWhatBrowsersAreTold(t *testing.T) {
	p := newPage(t, newFeed(), config.Page{}, 0)
	w := request{path: "/"}.send(p)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	policy, page := w.Header().Get("Content-Security-Policy"), w.Body.String()
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'sha256-") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Error(policy)
	}
	for _, wrong := range []string{" onclick=", " onload=", " onerror=", " style=", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://", "//cdn"} {
		page := strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "")
		if strings.Contains(page, wrong) {
			t.Errorf("the page has %q", wrong)
		}
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	zipped := request{path: "/", header: map[string]string{"Accept-Encoding": "gzip"}}.send(p)
	if size, _ := io.Copy(io.Discard, zipped.Body); size > 24<<10 || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("the page has %d bytes, compressed", size)
	}
	if w := (request{path: "/page/nothing"}).send(p); w.Code != 404 || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("what is not there: %d", w.Code)
	}
}
