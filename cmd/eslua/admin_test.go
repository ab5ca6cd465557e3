package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var updateGolden = flag.Bool("update", false, "write testdata/golden")

// golden compares got with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *updateGolden {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(is), len(was)) {
		if i >= len(is) || i >= len(was) || is[i] != was[i] {
			t.Fatalf("%s:%d: (go test -update rewrites it)\n got %q\nwant %q", file, i+1, is[min(i, len(is)):min(i+3, len(is))], was[min(i, len(was)):min(i+3, len(was))])
		}
	}
}

// A watchedHost is eslua with a manual clock, a simulated switch and an admin.
type watchedHost struct {
	*app
	t      *testing.T
	server *admin.Server
	dir    string // of the scripts
	socket string
	clk    *clock.Manual
	sim    *switchsim.Switch
	listen string
	began  chan string // flows of calls, once their script has done something
	over   chan struct{}
	opened chan string
	story  strings.Builder
	hashes []string // of the story, in order
}

func (w *watchedHost) Works(context.Context) error { return nil }

func (w *watchedHost) Drain(bool) { w.app.admin.SetDraining(w.clk.Now().Add(10 * time.Minute)) }

// openings receives the lines of a log about addresses that were opened.
type openings chan string

func (o openings) Write(line []byte) (int, error) {
	if strings.Contains(string(line), " is open") {
		o <- string(line)
	}
	return len(line), nil
}

func startWatchedHost(t *testing.T, files map[string]string) *watchedHost {
	t.Helper()
	short, err := os.MkdirTemp("", "eslua") // a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	w := &watchedHost{
		t: t, dir: t.TempDir(), socket: filepath.Join(short, "eslua.sock"),
		clk:   clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)),
		began: make(chan string, 100), over: make(chan struct{}, 100), opened: make(chan string, 2),
	}
	for name, source := range files {
		w.save(name, source)
	}
	cfg := config.Default()
	cfg.Scripts = w.dir
	cfg.Flows = map[string]config.Flow{"beef": {Canary: &config.Canary{Share: 10, Window: config.Duration(time.Minute), Calls: 1}}}
	cfg.Nodes = []config.Node{{Name: "fs1", Address: "127.0.0.1:1", Password: "ClueCon"}} // where nobody listens
	bound := logbound.New(slog.NewTextHandler(openings(w.opened), &slog.HandlerOptions{Level: slog.LevelDebug}), cfg.Log.Rate, w.clk)
	log := slog.New(bound)
	w.app, err = build(context.Background(), cfg, log, w.clk, seams{
		traced: func(c *outbound.Call, tr vm.Trace) {
			if tr.Name == "Session:answer" {
				w.began <- c.Path()
			}
		},
		ended: func(*outbound.Call) { w.over <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	bound.Register(w.app.metrics)
	w.server = admin.New(w.socket, "127.0.0.1:0", admin.Deps{StatusSource: w.app.admin, ScriptControl: w.app.admin, ProcessControl: w, Metrics: w.app.metrics}, log, w.clk)
	w.app.admin.SetConfig("/etc/eslua/eslua.yaml", cfg, []string{"listen"})
	l := listening(t)
	w.listen = l.Addr().String()
	w.sim = switchsim.New(switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: w.listen + "/menu async full"}}},
		{Match: "bad", Actions: []switchsim.Action{{App: "socket", Data: w.listen + "/bad async full"}}},
		{Match: "nobody", Actions: []switchsim.Action{{App: "socket", Data: w.listen + "/nobody async full"}}},
	}}})
	if err := w.sim.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.app.run(ctx, l, w.server) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = w.sim.Close()
	})
	<-w.opened
	<-w.opened
	for w.nodes[0].Status().LastError == "" {
		w.clk.WaitForTimers(1) // the first attempt to connect
	}
	return w
}

