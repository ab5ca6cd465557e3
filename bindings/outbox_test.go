package bindings_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
)

// withOutbox gives the scripts an endpoint, crm, which they are granted, and returns
// what it gets.
func (h *harness) withOutbox() <-chan string {
	h.t.Helper()
	got := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Webhook-Id"), body)
	}))
	client, err := network.NewClient(config.Default().HTTP, clock.System())
	if err != nil {
		h.t.Fatal(err)
	}
	h.outbox = outbox.New(map[string]config.Endpoint{"crm": {URL: server.URL, Parallel: 1, GiveUp: 1 << 40}}, outbox.Deps{
		Store: newStore(h.t), HTTP: client, Rand: func() float64 { return 0 }, NewID: func() string { return "made" }, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
	})
	ctx, stop := context.WithCancel(context.Background())
	var delivering sync.WaitGroup
	delivering.Go(func() { _ = h.outbox.Run(ctx) })
	h.t.Cleanup(func() {
		stop()
		delivering.Wait()
		client.Close()
		server.Close()
	})
	h.grant(func(g *grant.Grants) { g.Endpoints = []string{"crm", "gone"} })
	return got
}

func TestOutbox(t *testing.T) {
	h := open(t, "")
	got := h.withOutbox()
	sign := strings.TrimPrefix(outbox.OwnID("job", ""), "-") // of the flow
	for _, test := range []struct{ script, want, push string }{
		{`r = outbox.push("crm", {state = "answered"}, {id = "a-1", type = "call"})`, "a-1-" + sign, `POST / a-1-` + sign + ` {"state":"answered"}`},
		{`r = outbox.push("crm", "text", {method = "put"})`, "made", `PUT / made text`},
		{`r = outbox.push("crm", "", {id = "a-2", method = "GET", query = {action = "ring", n = 1}})`, "a-2-" + sign, `GET /?action=ring&n=1 a-2-` + sign + ` `},
		{`local ok, err = pcall(outbox.push, "crm", "", {id = "a b"}) r = err`, `"a b-` + sign + `" is no id of a push`, ""},
		{`local ok, err = pcall(outbox.push, "crm", "", {id = ("x"):rep(56)}) r = err`, `has more than 55 bytes`, ""},
		{`local ok, err = pcall(outbox.push, "crm", "x", {method = "get"}) r = err`, `a push by GET has no body`, ""},
		{`local ok, err = pcall(outbox.push, "crm", "", {oder = "x"}) r = err`, `the options are id, order`, ""},
		{`local ok, err = pcall(outbox.push, "crm", "", {query = 1}) r = err`, `write query = {name = value}`, ""},
		{`local ok, err = pcall(outbox.push, "crm", "", {type = "a\nb"}) r = err`, `one line each`, ""},
		{`local ok, err = pcall(outbox.push, "crm", print) r = err`, `function`, ""},
		{`local ok, err = pcall(outbox.push, "other", "") r = err`, `the endpoint "other" is not granted to this flow; to grant it, write grants: {endpoints: [crm, gone, other]}`, ""},
		{`local ok, err = pcall(outbox.push, "gone", "") r = err`, `the configuration has no endpoint "gone"; write endpoints: {gone: {url:`, ""},
	} {
		if o := h.execute(test.script, host.NoSwitch{}, ""); o.err != nil || !strings.Contains(o.text("r"), test.want) {
			t.Errorf("%s\ngot  %v %s\nwant %s", test.script, o.err, o.text("r"), test.want)
		} else if test.push != "" {
			if push := <-got; push != test.push {
				t.Errorf("%s: came %q, not %q", test.script, push, test.push)
			}
		}
	}
}

// A script cannot fill the disk with pushes: they count as what it writes into files.
func TestPushesCountAsWritten(t *testing.T) {
	h := open(t, "")
	h.withOutbox()
	h.quota = host.NewQuota(1<<20, 0)
	o := h.execute(`for i = 1, 10 do outbox.push("crm", ("x"):rep(2^19 - 4096)) end`, host.NoSwitch{}, "")
	if o.err == nil || !strings.Contains(o.err.Error(), "limits.written of 1 MiB") {
		t.Error(o.err)
	}
}
