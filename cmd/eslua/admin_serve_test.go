package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
)

// TestServeAnswersItsAdmin asks a real eslua serve, starts a second one with the
// same socket beside it, and ends the first through its socket.
func TestServeAnswersItsAdmin(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "eslua") // a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file, socket := filepath.Join(dir, "eslua.yaml"), filepath.Join(dir, "run", "eslua.sock")
	settings := fmt.Sprintf("listen: 127.0.0.1:0\nadmin: %s\nmetrics: 127.0.0.1:0\nlog: {level: debug}\n", socket)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	first := startServe(t, "--config", file)
	first.next(t, "is open")
	first.next(t, "is open")

	if code, out := askEslua("status", "--config", file); code != exitFine || !strings.Contains(out, "taking calls on 127.0.0.1:") || !strings.Contains(out, "configuration "+file) {
		t.Fatalf("status: %d\n%s", code, out)
	}
	was := statusJSON(t, file)
	if code := health(t, was.Metrics); code != http.StatusOK {
		t.Errorf("health: %d", code)
	}
	if code, out := askEslua("scripts", "list", "--config", file); code != exitFine || !strings.Contains(out, "inviteToConf") {
		t.Errorf("list: %d\n%s", code, out)
	}

	second := startServe(t, "--config", file)
	if line := second.next(t, "admin socket cannot be opened"); !strings.Contains(line, "set admin to another path") || !strings.Contains(line, socket) {
		t.Errorf("the second eslua logs %s", line)
	}
	if now := statusJSON(t, file); now.Listen != was.Listen {
		t.Errorf("the socket is the one of %s now, and was of %s", now.Listen, was.Listen)
	}
	if code := second.end(); code != exitFine {
		t.Errorf("the second's exit code is %d", code)
	}
	if now := statusJSON(t, file); now.Listen != was.Listen {
		t.Error("the second took the first's socket with it")
	}

	if _, err := admin.NewClient(socket).Drain(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if code := first.over(); code != exitFine {
		t.Errorf("the first's exit code is %d", code)
	}
	if code, out := askEslua("status", "--config", file); code != exitFailed || !strings.HasPrefix(out, "eslua is not running, or its socket is elsewhere: ") {
		t.Errorf("status of nobody: %d\n%s", code, out)
	}
}

// departed is an eslua from which another has taken over.
type departed struct{ admin.Deps }

func (departed) Status(bool) admin.Status {
	return admin.Status{PID: 99, Calls: outbound.Status{Running: 2}}
}

// TestTheEsluaBeforeIsSeen asks for the status while one eslua drains and no other runs.
func TestTheEsluaBeforeIsSeen(t *testing.T) {
	dir, err := os.MkdirTemp("", "eslua")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket, opened := filepath.Join(dir, "eslua.sock"), make(openings, 1)
	log := slog.New(slog.NewTextHandler(opened, &slog.HandlerOptions{Level: slog.LevelDebug}))
	before := admin.New(socket+".99", "", admin.Deps{StatusSource: departed{}}, log, clock.System())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- before.Run(ctx) }()
	<-opened
	code, out := askEslua("status", "--admin", socket)
	if code != exitFailed || !strings.Contains(out, "The previous eslua, process 99, takes no new calls: 2 calls running") || !strings.Contains(out, "eslua is not running") {
		t.Errorf("%d\n%s", code, out)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func statusJSON(t *testing.T, file string) (st admin.Status) {
	t.Helper()
	code, out := askEslua("status", "--json", "--config", file)
	if err := json.Unmarshal([]byte(out), &st); err != nil || code != exitFine {
		t.Fatalf("status --json: %d, %v\n%s", code, err, out)
	}
	return st
}

func health(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
