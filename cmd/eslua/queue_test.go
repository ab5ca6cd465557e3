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
	eslua := func(args ...string) string {
		t.Helper()
		code, out := askEslua(append([]string{args[0], "--admin", s.socket}, args[1:]...)...)
		if code != exitFine {
			t.Errorf("%v: %d %s", args, code, out)
		}
		return out
	}
	wants := func(out string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(out, want) {
				t.Errorf("there is no %q in:\n%s", want, out)
			}
		}
	}
	wants(run("publish"), "first")
	wants(<-got, `"uuid":"4711"`)
	s.next(t, "is a dead letter now")
	wants(eslua("queue"), "no message is waiting", "first", "transcribe.lua:6: the speech server answered 503")
	wants(eslua("queue", "show", "first"), "first in transcribe, dead", `{"`, "given up: transcribe.lua:6")
	wants(eslua("status"), "QUEUE", "last failure", "JOB", "answered 503")
	works.Store(true)
	wants(eslua("queue", "retry", "first"), "1 message will be tried now")
	s.next(t, "transcribed are 1")
	wants(run("read"), "good morning")
	wants(eslua("status"), "buckets: texts", "the flow's: transcribe")
	wants(eslua("queue"), "no message is waiting", "no message is dead")
	if code, out := askEslua("queue", "--admin", s.socket, "drop", "first"); code == exitFine || !strings.Contains(out, "it may have been worked off") {
		t.Error(code, out)
	}
	if code, out := askEslua("queue", "--admin", s.socket, "drop", "--all"); code == exitFine || !strings.Contains(out, "--state waiting|dead --all") {
		t.Error(code, out)
	}
	s.signals <- syscall.SIGTERM
	s.endsItself(t)
}
