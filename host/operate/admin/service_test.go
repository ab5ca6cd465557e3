package admin

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A site has a Service of real parts and a directory of scripts; nothing listens.
type site struct {
	*testing.T
	*Service
	dir    string
	clk    *clock.Manual
	log    bytes.Buffer
	runner *run.Runner
}

func newSite(t *testing.T, files map[string]string) *site {
	s := &site{T: t, dir: t.TempDir(), clk: clock.NewManual(noon)}
	for name, source := range files {
		s.write(name, source)
	}
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	history, err := store.OpenHistory("", 10, log, s.clk)
	s.must(err)
	t.Cleanup(func() { s.must(history.Close(context.Background())) })
	tree, err := store.Open(context.Background(), s.dir, store.Config{History: history}, vm.Compile, log, s.clk)
	s.must(err)
	machine, err := vm.NewMachine()
	s.must(err)
	s.runner = run.New(run.Deps{Machine: machine, Binder: noBinder{}, Clock: s.clk})
	s.Service = NewService(Parts{
		Scripts: tree, History: history,
		Rollout: rollout.New(config.Default(), rollout.Deps{Scripts: tree, History: history, Log: log, Clock: s.clk}),
		Runs:    run.NewAccount(),
		Calls:   outbound.New(outbound.Config{MaxCalls: 7}, nil, log, s.clk),
		Nodes:   []*node.Link{node.New(node.Node{Name: "fs1", Address: "127.0.0.1:1"}, log, s.clk, node.Options{})},
	}, "v1", log, s.clk)
	return s
}

type noBinder struct{}

func (noBinder) Bind(*run.Env) func(context.Context) { return func(context.Context) {} }

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) write(name, source string) {
	file := filepath.Join(s.dir, name)
	s.must(os.MkdirAll(filepath.Dir(file), 0o755))
	s.must(os.WriteFile(file, []byte(source), 0o644))
}

// save writes a script and lets it serve, a second later.
func (s *site) save(name, source string) {
	s.Helper()
	s.clk.Advance(time.Second)
	s.write(name, source)
	s.must(s.parts.Scripts.Reload(s.Context()))
}

// run runs a flow as a call would.
func (s *site) run(flow string) {
	g := s.parts.Rollout.Stable(flow)
	_ = s.runner.Run(s.Context(), &run.Run{Flow: flow, Generation: g.Name(), Version: g.Version(flow), Scripts: g, Account: s.parts.Runs,
		Config: run.FlowConfig(new(config.Default()), flow)})
}

// generation returns the name of a generation, 0 for the newest.
func (s *site) generation(n int) string { return s.parts.History.List()[n].Generation }

func (s *site) flow(name string) Flow {
	s.Helper()
	for _, f := range s.Status(false).Flows {
		if f.Flow == name {
			return f
		}
	}
	s.Fatalf("the status has no flow %s", name)
	return Flow{}
}

func TestStatusComposesWhatThePartsReport(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": "require 'lib.m'", "lib/m.lua": "return 1", "b.lua": "error('no')"})
	s.clk.Advance(time.Minute)
	s.SetListen(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8084})
	s.run("a")
	s.run("b")
	s.run("b")
	s.run("missing")
	st := s.Status(true)
	if st.Version != "v1" || st.PID != os.Getpid() || !st.Started.Equal(noon) || !st.Now.Equal(noon.Add(time.Minute)) ||
		st.Listen != "127.0.0.1:8084" || st.Draining != nil || !st.Config.Loaded.Equal(noon) ||
		st.Scripts.Scripts != 3 || st.Calls.Max != 7 || len(st.Nodes) != 1 || st.Nodes[0].Node != "fs1" || len(st.Running) != 0 {
		t.Errorf("status %+v", st)
	}
	if len(st.Flows) != 3 || st.Flows[0].Flow != "a" || st.Flows[1].Flow != "b" || st.Flows[2].Flow != "lib/m" {
		t.Errorf("flows %+v", st.Flows)
	}
	if f := s.flow("a"); f.Module || f.Gone || f.Started != 1 || f.Failed != 0 || f.Current().Ended != 1 || f.Generation != s.generation(0) || f.Version == "" {
		t.Errorf("flow a: %+v", f)
	}
	if f := s.flow("b"); f.Failed != 2 || f.Current() != (run.Tally{Started: 2, Ended: 2, Failed: 2}) || f.Last == nil {
		t.Errorf("flow b: %+v", f)
	}
	if f := s.flow("lib/m"); !f.Module || f.Started != 0 || f.Current() != (run.Tally{}) {
		t.Errorf("module: %+v", f)
	}
	if st.NoFlow.Started != 1 || st.NoFlow.Last == nil {
		t.Errorf("calls of no flow: %+v", st.NoFlow)
	}
}

