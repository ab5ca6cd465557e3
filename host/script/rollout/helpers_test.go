package rollout

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A world is the scripts, history and rollout of a host, on a manual clock.
type world struct {
	testing.TB
	*Rollout
	dir, state  string
	cfg         config.Config
	clk         *clock.Manual
	log         *logbook
	scripts     *store.Store
	history     *store.History
	generations []string // that served, in order
	calls       int
	keep        int // generations
}

// newWorld makes flows whose whole content is "return 1"; settings are YAML.
func newWorld(t testing.TB, settings string, flows ...string) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), state: t.TempDir(), cfg: configure(t, settings), clk: clock.NewManual(time.Unix(1e9, 0)), log: newLogbook(), keep: 100}
	for _, f := range flows {
		w.put(f, "return 1")
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

func configure(t testing.TB, settings string) config.Config {
	t.Helper()
	cfg, err := config.Parse("eslua.yaml", []byte(settings))
	must(t, err)
	return cfg
}

func (w *world) start() {
	w.Helper()
	log := slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	w.history, err = store.OpenHistory(w.state, w.keep, log, w.clk)
	must(w, err)
	w.scripts, err = store.Open(context.Background(), w.dir, store.Config{History: w.history}, vm.Compile, log, w.clk)
	must(w, err)
	w.Rollout = New(w.cfg, Deps{Scripts: w.scripts, History: w.history, StateDir: w.state, Log: log, Clock: w.clk})
	w.served()
}

// stop ends the host.
func (w *world) stop() {
	w.nextDeadline()
	_ = w.save(context.Background()) // some tests have it fail
	w.history.Close(context.Background())
}

func (w *world) put(flow, source string) {
	w.Helper()
	must(w, os.WriteFile(filepath.Join(w.dir, flow+".lua"), []byte(source), 0o644))
}

// edit saves a version of a flow, which then serves.
func (w *world) edit(flow, version string) {
	w.Helper()
	w.clk.Advance(time.Second)
	w.put(flow, "return "+version)
	w.reload()
}

func (w *world) reload() {
	w.Helper()
	must(w, w.scripts.Reload(context.Background()))
	w.served()
}

func (w *world) served() { w.generations = append(w.generations, w.scripts.Current().Name()) }

// versionIn returns the version that edit saved.
func versionIn(g *store.Generation, flow string) string {
	source, err := g.ReadFile(flow + ".lua")
	if err != nil {
		return "-"
	}
	return strings.TrimPrefix(source, "return ")
}

// call gives one call to a flow and ends it; it returns the version it got.
func (w *world) call(flow string, fails func(version string) bool) string {
	w.calls++
	g, begin := w.Choose(flow, fmt.Sprintf("c0ffee00-0000-4000-8000-%012d", w.calls))
	ended := begin()
	v := versionIn(g, flow)
	ended(fails != nil && fails(v))
	return v
}

// call100 gives a hundred calls to a flow and counts the versions they got.
func (w *world) call100(flow string, fails func(version string) bool) map[string]int {
	got := map[string]int{}
	for range 100 {
		got[w.call(flow, fails)]++
	}
	return got
}

// A logbook records the log and lets a test wait for it.
type logbook struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	grown *sync.Cond
}

func newLogbook() *logbook {
	l := &logbook{}
	l.grown = sync.NewCond(&l.mu)
	return l
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grown.Broadcast()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// await blocks until text was logged.
func (l *logbook) await(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.buf.String(), text) {
		l.grown.Wait()
	}
}

func (w *world) logged(texts ...string) {
	w.Helper()
	for _, text := range texts {
		if !strings.Contains(w.log.String(), text) {
			w.Errorf("the log lacks %q:\n%s", text, w.log)
		}
	}
}
