package page

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/trace"
)

func TestMain(m *testing.M) { testproc.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A feed plays a busy eslua: 500 calls begin each second of its clock.
type feed struct {
	clk *clock.Manual
	rng *rand.Rand

	mu     sync.Mutex
	st     admin.Status
	flows  []busy
	second int
	orders []string
}

type busy struct {
	name    string
	rate    float64 // calls a second
	lasts   float64 // seconds
	cpu     time.Duration
	error   string
	failing float64 // share of the calls
}

// hostile is what a caller may have as a name.
const hostile = `<img src=x onerror="document.title='owned'">`

func newFeed() *feed {
	f := &feed{clk: clock.NewManual(noon), rng: rand.New(rand.NewPCG(1, 2))}
	f.flows = []busy{
		{"reception", 210, 18, 2600 * time.Microsecond, "reception.lua:48: attempt to index a nil value (field 'department')", 0.0006},
		{"queue", 140, 35, 3900 * time.Microsecond, `queue.lua:117: database crm: the query took longer than 2s`, 0.0011},
		{"voicemail", 90, 25, 1800 * time.Microsecond, "", 0},
		{"night", 45, 9, 900 * time.Microsecond, "", 0},
		{"callback", 15, 12, 5200 * time.Microsecond, "lib/crm.lua:23: http://crm.example.com/v1/person answered with status 503 " + hostile, 0.004},
	}
	f.st = admin.Status{
		Version: "v1.4.0", PID: 4211, Now: noon, Started: noon.Add(-9*24*time.Hour - 5*time.Hour), Listen: "10.20.0.11:8084",
		Calls: outbound.Status{Max: 20000},
		Scripts: store.Status{
			Dir: "/etc/eslua/scripts", Generation: "9f31c0de77a2", Loaded: noon.Add(-4 * time.Minute), Scripts: 14, Swaps: 12,
			Problems: []store.Problem{{File: "survey.lua", Line: 12, Message: "global 'sesion' is never set; did you mean session?", Warning: true}},
		},
		Rollout: rollout.Status{
			Overrides: []rollout.Override{{Flow: "queue", Generation: "5512aa90cd31", Until: "v", Why: "rolled back by an admin from generation 9f31c0de77a2", Since: noon.Add(-2 * time.Minute)}},
			Canaries: []rollout.Canary{{
				Flow: "callback", Share: 10, Since: noon.Add(-4 * time.Minute), Until: noon.Add(6 * time.Minute), Calls: 20,
				Old: rollout.Arm{Generation: "5512aa90cd31", Started: 3240, Ended: 3207, Failed: 9}, New: rollout.Arm{Generation: "9f31c0de77a2", Started: 351, Ended: 349, Failed: 3},
			}},
		},
		Nodes: []node.Status{
			{Node: "fs-ber-1", Address: "10.20.0.21:8021", Up: true, Since: noon.Add(-9 * 24 * time.Hour), Connects: 1, Health: node.Health{Sessions: 7344, MaxSessions: 12000, IdleCPU: 61, RoundTrip: 700 * time.Microsecond}},
			{Node: "fs-ber-2", Address: "10.20.0.22:8021", Up: true, Since: noon.Add(-3 * time.Hour), Connects: 2, Restarts: 1, Health: node.Health{Sessions: 6102, MaxSessions: 12000, IdleCPU: 66, RoundTrip: 900 * time.Microsecond}},
			{Node: "fs-fra-1", Address: "10.30.0.21:8021", Up: false, Since: noon.Add(-80 * time.Second), Connects: 1, LastError: "dial tcp 10.30.0.21:8021: connect: connection refused"},
		},
	}
	for _, b := range f.flows {
		generation := "9f31c0de77a2"
		if b.name == "queue" || b.name == "callback" {
			generation = "5512aa90cd31"
		}
		f.st.Flows = append(f.st.Flows, admin.Flow{Counts: run.Counts{Flow: b.name}, Version: "v", Generation: generation})
	}
	f.st.Flows = append(f.st.Flows, admin.Flow{Counts: run.Counts{Flow: "survey"}, Version: "w", Generation: "9f31c0de77a2"}, admin.Flow{Counts: run.Counts{Flow: "lib/crm"}, Module: true})
	return f
}

// tick lets a second pass.
func (f *feed) tick() {
	f.mu.Lock()
	f.second++
	running := 0
	for i, b := range f.flows {
		flow := &f.st.Flows[i]
		wave := 1 + 0.12*math.Sin(float64(f.second)/25)
		n := int64(b.rate*wave + f.rng.NormFloat64()*b.rate/12)
		flow.Started += n
		now := int64(b.rate*b.lasts*wave*0.55 + f.rng.NormFloat64()*8)
		ended := max(flow.Started-now, flow.Ended)
		flow.CPU += time.Duration(ended-flow.Ended) * b.cpu
		for range ended - flow.Ended {
			if f.rng.Float64() < b.failing {
				flow.Failed++
				flow.Last = &run.Failure{At: f.clk.Now().Add(time.Second), Error: b.error}
			}
		}
		flow.Ended = ended
		running += int(flow.Started - flow.Ended)
	}
	f.st.Calls.Running = running
	f.mu.Unlock()
	f.clk.Advance(time.Second)
}

func (f *feed) Status(bool) admin.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	st := f.st
	st.Now = f.clk.Now()
	st.Flows = slices.Clone(st.Flows)
	return st
}