func TestAFlowThatIsGoneIsListedWhileItIsPinned(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": "", "b.lua": ""})
	_, err := s.Pin("b", s.generation(0))
	s.must(err)
	s.must(os.Remove(filepath.Join(s.dir, "b.lua")))
	s.save("a.lua", "return 1")
	if f := s.flow("b"); !f.Gone || f.Version == "" || f.Generation != s.generation(1) {
		t.Errorf("flow b: %+v", f)
	}
	st := s.Status(false)
	if st.Override("b") == nil || !st.Override("b").Pinned() || st.Override("a") != nil || st.Override("") != nil {
		t.Errorf("overrides %+v", st.Rollout)
	}
	if _, err := s.History("b"); err != nil { // it can still be asked about
		t.Error(err)
	}
	if _, err := s.Unpin("b"); err != nil {
		t.Error(err)
	}
	if _, err := s.History("b"); err != nil { // as its removal is in the history
		t.Error(err)
	}
}

func TestHistoryShowsWhatChangedAFlow(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": "", "b.lua": ""})
	if first, err := s.History("a"); err != nil || len(first) != 1 || first[0].Version == "" {
		t.Errorf("of a at first: %+v, %v", first, err)
	}
	s.save("a.lua", "return 1")
	s.save("b.lua", "return 1")
	all, err := s.History("")
	s.must(err)
	if len(all) != 3 || !all[0].Current || all[1].Current || all[0].Version != "" || all[0].Edited[0] != "b.lua" || all[1].Edited[0] != "a.lua" {
		t.Errorf("all: %+v", all)
	}
	a, err := s.History("a")
	s.must(err)
	if len(a) != 2 || a[0].Generation != s.generation(1) || a[1].Generation != s.generation(2) || a[0].Version == a[1].Version || a[0].Version == "" || a[0].Current {
		t.Errorf("of a: %+v", a)
	}
	if _, err := s.History("c"); err == nil || err.Error() != `there is no flow "c"; the flows are a, b` {
		t.Errorf("of a flow that does not exist: %v", err)
	}
}

func TestDiff(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": "-- 1\n", "b.lua": "-- 1\n"})
	diff := func(flow, from, to string) string {
		text, err := s.Diff(flow, from, to)
		if err != nil {
			return "ERROR " + err.Error()
		}
		return text
	}
	for flow, want := range map[string]string{"": "one generation,", "a": "one version of a,"} {
		if got := diff(flow, "", ""); !strings.HasPrefix(got, "ERROR the history holds only "+want) {
			t.Errorf("nothing to compare: %s", got)
		}
	}
	s.save("a.lua", "-- 2\n")
	s.save("b.lua", "-- 2\n")
	if got, head := diff("", "", ""), "all flows: from generation "+s.generation(1)+" to "+s.generation(0)+"\n"; !strings.HasPrefix(got, head) || !strings.Contains(got, "b/b.lua") || strings.Contains(got, "a.lua") {
		t.Errorf("the last change: %s", got)
	}
	if got, head := diff("a", "", ""), "a: from generation "+s.generation(2)+" to "+s.generation(0)+"\n"; !strings.HasPrefix(got, head) || !strings.Contains(got, "-- 2") || strings.Contains(got, "b.lua") {
		t.Errorf("the last change of a: %s", got)
	}
	if got := diff("b", s.generation(2)[:6], s.generation(1)); got != "b: generations "+s.generation(2)+" and "+s.generation(1)+" do not differ\n" {
		t.Errorf("no change: %s", got)
	}
	if got := diff("", "ffff", ""); !strings.HasPrefix(got, "ERROR no generation ffff") {
		t.Errorf("from nothing: %s", got)
	}
	if got := diff("", "", "ffff"); !strings.HasPrefix(got, "ERROR no generation ffff") {
		t.Errorf("to nothing: %s", got)
	}
	if got := diff("c", "", ""); !strings.HasPrefix(got, `ERROR there is no flow "c"`) {
		t.Errorf("of no flow: %s", got)
	}
	_, err := s.Pin("b", s.generation(2))
	s.must(err)
	if got, head := diff("b", "", ""), "b: from generation "+s.generation(2)+" to "+s.generation(0)+"\n"; !strings.HasPrefix(got, head) {
		t.Errorf("against what is pinned: %s", got)
	}
	s.save("c.lua", "-- 1\n")
	if got := diff("c", s.generation(2), s.generation(1)); !strings.Contains(got, "has a flow \"c\"") {
		t.Errorf("between generations without the flow: %s", got)
	}
}