func (w *watchedHost) save(name, source string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// call places a call and waits until its script runs.
func (w *watchedHost) call(flow, uuid string) {
	w.t.Helper()
	w.sim.Call(switchsim.Caller{Number: "1000", Destination: flow, UUID: uuid})
	select {
	case <-w.began:
	case <-testproc.Context(w.t).Done():
		w.t.Fatalf("a call of %s does not begin", flow)
	}
}

// eslua runs a command as an admin does, and writes it into the story.
func (w *watchedHost) eslua(args ...string) (code int, out string) {
	w.t.Helper()
	fmt.Fprintf(&w.story, "$ eslua %s\n", w.letters(strings.Join(args, " ")))
	code, text := askEslua(append(slices.Clone(args), "--admin", w.socket)...)
	text = w.stable(text)
	w.story.WriteString(text)
	if code != exitFine {
		fmt.Fprintf(&w.story, "(exit code %d)\n", code)
	}
	w.story.WriteString("\n")
	return code, text
}

func (w *watchedHost) tell(what string) { fmt.Fprintf(&w.story, "# %s\n\n", what) }

// askEslua runs a command line and returns its exit code and output.
func askEslua(args ...string) (int, string) {
	var out bytes.Buffer
	p := &program{stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
	code := p.main(context.Background(), args)
	return code, out.String()
}

var processLine = regexp.MustCompile(`^eslua .*, process \d+`)

// stable replaces what differs at each run.
func (w *watchedHost) stable(text string) string {
	text = processLine.ReplaceAllString(text, "eslua v1.0, process 4711")
	return w.letters(strings.NewReplacer(
		w.listen, "127.0.0.1:8084", w.server.MetricsAddr(), "127.0.0.1:9090",
		w.dir, "/etc/eslua/scripts", w.socket, "/run/eslua/eslua.sock",
	).Replace(text))
}

// hash matches a generation, a version or the beginning of one, but no part of a
// UUID.
var hash = regexp.MustCompile(`(^|[^-0-9a-z])([0-9a-f]{12}|[0-9a-f]{6})\b`)

// letters writes a for the first hash of the story, b for the second and so on.
func (w *watchedHost) letters(text string) string {
	return hash.ReplaceAllStringFunc(text, func(found string) string {
		at := hash.FindStringSubmatch(found)
		nth := slices.IndexFunc(w.hashes, func(known string) bool { return strings.HasPrefix(known, at[2]) })
		if nth < 0 {
			nth = len(w.hashes)
			w.hashes = append(w.hashes, at[2])
		}
		return at[1] + strings.Repeat(string(rune('a'+nth)), len(at[2]))
	})
}

const (
	menuScript = "local greet = require \"lib.greet\"\nsession:answer()\ngreet.hello()\nsession:read(1, 1, \"menu.wav\", 600000, \"#\")\n"
	greeting   = "local M = {}\nfunction M.hello() end\nreturn M\n"
)

// TestWhatAnAdminSees holds what the commands print on one day of an admin, while
// calls run.
func TestWhatAnAdminSees(t *testing.T) {
	w := startWatchedHost(t, map[string]string{
		"menu.lua": menuScript, "lib/greet.lua": greeting,
		"bad.lua":  "session:answer()\nerror(\"no\")\n",
		"beef.lua": "session:answer()\n",
	})
	w.tell("it has just started")
	w.eslua("status")
	w.eslua("scripts", "diff")

	w.call("menu", "00000000-0000-4000-8000-000000000001")
	w.call("menu", "00000000-0000-4000-8000-000000000002")
	for range 6 {
		w.call("bad", "")
		<-w.over
	}
	w.sim.Call(switchsim.Caller{Number: "1000", Destination: "nobody"})
	<-w.over
	w.clk.Advance(20 * time.Second)
	w.save("lib/greet.lua", strings.Replace(greeting, "end", "return 1 end", 1))
	if err := w.scripts.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clk.Advance(5 * time.Second)
	w.call("menu", "00000000-0000-4000-8000-000000000003")
	for w.app.server.Calls() != 3 {
		runtime.Gosched() // the others' flows have ended, and they are on their way out
	}
	w.tell("a module was edited while two calls ran, and another call came; then a save was wrong")
	w.save("beef.lua", "session:answer(\n\n")
	if err := w.scripts.Reload(t.Context()); err == nil {
		t.Fatal("a broken script is taken")
	}
	w.eslua("status", "--calls")
	w.eslua("scripts", "list", "--calls")
	w.eslua("scripts", "history")
	w.eslua("scripts", "history", "menu")
	w.eslua("scripts", "diff", "menu")
	w.eslua("scripts", "diff", "bad")

	w.tell("the edit is rolled back for one flow, another is pinned")
	first := w.generations()[1]
	w.eslua("scripts", "rollback", "menu")
	w.eslua("scripts", "pin", "bad", first[:6])
	w.eslua("scripts", "list")
	w.eslua("scripts", "history")
	w.eslua("scripts", "diff", "menu")
	w.eslua("status")

	w.tell("what cannot be")
	w.eslua("scripts", "pin", "beef")
	w.eslua("scripts", "pin", "beef.lua")
	w.eslua("scripts", "pin", "ffff")
	w.eslua("scripts", "rollback", "manu")
	w.eslua("scripts", "diff", "menu", "menu")
	w.eslua("scripts", "unpin", "beef")

	w.tell("all is taken back, everything is rolled back at once, and the host drains")
	w.eslua("scripts", "unpin", "bad")
	w.eslua("scripts", "unpin", "menu")
	w.eslua("scripts", "rollback")
	w.Drain(false)
	w.eslua("status")
	golden(t, "admin.txt", w.story.String())
	w.checkMetrics()

	// Alarms depend on names, types and labels. One flow is pinned and another on
	// trial, so that every metric has a value.
	w.eslua("scripts", "unpin")
	w.eslua("scripts", "pin", "bad", first[:6])
	w.save("beef.lua", "session:answer()\nsession:hangup()\n")
	if err := w.scripts.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	golden(t, "metrics.txt", w.families())
}

// generations returns the generations of the history, newest first.
func (w *watchedHost) generations() (names []string) {
	for _, e := range w.history.List() {
		names = append(names, e.Generation)
	}
	return names
}

// scrape returns the page of metrics.
func (w *watchedHost) scrape() string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.server.MetricsAddr()+"/metrics", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// families lists eslua's own metrics with their types and labels.
func (w *watchedHost) families() string {
	w.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(w.scrape()))
	if err != nil {
		w.t.Fatal(err)
	}
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(families)) {
		var labels []string
		for _, l := range families[name].GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		if strings.HasPrefix(name, "eslua_") {
			fmt.Fprintln(&list, strings.TrimSpace(fmt.Sprintf("%s %s %s", name, families[name].GetType(), strings.Join(labels, ","))))
		}
	}
	return list.String()
}

