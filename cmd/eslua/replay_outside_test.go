package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// outsideFlow asks everything that a flow can ask.
const outsideFlow = `session:answer()
local db = database("crm")
db:exec("create table people(number text, name text)")
db:transaction(function(tx) tx:exec("insert into people values (?, ?)", "1000", "Ada\255") end)
print(db:one("select name from people where number = ?", "1000").name)
local names = {}
local dbh = freeswitch.Dbh("crm")
print(dbh:query("select number from people", function(row) names[#names + 1] = row.number end), table.concat(names, ","), dbh:affected_rows())
dbh:release()
local con = assert(require("luasql.sqlite3").sqlite3():connect("crm"))
local one, two = assert(con:execute("select name from people")), assert(con:execute("select number from people"))
print(one:fetch(), two:fetch(), one:fetch(), two:fetch())
con:close()
local answer = assert(http.post("http://crm.example.com/calls", {json = {uuid = session:get_uuid(), state = "up"}}))
print(answer.status, answer.headers["x-who"], answer:json().text)
local later = http.async("http://crm.example.com/slow")
print(select(2, later:wait(100)), later:wait().body)
print(kv.put("a", {n = 1}), kv.get("a").n, kv.increment("count"), kv.cas("a", 2, 7))
for key, value, revision in kv.each() do print(key, type(value), revision) end
print(queue.publish("work", {x = 1}) ~= nil, queue.next("work", 1000).value.x, queue.next("work", 0))
print(api.node("other"):execute("global_getvar", "hostname"), #api.nodes(), require("uuid").new(), pcall(database, "none"))
local leg = freeswitch.Session("user/1001", session)
print(leg:ready(), leg:getVariable("destination_number"), leg:getDigits(2, "#", 3000))
leg:execute("playback", "tone_stream://%(200,0,440)")
leg:hangup()
print(leg:hangupCause(), originate{to = "user/1001", on_answer = {"park", ""}, node = "other"}.outcome)
session:sleep(1000)
`

// TestWhatACallAsksIsPlayedAgain records a call whose flow asks databases, HTTP servers, values
// that are kept, queues, another node and a leg, and plays it again without all of them.
func TestWhatACallAsksIsPlayedAgain(t *testing.T) {
	dir, state, files := t.TempDir(), t.TempDir(), []string(nil)
	write(t, dir, "menu.lua", outsideFlow)
	cfg, err := config.Parse("eslua.yaml", fmt.Appendf(nil, `scripts: %s
state: %s
record: {share: 100%%}
databases: {crm: {dsn: "sqlite://%s"}}
queues: {work: {}}
grants: {databases: [crm], hosts: [crm.example.com], queues: [work], nodes: [other], api: {allow: [global_getvar]}}
nodes: [{address: "192.0.2.9:8021", name: other, password: ClueCon}]
`, dir, state, filepath.Join(t.TempDir(), "crm.db")))
	if err != nil {
		t.Fatal(err)
	}
	natsInBubble(t, func(t *testing.T) {
		n := memnet.New()
		web, port := n.Listen(), n.Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				time.Sleep(time.Second)
			}
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Who", "crm")
			fmt.Fprintf(w, `{"text": "got %d", "pin": "the pin of Ada"}`, len(body))
		})}
		go func() { _ = server.Serve(web) }()
		defer server.Close()
		other := switchsim.New(switchsim.Config{Listener: port, Dial: n.Dial, Heartbeat: -1, Endpoints: []switchsim.Endpoint{{Dial: "user/1001", Cause: "USER_BUSY"}}})
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		test := seamsOn(n)
		test.dial = func(ctx context.Context, address string) (net.Conn, error) {
			if to, ok := map[string]net.Listener{"crm.example.com:80": web, "192.0.2.9:8021": port}[address]; ok {
				address = to.Addr().String()
			}
			return n.Dial(ctx, address)
		}
		l := n.Listen()
		_, end := serving(t, l, cfg, clock.System(), nil, test)
		sim := simulatedOn(t, n, switchsim.Config{
			Endpoints: []switchsim.Endpoint{{Dial: "user/1001", Ring: time.Second, Script: []switchsim.Step{switchsim.After(time.Second).Press("12")}}},
			Dialplan: switchsim.Dialplan{"default": {
				{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/menu async full"}}},
			}},
		})
		time.Sleep(5 * time.Second) // until there is a connection to the node
		<-sim.Call(switchsim.Caller{Number: "1000", Destination: "menu"}).Done()
		time.Sleep(time.Minute)
		end()
	})
	files, _ = filepath.Glob(filepath.Join(state, "calls", "*"))
	if len(files) != 1 {
		t.Fatalf("%q were recorded", files)
	}
	code, out := askEslua("replay", files[0])
	if code != exitFine {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"The flow goes the same way as in the real call", `prints "true\t1001\t12"`, `prints "SUCCESS\tbusy"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the replay lacks %q:\n%s", want, out)
		}
	}
	recorded, err := conversation.Read(files[0])
	if err != nil || strings.Contains(fmt.Sprint(recorded.Items, recorded.Ladder), "the pin of Ada") {
		t.Errorf("the pin is not masked: %v", err)
	}
}
