package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
)

// TestLiveTheLogWhenFreeSWITCHGoes kills a FreeSWITCH with many calls, 300 or as many as
// ESLUA_LIVE_CALLS says: the log has a few lines of each message, the rest is counted, and
// no call is left.
func TestLiveTheLogWhenFreeSWITCHGoes(t *testing.T) {
	calls := 300
	if text := os.Getenv("ESLUA_LIVE_CALLS"); text != "" {
		var err error
		if calls, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := directory(t, map[string]string{"wait.lua": `session:sleep(3600000) error("the call is gone: " .. session.uuid)`})
	address, sockets := freePort(t), freePort(t)
	write(t, dir, "eslua.yaml", `nodes: [{name: fs, address: "`+address+`", password: ClueCon}]`)
	s := startSwitch(t, address, dir, "", nil)
	e := startServer(t, testproc.Context(t), &program{clock: clock.System(), getenv: noEnv}, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", sockets)
	e.next(t, "taking calls")
	s.wait(t)
	e.next(t, "connected to FreeSWITCH")
	s.send(t, "noevents")
	s.send(t, "nolog")
	a := e.admin()
	status := func() (n int, text string) {
		st, err := a.Status(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := json.Marshal(st.Flows)
		return st.Calls.Running, string(all)
	}
	for placed := 0; placed < calls; {
		for range min(50, calls-placed) {
			s.send(t, "bgapi originate null/x '&socket("+sockets+"/wait async full)'")
			placed++
		}
		for n, _ := status(); n < placed; n, _ = status() {
			time.Sleep(20 * time.Millisecond)
		}
	}
	t.Logf("%d calls", calls)
	s.kill()
	began := time.Now()
	for n, _ := status(); n > 0; n, _ = status() {
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("they have ended after %v", time.Since(began))
	_, counted := status()
	e.next(t, "lines with the same message were left out of the log")
	messages := map[string]int{}
	for _, line := range e.said {
		_, message, _ := strings.Cut(line, "msg=")
		message, _, _ = strings.Cut(message, " uuid=")
		messages[message]++
	}
	for message, lines := range messages {
		if lines > 10 {
			t.Errorf("%d lines: %s", lines, message)
		}
	}
	t.Logf("%d lines; counted: %s", len(e.said), counted)
	e.ends(t)
}