// checkMetrics compares the figures with those of the story.
func (w *watchedHost) checkMetrics() {
	w.t.Helper()
	text := w.scrape()
	g := w.generations()
	for _, line := range []string{
		"eslua_taking_calls 0",
		"eslua_connections 3",
		fmt.Sprintf("eslua_calls_running{flow=\"menu\",generation=%q} 1", g[0]),
		fmt.Sprintf("eslua_calls_running{flow=\"menu\",generation=%q} 2", g[1]),
		`eslua_calls_started_total{flow="menu"} 3`,
		`eslua_calls_ended_total{flow="menu"} 0`,
		`eslua_calls_ended_total{flow="bad"} 6`,
		`eslua_calls_failed_total{flow="bad"} 6`,
		`eslua_calls_without_flow_total 1`,
		`eslua_call_duration_seconds_count{flow="bad"} 6`,
		`eslua_script_cpu_seconds_count{flow="bad"} 6`,
		`eslua_script_memory_bytes_count{flow="bad"} 6`,
		`eslua_call_first_command_seconds_count{flow="bad"} 6`,
		`eslua_script_limits_reached_total{limit="memory"} 0`,
		`eslua_connections_events_waiting 0`,
		`eslua_events_waiting{node="fs1"} 0`,
		`eslua_scripts_load_duration_seconds_count 3`,
		`eslua_scripts_problem 1`,
		`eslua_scripts_swaps_total 2`,
		`eslua_scripts_refusals_total 1`,
		`eslua_scripts_rollbacks_total 2`,
		fmt.Sprintf("eslua_flow_held{flow=\"\",generation=%q,kind=\"rollback\"} 1", g[1]),
		`eslua_node_up{node="fs1"} 0`,
	} {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			w.t.Errorf("the metrics do not say %s\n%s", line, text)
		}
	}
}
