package bindings_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
)

// withHTTP gives the scripts a server on this machine, which they are granted, as url.
func (h *harness) withHTTP(handler http.HandlerFunc) *harness {
	h.t.Helper()
	server := httptest.NewServer(handler)
	client, err := network.NewClient(config.Default().HTTP, clock.System())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { client.Close(); server.CloseClientConnections(); server.Close() })
	g := grant.Default()
	g.Hosts = []grant.Host{grant.Host(strings.TrimPrefix(server.URL, "http://"))}
	h.http, h.grants = client, &g
	h.url = server.URL
	h.use()
	return h
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Two", "a")
	w.Header().Add("X-Two", "b")
	fmt.Fprintf(w, "%s %s|%s|%s|%s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Get("X-A"), body)
}

func TestHTTP(t *testing.T) {
	h := open(t, "").withHTTP(echo)
	for script, want := range map[string]string{
		`r = http.get(url .. "/a?b=c").body`:                                                                           "GET /a?b=c|||",
		`r = http.get(url .. "/a?b=c#x", {query = {d = "e f&g", n = 7}}).body`:                                         "GET /a?b=c&d=e+f%26g&n=7|||",
		`r = http.post(url, {json = {name = "Ada"}, headers = {["x-a"] = "b"}}).body`:                                  `POST /|application/json|b|{"name":"Ada"}`,
		`r = http.post(url, {form = {a = "b c", ok = true}}).body`:                                                     "POST /|application/x-www-form-urlencoded||a=b+c&ok=true",
		`r = http.request(url, {method = "delete", body = "x", headers = {["Content-Type"] = "text/csv"}}).body`:       "DELETE /|text/csv||x",
		`local a = http.get(url) r = a.status .. " " .. a.headers["x-two"] .. " " .. tostring(a.headers["X-Two"])`:     "200 a, b nil",
		`local v, err = http.get(url):json() r = tostring(v) .. " " .. tostring(err ~= nil)`:                           "nil true",
		`local a, b = http.async(url .. "/a"), http.async(url .. "/b") r = b:wait().body .. " " .. a:wait(60000).body`: "GET /b||| GET /a|||",
		`local a = http.async(url) r = tostring(a:wait() == a:wait())`:                                                 "true",
		`local ok, err = pcall(http.get, "http://10.0.0.1/") r = err`:                                                  `the address 10.0.0.1 is not granted to this flow; to grant it, write grants: {hosts:`,
		`local ok, err = pcall(http.async, "http://10.0.0.1/") r = err`:                                                `the address 10.0.0.1 is not granted`,
		`local ok, err = pcall(http.get, "/a") r = err`:                                                                `"/a" is no URL of an HTTP server`,
		`local ok, err = pcall(http.get, url, {time_out = 5}) r = err`:                                                 `there is no option "time_out"; the options are method`,
		`local ok, err = pcall(http.get, url, {headers = {a = ("x"):rep(40000), b = ("x"):rep(40000)}}) r = err`:       `headers holds more than 65536 bytes`,
		`local ok, err = pcall(http.get, url, {query = {[("x"):rep(40000)] = ("x"):rep(40000)}}) r = err`:              `query holds more than 65536 bytes`,
		`local ok, err = pcall(http.post, url, {body = ("x"):rep(2^20 + 1)}) r = err`:                                  `body holds 1048577 bytes, and at most 1048576 are possible`,
		`r = tostring(#http.post(url, {body = ("x"):rep(2^19)}).body > 2^19)`:                                          `true`,
		`local ok, err = pcall(http.get, url, {retries = 6}) r = err`:                                                  `retries is 6; write a number from 0 to 5`,
		`local ok, err = pcall(http.get, url, {method = "CONNECT"}) r = err`:                                           `the method is "CONNECT"; write one of GET`,
		`local ok, err = pcall(http.get, url, {headers = {a = "b\r\nc: d"}}) r = err`:                                  `holds a character that no header can hold`,
		`local ok, err = pcall(http.get, url, {headers = {["a b"] = "c"}}) r = err`:                                    `holds a character that no header can hold`,
		`local ok, err = pcall(http.get, url, {body = "a", json = {}}) r = err`:                                        `write one of them`,
		`local ok, err = pcall(http.get, url, {query = {a = {}}}) r = err`:                                             `query holds "a" = table`,
	} {
		if o := h.execute(fmt.Sprintf("local url = %q ", h.url)+script, host.NoSwitch{}, ""); o.err != nil || !strings.Contains(o.text("r"), want) {
			t.Errorf("%s\ngot  %v %s\nwant %s", script, o.err, o.text("r"), want)
		}
	}
}

// What a script does not wait for ends with it, and nothing is left behind.
func TestHTTPEndsWithTheScriptAndTheCall(t *testing.T) {
	asked, never := make(chan string, 20), make(chan struct{})
	slow := func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		select {
		case <-r.Context().Done():
		case <-never:
		}
	}
	h := open(t, "").withHTTP(slow)
	if o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`for i = 1, 9 do r = select(2, pcall(http.async, url)) end`, host.NoSwitch{}, ""); o.err != nil || !strings.Contains(o.text("r"), "8 requests are under way") {
		t.Errorf("%v, %s", o.err, o.text("r"))
	}
	if o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`local a, err = http.async(url):wait(1) r = err http.async(url)`, host.NoSwitch{}, ""); o.err != nil || o.text("r") != "timeout" {
		t.Errorf("%v, %s", o.err, o.text("r"))
	}
	h = open(t, "").withHTTP(slow)
	h.compile(fmt.Sprintf(`session:answer()
		local a, err = http.get(%q, {response_timeout = 3600000})
		r = tostring(a) .. " " .. err .. " " .. tostring(session:ready())`, h.url+"/call"))
	c := h.call()
	for <-asked != "/call" { // the requests of before may come late
	}
	c.Hangup("NORMAL_CLEARING")
	if o := h.end(); o.err != nil || !strings.HasPrefix(o.text("r"), "nil the call has hung up") || !strings.HasSuffix(o.text("r"), " false") {
		t.Errorf("%v, %s", o.err, o.text("r"))
	}
}

// Answers that the script keeps and has not waited for are its memory.
func TestAnswersThatNobodyTakesAreMemory(t *testing.T) {
	h := open(t, "").withHTTP(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) })
	o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`local kept = {}
		while #kept < 100 do
			local ok, request = pcall(http.async, url)
			if ok then kept[#kept + 1] = request else freeswitch.msleep(1) end
		end`, host.NoSwitch{}, "")
	if o.err == nil || !strings.Contains(o.err.Error(), "memory limit") {
		t.Errorf("it ended with %v", o.err)
	}
}
