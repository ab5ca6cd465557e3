package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/testproc"
)

// The details that are pushed of calls of a real FreeSWITCH are those of its own records:
// of a call of a flow with a recording, one that is answered, one whose leg is busy, one
// that is cancelled.
func TestLivePushes(t *testing.T) {
	address, password := livetest.Address(t)
	dir, err := os.MkdirTemp("", "eslua-pushes")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // FreeSWITCH may be another user
		t.Fatal(err)
	}
	server := &pushServer{t: t, got: make(chan pushed, 100)}
	http := httptest.NewServer(server)
	t.Cleanup(http.Close)
	file := dir + "/r.wav"
	write(t, dir, "pay.lua", fmt.Sprintf(`session:answer() session:setVariable("crm_id", "4711") session:execute("record_session", %q) session:sleep(2300)
session:execute("stop_record_session", %[1]q) session:hangup("NORMAL_CLEARING")`, file))
	write(t, dir, "eslua.yaml", fmt.Sprintf(`nodes: [{name: fs, address: %q, password: %q}]
state: %s
endpoints: {all: {url: %[4]s/all}, tape: {url: %[4]s/tape}}
pushes:
  - {on: call_end, endpoints: [all], variables: [crm_id, billsec]}
  - {on: recording, endpoints: [tape]}
`, address, password, t.TempDir(), http.URL))
	s := startServe(t, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", freeAddress(t))
	listen := s.listens(t)
	s.next(t, "connected to FreeSWITCH")

	ctx, sw := testproc.Context(t), dialSwitch(t, address, password)
	last := map[string]esl.Event{}
	call := func(originate string, during ...string) (id string, c pushed) {
		t.Helper()
		id = strings.TrimSpace(sw.api(ctx, t, "create_uuid"))
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			sw.api(ctx, t, "originate {origination_caller_id_number=1000,origination_uuid="+id+"}"+originate)
		}()
		for _, line := range during {
			for strings.TrimSpace(sw.api(ctx, t, "uuid_exists "+id)) != "true" {
			}
			sw.api(ctx, t, fmt.Sprintf(line, id))
		}
		<-answered
		for last[id].IsZero() {
			e, err := sw.conn.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			last[e.Get("Unique-ID")] = e
		}
		for c.Data.UUID != id { // a loopback's other half is a call too
			c = server.nextLive(ctx.Done(), "all")
		}
		return id, c
	}
	// fits holds a document to FreeSWITCH's own record.
	fits := func(name string, c pushed) {
		t.Helper()
		e := last[c.Data.UUID]
		for variable, got := range map[string]int64{"duration": c.Data.Duration, "mduration": c.Data.Millis, "billsec": c.Data.Billable, "billmsec": c.Data.BillableMs, "hangup_cause_q850": int64(c.Data.Cause.Q850)} {
			if want := e.Get("variable_" + variable); strconv.FormatInt(got, 10) != want {
				t.Errorf("%s: %s is %d, FreeSWITCH says %s", name, variable, got, want)
			}
		}
		for variable, got := range map[string]string{"start_uepoch": c.Data.Start, "answer_uepoch": c.Data.Answer, "end_uepoch": c.Data.End} {
			at, err := time.Parse(time.RFC3339Nano, got)
			if want := e.Get("variable_" + variable); (err != nil || strconv.FormatInt(at.UnixMicro(), 10) != want) && (got != "" || want != "0") {
				t.Errorf("%s: %s is %s, FreeSWITCH says %s", name, variable, got, want)
			}
		}
		if c.Data.Cause.Name != e.Get("variable_hangup_cause") || c.Data.Node != "fs" {
			t.Errorf("%s: %s", name, c.text)
		}
	}

	id, c := call("null/x &socket('" + listen + "/pay async full')")
	fits("of a flow", c)
	if info, err := os.Stat(file); c.Data.Flow != "pay" || c.Data.Version == "" || c.Data.Variables["crm_id"] != "4711" || len(c.Data.Recordings) != 1 || err != nil ||
		c.Data.Recordings[0].Path != file || c.Data.Recordings[0].Bytes != info.Size() || c.Data.Recordings[0].Millis < 1000 {
		t.Errorf("of a flow: %s", c.text)
	}
	if tape := server.nextLive(ctx.Done(), "tape"); !strings.Contains(tape.text, filepath.Base(file)) || !strings.Contains(tape.text, `"call":"`+id+`"`) {
		t.Errorf("tape got %s", tape.text)
	}

	_, c = call("null/x 'm:^:bridge:loopback/m:~:answer~sleep:1200~hangup/default/inline^hangup:NORMAL_CLEARING' inline")
	fits("answered", c)
	if len(c.Data.Legs) != 1 || c.Data.Legs[0].Billable < 1 || c.Data.Legs[0].End == "" || c.Data.Flow != "" {
		t.Errorf("answered: %s", c.text)
	}

	_, c = call("null/x 'm:^:bridge:loopback/hangup:USER_BUSY/default/inline^hangup:USER_BUSY' inline")
	fits("busy", c)
	if len(c.Data.Legs) != 1 || c.Data.Legs[0].Cause == nil || c.Data.Legs[0].Cause.Name != "USER_BUSY" || c.Data.Legs[0].Answer != "" || c.Data.Cause.Number != 17 {
		t.Errorf("busy: %s", c.text)
	}

	_, c = call("loopback/m:~:ring_ready~sleep:30000/default/inline &park", "uuid_kill %s ORIGINATOR_CANCEL")
	fits("cancelled", c)
	if c.Data.Answer != "" || c.Data.Billable != 0 || c.Data.Cause.Number != 487 {
		t.Errorf("cancelled: %s", c.text)
	}
	s.ends(t)
}

// nextLive returns the next document for an endpoint, on the machine's clock.
func (s *pushServer) nextLive(over <-chan struct{}, endpoint string) pushed {
	s.t.Helper()
	for {
		for i, p := range s.queue {
			if p.endpoint == endpoint {
				s.queue = append(s.queue[:i], s.queue[i+1:]...)
				return p
			}
		}
		select {
		case p := <-s.got:
			s.queue = append(s.queue, p)
		case <-over:
			s.t.Fatalf("%s was told nothing; the others %+v", endpoint, s.queue)
		}
	}
}
