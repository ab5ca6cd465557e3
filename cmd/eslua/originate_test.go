package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
)

// liveOriginates names outcomes of originate on a real FreeSWITCH, with its vanilla
// configuration.
var liveOriginates = []struct{ what, want string }{
	{`to = "loopback/park/default/inline", timeout = 5`, "no answer NO_ANSWER"}, // nobody answers it
	{`to = "null/x", timeout = 5`, "answered SUCCESS"},
	{`to = "loopback/hangup:USER_BUSY/default/inline"`, "busy USER_BUSY"},
	{`to = "loopback/hangup:CALL_REJECTED/default/inline"`, "rejected CALL_REJECTED"},
	{`to = "loopback/sleep:20000/default/inline", timeout = 1`, "no answer NO_ANSWER"},
	{`to = {{"loopback/sleep:20000/default/inline", timeout = 1}}, timeout = 20`, "no answer ALLOTTED_TIMEOUT"},
	{`to = "loopback/sleep:20000/default/inline", variables = {progress_timeout = 1}, timeout = 20`, "unreachable PROGRESS_TIMEOUT"},
	{`to = "user/9999"`, "unreachable SUBSCRIBER_ABSENT"},
	{`to = "user/1019"`, "unreachable USER_NOT_REGISTERED"},
	{`to = "sofia/gateway/nope/1"`, "gateway down INVALID_GATEWAY"},
	{`to = "sofia/internal/1000@127.0.0.1:5999"`, "gateway down NORMAL_TEMPORARY_FAILURE"},
	{`to = "error/UNALLOCATED_NUMBER"`, "unallocated UNALLOCATED_NUMBER"},
	{`to = {"loopback/hangup:USER_BUSY/default/inline", "null/x"}`, "answered SUCCESS"},
	{`to = {"loopback/hangup:USER_BUSY/default/inline", "null/x", hunt = true}`, "busy USER_BUSY"},
	{`to = {"loopback/hangup:GATEWAY_DOWN/default/inline", "null/x", hunt = true}`, "answered SUCCESS"},
	{`to = {"sofia/gateway/nope/1", "null/x", hunt = true}`, "answered SUCCESS"},
	{`to = {"loopback/sleep:20000/default/inline", "null/x", hunt = true, timeout = 1}`, "answered SUCCESS"},
	{`to = {{"loopback/sleep:20000/default/inline", timeout = 1}, "null/x", hunt = true}`, "answered SUCCESS"},
	{`to = "null/x", from = {number = "5,5|5", name = "O'Neil [x] {y} \\ z"}`, "answered SUCCESS"},
}

// TestLiveOriginate has a script dial, and hang up whoever answers.
func TestLiveOriginate(t *testing.T) {
	address, password := livetest.Address(t)
	var script, want strings.Builder
	script.WriteString("local function try(o) o.on_answer = {\"park\"} local r = originate(o) print(r.outcome .. \" \" .. r.cause) if r.uuid then freeswitch.API():execute(\"uuid_kill\", r.uuid) end end\n")
	for _, o := range liveOriginates {
		script.WriteString("try{" + o.what + "}\n")
		want.WriteString(o.want + "\n")
	}
	file := filepath.Join(t.TempDir(), "dials.lua")
	if err := os.WriteFile(file, []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	p := &program{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
	if code := p.main(t.Context(), []string{"exec", "--esl", address, "--password", password, file}); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	got := strings.Split(out.String(), "\n")
	for i, line := range strings.Split(want.String(), "\n") {
		if i < len(got) && got[i] != line && i < len(liveOriginates) {
			t.Errorf("%s\n gave %q, want %q", liveOriginates[i].what, got[i], line)
		}
	}
	if len(got) != len(liveOriginates)+1 {
		t.Errorf("the script printed %d lines, want %d\n%s", len(got)-1, len(liveOriginates), errs.String())
	}
}
