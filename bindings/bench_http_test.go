package bindings_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// BenchmarkHTTPGet reports the time for http.get by a script (us/get), and how many times
// that is of the same request by net/http (x-go), with a client that keeps connections as
// well. Both run in turns, and the ratio is the median of those of all turns.
func BenchmarkHTTPGet(b *testing.B) {
	const turn = 200
	const answer = `{"name":"Ada","vip":true,"queue":"sales"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	client, err := network.NewClient(config.Default().HTTP, clock.System())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	set := bindings.New(bindings.Deps{HTTP: client})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		b.Fatal(err)
	}
	script, err := vm.Compile("bench.lua", []byte(`
		local body
		for i = 1, argv[1] do body = assert(http.get(argv[2])).body end
		assert(body == argv[3])`))
	if err != nil {
		b.Fatal(err)
	}
	runner := host.New(host.Deps{Machine: machine, Binder: set, Clock: clock.System()})
	grants := grant.Default()
	grants.Hosts = []grant.Host{"127.0.0.1"}
	lua := func(n int) {
		r := &host.Run{
			Scripts: host.Single(script), Args: []string{strconv.Itoa(n), server.URL, answer},
			Config: host.Config{Grants: &grants, Limits: guard.Limits{CPU: time.Hour, Burst: time.Hour}},
			Env:    host.Env{Log: slog.New(slog.DiscardHandler)},
		}
		if err := runner.Run(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	settings := config.Default().HTTP
	plain := http.Client{Timeout: time.Duration(settings.Response), Transport: &http.Transport{DisableCompression: true, MaxConnsPerHost: settings.Connections}}
	defer plain.CloseIdleConnections()
	plainGo := func(n int) {
		for range n {
			response, err := plain.Get(server.URL)
			if err != nil {
				b.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || string(body) != answer {
				b.Fatal(string(body), err)
			}
		}
	}
	var total time.Duration
	var ratios []float64
	for left := b.N; left > 0; left -= turn {
		n := min(left, turn)
		var byLua, byGo time.Duration
		if len(ratios)%2 == 0 {
			byLua, byGo = took(func() { lua(n) }), took(func() { plainGo(n) })
		} else {
			byGo, byLua = took(func() { plainGo(n) }), took(func() { lua(n) })
		}
		total += byLua
		ratios = append(ratios, float64(byLua)/float64(byGo))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(total.Microseconds())/float64(b.N), "us/get")
	b.ReportMetric(ratios[len(ratios)/2], "x-go")
}