func TestDecisionsAreTold(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": "-- 1\n"})
	s.save("a.lua", "-- 2\n")
	older := s.generation(1)
	for _, c := range []struct {
		do   func() (string, error)
		want string
	}{
		{func() (string, error) { return s.Rollback("a", "") }, "a: new calls get generation " + older + " until the next change in the directory, or until: eslua scripts unpin a"},
		{func() (string, error) { return s.Unpin("a") }, "a: no longer rolled back to generation " + older + "; new calls get " + s.generation(0)},
		{func() (string, error) { return s.Pin("a", older[:5]) }, "a: new calls get generation " + older + ", whatever changes in the directory, until: eslua scripts unpin a"},
		{func() (string, error) { return s.Unpin("a") }, "a: no longer pinned to generation " + older + "; new calls get " + s.generation(0)},
		{func() (string, error) { return s.Rollback("", "") }, "all flows: new calls get generation " + older + " until the next change in the directory, or until: eslua scripts unpin"},
		{func() (string, error) { return s.Rollback("x", "") }, `there is no flow "x"; the flows are a`},
		{func() (string, error) { return s.Pin("x", "") }, `there is no flow "x"; the flows are a`},
		{func() (string, error) { return s.Unpin("x") }, "no pin or rollback of flow x; those in force are of: all flows"},
	} {
		got, err := c.do()
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestTheConfigurationIsFollowed(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": ""})
	cfg, err := config.Parse("e.yaml", []byte("default_flow: A\nroutes: [{flow: a.lua}, {flow: b}, {flow: b}]\nflows: {a.lua: {}, a: {}}\n"))
	s.must(err)
	if s.SetConfig("e.yaml", config.Default(), nil); strings.Contains(s.log.String(), "names flows") {
		t.Errorf("a warning of nothing: %s", s.log.String())
	}
	s.SetConfig("e.yaml", cfg, []string{"listen"})
	if got, want := strings.Join(s.Status(false).Config.Strays, ", "), "default_flow: A, routes: b, flows: a.lua"; got != want {
		t.Errorf("flows that do not exist: %s, want %s", got, want)
	}
	if !strings.Contains(s.log.String(), `settings="default_flow: A, routes: b, flows: a.lua"`) {
		t.Errorf("the log does not say which: %s", s.log.String())
	}
	if got := s.Status(false).Config.Restart; len(got) != 1 || got[0] != "listen" {
		t.Errorf("settings that wait for a restart: %v", got)
	}
	s.clk.Advance(time.Minute)
	s.SetConfigProblem(errors.New("first"))
	s.clk.Advance(time.Minute)
	s.SetConfigProblem(errors.New("second"))
	if c := s.Status(false).Config; c.File != "e.yaml" || !c.Loaded.Equal(noon) || c.Problem != "second" || !c.Since.Equal(noon.Add(time.Minute)) {
		t.Errorf("with a problem: %+v", c)
	}
	s.save("b.lua", "")
	s.save("A.lua", "")
	if got := s.Status(false).Config.Strays; len(got) != 1 {
		t.Errorf("after the scripts were added: %v", got)
	}
	s.SetConfig("e.yaml", config.Default(), nil)
	if c := s.Status(false).Config; c.Problem != "" || len(c.Strays)+len(c.Restart) != 0 || !c.Loaded.After(noon) {
		t.Errorf("without a problem: %+v", c)
	}
}

func TestServiceMetrics(t *testing.T) {
	s := newSite(t, map[string]string{"a.lua": ""})
	r := prometheus.NewPedanticRegistry()
	s.Register(r)
	check := func(taking, problem string) {
		t.Helper()
		want := `# HELP eslua_build_info Always 1. The label is the version of eslua.
# TYPE eslua_build_info gauge
eslua_build_info{version="v1"} 1
# HELP eslua_config_problem 1 while the configuration file has an error and is not in force, else 0.
# TYPE eslua_config_problem gauge
eslua_config_problem ` + problem + `
# HELP eslua_start_time_seconds Unix time at which eslua started.
# TYPE eslua_start_time_seconds gauge
eslua_start_time_seconds 1.7723664e+09
# HELP eslua_taking_calls 1 while eslua takes new calls, 0 while it drains.
# TYPE eslua_taking_calls gauge
eslua_taking_calls ` + taking + "\n"
		if err := testutil.GatherAndCompare(r, strings.NewReader(want), "eslua_build_info", "eslua_config_problem", "eslua_start_time_seconds", "eslua_taking_calls"); err != nil {
			t.Error(err)
		}
	}
	check("1", "0")
	s.SetConfigProblem(errors.New("no"))
	s.SetDraining(noon.Add(time.Hour))
	s.SetDraining(noon.Add(2 * time.Hour)) // is the same one
	check("0", "1")
	if d := s.Status(false).Draining; !d.Since.Equal(noon) || !d.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("draining %+v", d)
	}
	families, err := r.Gather()
	s.must(err)
	for _, f := range families {
		switch v := f.GetMetric()[0].GetGauge().GetValue(); f.GetName() {
		case "eslua_goroutines", "eslua_heap_bytes", "eslua_memory_bytes":
			if v < 1 || v > 1e12 {
				t.Errorf("%s is %v", f.GetName(), v)
			}
		}
	}
}
