package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/switchsim"
)

// TestJobExamples runs examples/jobs as they are, except for addresses and databases:
// the startup script, the hook and the directory on SQLite, and mod_callcenter's
// configuration on PostgreSQL where ESLUA_POSTGRES names one.
func TestJobExamples(t *testing.T) {
	sim := simulated(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "call", Actions: []switchsim.Action{{App: "answer"}, {App: "hangup", Data: "USER_BUSY"}}},
	}}})
	dir, data, lookups := t.TempDir(), t.TempDir(), freeAddress(t)
	examples, err := filepath.Glob("../../examples/jobs/*")
	if err != nil || len(examples) < 7 {
		t.Fatalf("%v: %v", examples, err)
	}
	postgres, isHere := os.LookupEnv("ESLUA_POSTGRES")
	for _, file := range examples {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, filepath.Base(file), strings.NewReplacer(
			"127.0.0.1:8021", sim.Addr(), "/var/lib/eslua", data, "xml:\n", "xml:\n  address: "+lookups+"\n",
			"pgsql://host=127.0.0.1 dbname=callcenter user=eslua password=secret", postgres+" search_path=eslua_examples",
			"flows:\n", "log: {level: debug}\nflows:\n  fill: {grants: {databases: [users, callcenter]}}\n  show: {grants: {databases: [users]}}\n",
		).Replace(string(text)))
	}
	if !isHere {
		text, _ := os.ReadFile(dir + "/eslua.yaml")
		write(t, dir, "eslua.yaml", strings.Replace(string(text), `" search_path=eslua_examples"`, `"pgsql://host=127.0.0.1"`, 1))
	}
	write(t, dir, "fill.lua", `database("users"):exec("insert into users values ('2000', 'example.org', 's<&>\"cret', 'Zoe & Co', 'default')")
if argv[1] == "callcenter" then
	local db = database("callcenter")
	for _, sql in ipairs{
		"drop schema if exists eslua_examples cascade", "create schema eslua_examples",
		"create table queues (name text, strategy text, moh text, max_wait int)", "create table agents (name text, contact text, status text, max_no_answer int)",
		"create table tiers (agent text, queue text, level int, position int)",
		"insert into queues values ('support@default', 'longest-idle-agent', 'silence', 30)",
		"insert into agents values ('o''brien@default', 'user/1000', 'Available', 3)", "insert into tiers values ('o''brien@default', 'support@default', 1, 2)",
	} do db:exec(sql) end
end`)
	write(t, dir, "show.lua", `for _, r in ipairs(database("users"):all("select * from cdr")) do print(r.uuid, r.caller, r.callee, r.cause, r.seconds) end`)

	s := startServe(t, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", freeAddress(t))
	for seen := ""; !strings.Contains(seen, "the tables are there") || !strings.Contains(seen, "connected to FreeSWITCH"); {
		seen += s.next(t, "level=INFO")
	}
	run := func(script string, args ...string) (printed string) {
		err := s.admin().Run(t.Context(), job.Order{Script: script, Args: args, Print: func(line string) { printed += line + "\n" }, Said: func(string, string) {}}, false)
		if err != nil {
			t.Error(err)
		}
		return printed
	}
	if isHere {
		run("fill", "callcenter")
	} else {
		run("fill")
	}
	site := &jobSite{T: t}
	ask := func(body string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+lookups+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("eslua", "another-secret")
		status, answer := site.do(r)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", body, status, answer)
		}
		return answer
	}
	for user, want := range map[string]string{"2000": `<param name="password" value="s&#60;&#38;&#62;&#34;cret"/>`, "2001": `status="not found"`, "2000' or '1'='1": `status="not found"`} {
		if got := ask("section=directory&key_value=example.org&domain=example.org&user=" + strings.ReplaceAll(user, "=", "%3D")); !strings.Contains(got, want) {
			t.Errorf("user %s: %s", user, got)
		}
	}
	if isHere {
		got := ask("section=configuration&key_value=callcenter.conf")
		for _, want := range []string{`<queue name="support@default">`, `<param name="max-wait-time" value="30"/>`, `<agent name="o&#39;brien@default" type="callback" contact="user/1000"`, `<tier agent="o&#39;brien@default" queue="support@default" level="1" position="2"/>`} {
			if !strings.Contains(got, want) {
				t.Errorf("callcenter.conf lacks %s:\n%s", want, got)
			}
		}
	}
	c := sim.Call(switchsim.Caller{Number: "1000", Destination: "call"})
	<-c.Done()
	for !strings.Contains(s.next(t, "the job has ended"), "job=hook") {
		continue
	}
	if got, want := run("show"), fmt.Sprintf("%s\t1000\tcall\tUSER_BUSY\t0\n", c.UUID()); got != want {
		t.Errorf("recorded is %q, want %q", got, want)
	}
	s.ends(t)
}
