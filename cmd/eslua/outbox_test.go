package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/outbox"
)

// An admin sees with eslua outbox what waits and what was given up, and why, and has it
// tried again or dropped.
func TestOutboxCommand(t *testing.T) {
	natsInBubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"tell": `for i = 2, #argv do assert(outbox.push(argv[1], {n = i}, {id = argv[i], type = "test." .. argv[i], order = ""})) end`,
		})
		own := func(id string) string { return outbox.OwnID("tell", id) }
		var heals atomic.Bool
		came := make(chan string, 100)
		l := site.net.Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if heals.Load() {
				came <- r.Header.Get("Webhook-Id")
				return
			}
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "the disk is\x1b[2J full")
		})}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() {
			_ = server.Close()
			time.Sleep(time.Minute) // its handlers end
		})
		url := "http://" + l.Addr().String()
		s := site.serve(fmt.Sprintf("state: %s\nendpoints: {crm: {url: %q}, log: {url: %[2]q}, short: {url: %[2]q, give_up: 20s}}\ngrants: {endpoints: [crm, log, short]}\n", t.TempDir(), url))
		s.next(t, "connected to FreeSWITCH")
		s.admin()
		eslua := func(want int, args ...string) string {
			t.Helper()
			return s.eslua(t, want, append([]string{"outbox"}, args...)...)
		}
		has(t, eslua(exitFine), "no push is waiting\nno push is dead\n")
		for endpoint, ids := range map[string][]string{"crm": {"a", "b"}, "log": {"c", "d"}, "short": {"e"}} {
			if err := s.admin().Run(t.Context(), job.Order{Script: "tell", Args: append([]string{endpoint}, ids...)}, false); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Second)
		list := eslua(exitFine, "list")
		has(t, list, "WAITING", "no push is dead", "test.a", "3 s ago")
		if n := strings.Count(list, "\n"); n != 7 {
			t.Errorf("it lists\n%s", list)
		}
		has(t, eslua(exitFine, "list", "--most", "2", "--state", "waiting"), "and up to 3 more")
		if list := eslua(exitFine, "--endpoint", "log", "--state", "waiting"); strings.Contains(list, "crm") || !strings.Contains(list, "test.d") {
			t.Errorf("of log it lists\n%s", list)
		}
		has(t, eslua(exitFine, "--older", "1h", "--state", "waiting"), "WAITING")
		for id, endpoint := range map[string]string{"a": "crm", "e": "short"} {
			shown := eslua(exitFine, "show", own(id))
			has(t, shown, own(id)+" to "+endpoint+", waiting, accepted 00:00:0", "POST test."+id, `{"n":`)
			if strings.Contains(shown, "\x1b") {
				t.Errorf("it writes what moves the terminal: %q", shown)
			}
		}
		var all map[string]struct {
			Pushes []outbox.Letter
			Total  uint64
		}
		if err := json.Unmarshal([]byte(eslua(exitFine, "--json")), &all); err != nil || all["waiting"].Total != 5 || len(all["waiting"].Pushes) != 5 {
			t.Errorf("%v %+v", err, all)
		}

		for _, wrong := range [][]string{{"--state", "gone"}, {"retry"}, {"retry", "--all"}, {"drop", "a", "--all", "--state", "dead"}, {"show"}, {"show", "a", "b"}, {"lst"}, {"list", "a"}, {"--older", "x"}, {"--al"}} {
			has(t, eslua(exitUsage, wrong...), "eslua outbox")
		}
		for _, missing := range []string{"nothing", "../a", "a.b", "*"} {
			has(t, eslua(exitFailed, "show", missing), "no push with this id")
			has(t, eslua(exitFailed, "drop", missing), "no push with this id")
		}

		time.Sleep(time.Minute) // e is given up
		has(t, eslua(exitFine, "--state", "dead"), "DEAD", "test.e", "the endpoint answered 500")
		has(t, eslua(exitFine, "show", own("e")), own("e")+" to short, dead", "ATTEMPT", "500", "the endpoint answered 500 Internal Server Error: the disk is")
		has(t, eslua(exitFine, "drop", "--endpoint", "log", "--state", "waiting", "--all"), "2 pushes dropped")
		has(t, eslua(exitFine, "show", own("d")), own("d")+" has been delivered, or was dropped")
		heals.Store(true)
		has(t, eslua(exitFine, "retry", "--state", "dead", "--all"), "1 push will be tried now")
		has(t, eslua(exitFine, "retry", own("a"), own("b")), "2 pushes will be tried now")
		got := map[string]bool{}
		for range 3 {
			got[<-came] = true
		}
		if !got[own("a")] || !got[own("b")] || !got[own("e")] {
			t.Errorf("came %v", got)
		}
		time.Sleep(time.Second)
		has(t, eslua(exitFine), "no push is waiting\nno push is dead\n")
		s.ends(t)
		has(t, eslua(exitFailed), "eslua is not running")
	})
}