func (f *feed) History(string) ([]admin.Change, error) {
	entry := func(generation string, before time.Duration, edited, added []string) admin.Change {
		return admin.Change{Entry: store.Entry{Generation: generation, Served: noon.Add(-before), Scripts: 14, Edited: edited, Added: added}}
	}
	return []admin.Change{
		entry("9f31c0de77a2", 4*time.Minute, []string{"callback.lua", "queue.lua", "reception.lua"}, nil),
		entry("5512aa90cd31", 26*time.Hour, []string{"lib/crm.lua"}, []string{"survey.lua"}),
		entry("c08ab1f2e677", 5*24*time.Hour, []string{"night.lua"}, nil),
		entry("14be52d09c55", 9*24*time.Hour, nil, nil),
	}, nil
}

func (f *feed) Diff(flow, from, to string) (string, error) {
	return "queue: from generation 5512aa90cd31 to 9f31c0de77a2\n--- queue.lua\n+++ queue.lua\n@@ -114,5 +114,5 @@\n local function position(id)\n-  return crm:row(\"SELECT place FROM waiting WHERE id = ?\", id)\n+  return crm:row(\"SELECT count(*) FROM waiting WHERE since < ?\", since(id))\n end\n", nil
}

func (f *feed) note(words ...string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = append(f.orders, strings.Join(words, " "))
	if len(words) > 1 && words[1] == "nobody" {
		return "", fmt.Errorf("there is no flow %q", words[1])
	}
	return words[0] + " done", nil
}

func (f *feed) told() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.orders, "; ")
}

func (f *feed) Rollback(flow, g string) (string, error) { return f.note("rollback", flow, g) }
func (f *feed) Pin(flow, g string) (string, error)      { return f.note("pin", flow, g) }
func (f *feed) Unpin(flow string) (string, error)       { return f.note("unpin", flow) }
func (f *feed) Works(context.Context) error             { return nil }
func (f *feed) Drain(bool)                              { _, _ = f.note("drain") }

// seconds returns how many have passed.
func (f *feed) seconds() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.second
}

