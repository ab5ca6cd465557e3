package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/lookup"
	"github.com/eslua/eslua/host/operate/config"
)

// BenchmarkLookup reports how many lookups of a user are answered in a second by the
// script of examples/jobs from a table of 1,000 users in SQLite (lookups/s), and how many
// by a handler in Go that makes the same document from the same row (go-lookups/s).
func BenchmarkLookup(b *testing.B) {
	dir := b.TempDir()
	script, err := os.ReadFile(filepath.Join("..", "..", "examples", "jobs", "directory.lua"))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "directory.lua"), script, 0o600); err != nil {
		b.Fatal(err)
	}
	cfg, err := config.Parse("eslua.yaml", fmt.Appendf(nil, `
scripts: %s
databases: {users: {dsn: "sqlite://%s", connections: 8}}
xml: {password: secret, parallel: 8, scripts: {directory: directory}}
flows: {directory: {grants: {databases: [users]}}}
`, dir, filepath.Join(b.TempDir(), "users.db")))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	a, err := build(ctx, cfg, slog.New(slog.DiscardHandler), clock.System(), seams{})
	if err != nil {
		b.Fatal(err)
	}
	fillUsers(b, a.data)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.jobs.AnswerLookups(ctx, l) }()
	plain := httptest.NewServer(plainLookups(a.data))
	b.Cleanup(func() {
		plain.Close()
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		a.data.Close()
	})
	byLua := lookUpUsers(b, "http://"+l.Addr().String())
	byGo := lookUpUsers(b, plain.URL)
	b.ReportMetric(byLua, "lookups/s")
	b.ReportMetric(byGo, "go-lookups/s")
	b.ReportMetric(0, "ns/op")
}

const mostUsers = 1000

func fillUsers(b *testing.B, data *database.Databases) {
	h, err := data.Open(b.Context(), "users")
	if err != nil {
		b.Fatal(err)
	}
	defer h.Release()
	run := func(sql string, args ...any) {
		if err := h.Exec(b.Context(), sql, args); err != nil {
			b.Fatal(err)
		}
	}
	run("create table users(number text primary key, domain text, password text, name text, context text)")
	run("begin")
	for i := range mostUsers {
		run("insert into users values (?, 'example.org', 'secret', ?, 'default')", fmt.Sprint(1000+i), fmt.Sprint("User ", i))
	}
	run("commit")
}

// lookUpUsers asks for users as FreeSWITCH does, from four connections at a time, and
// returns how many answers came in a second.
func lookUpUsers(b *testing.B, url string) float64 {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	began := time.Now()
	b.SetParallelism(2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			user := fmt.Sprint(1000 + next.Add(1)%mostUsers)
			body := "hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=example.org&Event-Name=REQUEST_PARAMS&user=" + user + "&domain=example.org"
			request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			request.SetBasicAuth("eslua", "secret")
			response, err := client.Do(request)
			if err != nil {
				b.Error(err)
				return
			}
			answer, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || !strings.Contains(string(answer), `<user id="`+user+`">`) {
				b.Errorf("%d %s, %v", response.StatusCode, answer, err)
				return
			}
		}
	})
	return float64(b.N) / time.Since(began).Seconds()
}

// plainLookups answers as directory.lua does.
func plainLookups(data *database.Databases) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		request, err := lookup.ParseRequest(string(body))
		if err != nil {
			return
		}
		h, err := data.Open(r.Context(), "users")
		if err != nil {
			return
		}
		defer h.Release()
		user := request.Get("user")
		rows, err := h.Query(r.Context(), "select password, name, context from users where number = ? and domain = ?", []any{user, request.Get("domain")})
		if err != nil {
			return
		}
		row, err := rows.Next()
		if row == nil || err != nil {
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<document type="freeswitch/xml"><section name="directory"><domain name="%s"><params><param name="dial-string" value="${sofia_contact(*/${dialed_user}@${dialed_domain})}"/></params>`+
			`<user id="%s"><params><param name="password" value="%s"/></params><variables><variable name="user_context" value="%s"/><variable name="effective_caller_id_name" value="%s"/></variables></user></domain></section></document>`,
			request.Get("domain"), user, row.Values[0].Text, row.Values[2].Text, row.Values[1].Text)
		_ = rows.Close()
	}
}
