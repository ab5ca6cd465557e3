package bindings_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/prometheus/client_golang/prometheus"
)

// A ticker is a new source of runs. It shows all that one needs: a type with a method
// that builds a Run, and the Runner that is given to it.
type ticker struct {
	runner  *host.Runner
	account *host.Account
	scripts host.Scripts
	cfg     *config.Config
	log     *slog.Logger
}

func (s *ticker) tick(ctx context.Context, flow string, ended func(failed bool)) error {
	return s.runner.Run(ctx, &host.Run{
		Flow: flow, Args: []string{"tick"}, Generation: "g1", Version: "v1",
		Scripts: s.scripts, Config: host.FlowConfig(s.cfg, flow),
		Env: host.Env{Log: s.log}, Ended: ended, Account: s.account,
	})
}

// A tree is a script tree in memory.
type tree map[string]string

func (t tree) Script(flow string) (*vm.Script, error) {
	source, err := t.ReadFile(flow + ".lua")
	if err != nil {
		return nil, err
	}
	return vm.Compile(flow+".lua", []byte(source))
}

func (t tree) Require(name string) (*vm.Script, error) { return t.Script(name) }

func (t tree) ReadFile(name string) (string, error) {
	text, ok := t[name]
	if !ok {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

func newTicker(t *testing.T, scripts tree, settings string) (*ticker, *bytes.Buffer) {
	t.Helper()
	cfg, err := config.Parse("eslua.yaml", []byte(settings))
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	return &ticker{
		runner:  newRunner(t, bindings.New(bindings.Deps{})),
		account: host.NewAccount(), scripts: scripts, cfg: &cfg,
		log: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

func newRunner(t *testing.T, binder interface {
	host.Binder
	Modules() []*vm.Module
}) *host.Runner {
	t.Helper()
	machine, err := vm.NewMachine(binder.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	return host.New(host.Deps{Machine: machine, Binder: binder, Clock: clock.System()})
}

// TestNewSource: a new source of runs gets limits, grants, settings, modules, files,
// a log and an account without code of its own.
func TestNewSource(t *testing.T) {
	s, log := newTicker(t, tree{
		"a.lua": `print(argv[0], argv[1], settings.greeting, require("b").name, io.open("list.txt"):read())
freeswitch.consoleLog("notice", "from the bindings")
assert(session == nil)`,
		"b.lua":     `return {name = "module"}`,
		"list.txt":  "first line\n",
		"wrong.lua": "\nlocal n = nil + 1",
		"api.lua":   `freeswitch.API():execute("status")`,
		"large.lua": `local t = {} for i = 1, 1e6 do t[i] = "x" .. i end`,
		"fire.lua":  `freeswitch.Event("CUSTOM", "a::b"):fire()`,
	}, "flows: {a: {settings: {greeting: hello}}, large: {limits: {memory: 1MiB}}, fire: {grants: {fire_events: false}}}")
	for _, c := range []struct {
		flow, err string
	}{
		{flow: "a"},
		{"wrong", "wrong.lua:2: attempt to perform arithmetic"},
		{"api", "api.lua:1: this script has no FreeSWITCH"},
		{"large", "large.lua:1: memory limit of 1 MiB reached"},
		{"fire", "fire.lua:1: "},
		{"missing", "missing.lua"},
	} {
		var told []bool
		err := s.tick(t.Context(), c.flow, func(failed bool) { told = append(told, failed) })
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s ended with %v, want %q", c.flow, err, c.err)
		}
		if !slices.Equal(told, []bool{c.err != ""}) {
			t.Errorf("%s: the source was told failed: %v", c.flow, told)
		}
	}
	for _, line := range []string{"a\ttick\thello\tmodule\tfirst line", "from the bindings"} {
		if !strings.Contains(log.String(), strings.ReplaceAll(line, "\t", `\t`)) {
			t.Errorf("the log lacks %q:\n%s", line, log)
		}
	}
	if n := s.account.Counts(); len(n) != 6 || n[0].Flow != "a" || n[0].Tally != (host.Tally{Started: 1, Ended: 1}) || n[0].Last != nil ||
		n[1].Failed != 1 || n[1].Last == nil || n[1].Versions[0].Generation != "g1" {
		t.Errorf("counted %+v", n)
	}
	if n := s.account.Running(); len(n) != 0 {
		t.Errorf("%+v run still", n)
	}
	registry := prometheus.NewPedanticRegistry()
	s.runner.Register(registry)
	reached := map[string]float64{}
	families, err := registry.Gather()
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "eslua_script_limits_reached_total" && m.Counter.GetValue() > 0 {
				reached[m.Label[0].GetValue()] = m.Counter.GetValue()
			}
		}
	}
	if err != nil || !maps.Equal(reached, map[string]float64{"memory": 1}) {
		t.Errorf("reached %v, %v", reached, err)
	}
}

// A script that prints or logs without end fills no disk.
func TestPrintIsLimited(t *testing.T) {
	var out bytes.Buffer
	log := logbound.New(slog.NewTextHandler(&out, nil), 100, clock.System())
	s := &ticker{runner: newRunner(t, bindings.New(bindings.Deps{})), scripts: tree{"a.lua": "for i = 1, 2500 do print('line') freeswitch.consoleLog('info', 'line') end"},
		cfg: new(config.Default()), log: slog.New(log)}
	if err := s.tick(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	log.Close()
	if n := strings.Count(out.String(), "msg=line"); n < 1000 || n > 4000 || !strings.Contains(out.String(), "were left out") {
		t.Errorf("%d of 5000 lines were written:\n%.200s", n, out.String())
	}
}

// TestSingle: a run needs neither an account nor a tree.
func TestSingle(t *testing.T) {
	runner := newRunner(t, bindings.New(bindings.Deps{}))
	script, err := vm.Compile("one", []byte(`assert(next(settings) == nil and not pcall(require, "b") and not io.open("b.txt"))`))
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(t.Context(), &host.Run{Scripts: host.Single(script)}); err != nil {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := runner.Run(stopped, &host.Run{Scripts: host.Single(script)}); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was stopped ended with %v", err)
	}
}

// A binder has no bindings. Its functions observe how the Runner uses it.
type binder struct {
	bind func(*host.Env)
	end  func(context.Context)
}

func (binder) Modules() []*vm.Module { return nil }
func (b binder) Bind(env *host.Env) func(context.Context) {
	if b.bind != nil {
		b.bind(env)
	}
	return b.end
}

// TestPanickedRun: a fault of eslua itself counts as a failure of the version that
// met it, and the source is told.
func TestPanickedRun(t *testing.T) {
	runner := newRunner(t, binder{bind: func(*host.Env) { panic("x") }})
	account, told := host.NewAccount(), []bool(nil)
	func() {
		defer func() {
			if recover() != "x" {
				t.Error("the panic was lost")
			}
		}()
		_ = runner.Run(t.Context(), &host.Run{
			Flow: "a", Version: "v", Scripts: tree{"a.lua": ""}, Account: account,
			Ended: func(failed bool) { told = append(told, failed) },
		})
	}()
	if n := account.Counts(); len(n) != 1 || n[0].Tally != (host.Tally{Started: 1, Ended: 1, Failed: 1}) || !slices.Equal(told, []bool{true}) {
		t.Errorf("counted %+v, told failed: %v", n, told)
	}
}

// TestStoppedRun: what a script without a call has dialled ends also when the
// host stops, and that is no failure.
func TestStoppedRun(t *testing.T) {
	var end context.Context
	ctx, stop := context.WithCancel(t.Context())
	runner := newRunner(t, binder{bind: func(*host.Env) { stop() }, end: func(ctx context.Context) { end = ctx }})
	account := host.NewAccount()
	if err := runner.Run(ctx, &host.Run{Flow: "a", Version: "v", Scripts: tree{"a.lua": ""}, Account: account}); err == nil {
		t.Error("it was not stopped")
	}
	if end == nil || end.Err() != nil {
		t.Errorf("the bindings ended with %v", end)
	}
	if n := account.Counts(); n[0].Failed != 0 || n[0].Ended != 1 {
		t.Errorf("counted %+v", n)
	}
}