// Calls lists six of the calls that run, or the failed ones.
func (f *feed) Calls(q trace.Query) (list []trace.Summary) {
	now := f.clk.Now()
	if q.Failed {
		for i, b := range f.flows {
			if b.error != "" {
				list = append(list, trace.Summary{ID: uint64(100 + i), UUID: "f", Flow: b.name, Failed: true, Error: b.error, Since: now.Add(-time.Minute), Until: now})
			}
		}
		return list
	}
	wait := func(line int, what string) []trace.Rung {
		return []trace.Rung{{Who: trace.Script, What: what, Line: line}}
	}
	for i, b := range []struct {
		flow, caller, destination string
		age                       time.Duration
		waits                     []trace.Rung
	}{
		{"callback", "+41 44 668", "7300", 9, nil},
		{"reception", "1012", "100", 41, wait(19, `session:getDigits(1, "#", 5000)`)},
		{"voicemail", "+33 1 4020", "*98", 127, wait(54, `session:recordFile("/var/spool/voicemail/1004.wav")`)},
		{"reception", hostile, "100", 318, wait(31, `session:execute("bridge", "user/1004")`)},
		{"queue", "+49 221 4470", "7000", 892, wait(88, `session:streamFile("moh/queue.wav")`)},
		{"queue", "+49 30 901820", "7000", 1412, wait(88, `session:streamFile("moh/queue.wav")`)},
	} {
		for j := range b.waits {
			b.waits[j].File = b.flow + ".lua"
		}
		list = append(list, trace.Summary{
			ID: uint64(1000 + i + f.seconds()), UUID: fmt.Sprintf("5e0c7f%02d-3a51-4d1b-9c0e-%012d", i, f.seconds()), Flow: b.flow, Caller: b.caller, Destination: b.destination,
			Since: now.Add(-b.age * time.Second), State: trace.Answered, Waits: b.waits, CPU: 1.8 + float64(i)*0.9, Memory: 210_000 + int64(i)*61_000,
		})
	}
	return list
}

// Ladder returns a call that failed.
func (f *feed) Ladder(q trace.Query) (trace.Ladder, error) {
	if q.ID == 0 {
		return trace.Ladder{}, &trace.NoCallError{Query: q}
	}
	now := f.clk.Now()
	l := trace.Ladder{Summary: trace.Summary{
		ID: 7, UUID: "5e0c7f00-3a51-4d1b-9c0e-0f1d2a3b4c5d", Flow: "reception", Caller: "+49 30 901820", Destination: "100",
		Since: now.Add(-9400 * time.Millisecond), Until: now.Add(-time.Second), State: trace.HungUp, Cause: "NORMAL_CLEARING", CPU: 2.6, Memory: 274_000, Failed: true,
	}}
	for i, r := range []trace.Rung{
		{Ms: 0, Who: trace.Host, What: "runs reception, generation 9f31c0de77a2"},
		{Ms: 22.2, Who: trace.Script, What: "session:answer()", File: "reception.lua", Line: 4, Took: 21},
		{Ms: 21.9, Who: trace.Switch, What: "answered"},
		{Ms: 24.8, Who: trace.Switch, What: "playback welcome.wav"},
		{Ms: 4332, Who: trace.Caller, What: "presses a key"},
		{Ms: 4333, Who: trace.Script, What: `session:playAndGetDigits(1, 1, 3, 5000, "#", "welcome.wav", "again.wav", "[1-4]") = masked`, File: "reception.lua", Line: 19, Took: 4310},
		{Ms: 4373, Who: trace.Script, What: `http.get("http://crm.example.com/v1/person?n=+4930901820") = {status = 200}`, File: "lib/crm.lua", Line: 23, Took: 38},
		{Ms: 4377, Who: trace.Switch, What: "bridge user/1004"},
		{Ms: 6810, Who: trace.Switch, What: "bridged to sofia/internal/1004@10.20.0.40"},
		{Ms: 8380, Who: trace.Switch, What: "hung up: NORMAL_CLEARING"},
		{Ms: 8390, Who: trace.Script, What: `session:execute("bridge", "user/1004")`, File: "reception.lua", Line: 31, Took: 4016},
		{Ms: 8400, Who: trace.Host, What: "the script failed: reception.lua:48: attempt to index a nil value (field 'department') " + hostile, Bad: true},
	} {
		r.N = i
		l.Steps = append(l.Steps, r)
	}
	l.Rungs = len(l.Steps)
	return l, nil
}

// newPage returns the feed's page, of a host that has run for some seconds.
func newPage(t testing.TB, f *feed, cfg config.Page, seconds int) *Page {
	t.Helper()
	p := New(cfg, Deps{
		StatusSource: f, ScriptControl: f, ProcessControl: f, Traces: f, Clock: f.clk, Log: slog.New(slog.DiscardHandler),
		Memory: func() (int64, int64) { return 412<<20 + int64(f.second%60)<<19, 6 << 30 },
		Limits: func(string) config.Limits {
			return config.Limits{CPU: config.Duration(30 * time.Millisecond), Memory: 1 << 20}
		},
	})
	p.host = "tel-ber-1"
	p.observe()
	for range seconds {
		f.tick()
		p.observe()
	}
	return p
}
