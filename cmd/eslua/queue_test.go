package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/job"
)

// TestQueueExample works off the queue of examples/jobs: a message whose script fails is a
// dead letter with its error, which the admin sees and has tried again.
func TestQueueExample(t *testing.T) {
	dir := t.TempDir()
	example, err := os.ReadFile("../../examples/jobs/transcribe.lua")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "transcribe.lua", string(example))
	var works atomic.Bool
	got := make(chan string, 10)
	speech := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !works.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		got <- string(body)
		fmt.Fprint(w, "good morning")
	}))
	defer speech.Close()
	address := strings.TrimPrefix(speech.URL, "http://")
	write(t, dir, "publish.lua", `print(queue.publish("transcribe", {uuid = "4711", file = "/tmp/1.wav"}, {id = "first"}))`)
	write(t, dir, "read.lua", `print(kv.bucket("texts"):get("4711"))`)
	write(t, dir, "eslua.yaml", fmt.Sprintf(`state: %s
queues: {transcribe: {script: transcribe, attempts: 1}}
buckets: {texts: {}}
flows:
  publish: {grants: {queues: [transcribe]}}
  read: {grants: {buckets: [texts]}}
  transcribe: {settings: {server: %s}, grants: {hosts: [%q], buckets: [texts]}}
`, t.TempDir(), speech.URL, address))
	s := startServe(t, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", freeAddress(t))
	s.next(t, "taking calls")
	run := func(script string) (printed string) {
		err := s.admin().Run(t.Context(), job.Order{Script: script, Print: func(line string) { printed += line + "\n" }, Said: func(string, string) {}}, false)
		if err != nil {
			t.Error(err)
		}
		return printed
	}
	has(t, run("publish"), "first")
	has(t, <-got, `"uuid":"4711"`)
	s.next(t, "is a dead letter now")
	has(t, s.eslua(t, exitFine, "queue"), "no message is waiting", "first", "transcribe.lua:6: the speech server answered 503")
	has(t, s.eslua(t, exitFine, "queue", "show", "first"), "first in transcribe, dead", `{"`, "given up: transcribe.lua:6")
	has(t, s.eslua(t, exitFine, "status"), "QUEUE", "last failure", "JOB", "answered 503")
	works.Store(true)
	has(t, s.eslua(t, exitFine, "queue", "retry", "first"), "1 message will be tried now")
	s.next(t, "transcribed are 1")
	has(t, run("read"), "good morning")
	has(t, s.eslua(t, exitFine, "status"), "buckets: texts", "the flow's: transcribe")
	has(t, s.eslua(t, exitFine, "queue"), "no message is waiting", "no message is dead")
	has(t, s.eslua(t, exitFailed, "queue", "drop", "first"), "it may have been worked off")
	has(t, s.eslua(t, exitUsage, "queue", "drop", "--all"), "--state waiting|dead --all")
	s.signals <- syscall.SIGTERM
	s.endsItself(t)
}
