package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

const stormCallers = 60 // at a time

// stormSize returns the least number of calls, and the number of changes.
func stormSize() (calls, changes int) {
	if testing.Short() {
		return 120, 22 // each way to change the tree twice
	}
	return 2000, 200
}

// stormTree returns a version of the tree, which has its number in every file. A
// call reports the numbers that it saw: of its own file, of a module required at
// its beginning and of one required at its end, when the tree has long changed.
func stormTree(version int) map[string]string {
	n := fmt.Sprint(version)
	return map[string]string{
		"storm.lua": `local early = require("lib.early")
session:answer()
session:streamFile("hold.wav")
print("saw ` + n + ` " .. early .. " " .. require("lib.late"))
session:hangup("USER_BUSY")
`,
		"lib/early.lua": "return " + n + "\n",
		"lib/late.lua":  "return " + n + "\n",
		"other.lua":     "return " + n + "\n",
	}
}

// brokenTrees are applied in turn to a third of the changes.
var brokenTrees = []func(files map[string]string){
	func(files map[string]string) { files["storm.lua"] = "if session:ready() the\n" + files["storm.lua"] },
	func(files map[string]string) { files["lib/late.lua"] = "return {" },
	func(files map[string]string) { files["storm.lua"] = files["storm.lua"][:len(files["storm.lua"])-10] },
	func(files map[string]string) { files["storm.lua"] += `require("lib.nowhere")` },
	func(files map[string]string) { files["other.lua"] = "return \x00\x01" },
}

// TestStorm edits the tree in every way while calls run: no call fails, and none
// sees two generations.
func TestStorm(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		calls, changes := stormSize()
		root := t.TempDir()
		s := &stormyTree{t: t, root: root}
		s.deploy(stormTree(0))
		cfg := config.Default()
		cfg.Scripts = filepath.Join(root, "current")
		cfg.History = 2 * changes
		cfg.Fallback = config.Fallback{Action: config.Hangup, Data: "NORMAL_TEMPORARY_FAILURE"}
		saw := newSightings(t)
		n := memnet.New()
		l := n.Listen()
		h, stop := serving(t, l, cfg, clock.System(), saw, seamsOn(n))
		sim := simulatedOn(t, n, switchsim.Config{
			NoJournal: true,
			Media:     map[string]time.Duration{"hold.wav": time.Minute}, // for two changes, which scans find
			Dialplan: switchsim.Dialplan{"default": {{Match: "^(.*)$", Actions: []switchsim.Action{
				{App: "socket", Data: l.Addr().String() + "/$1 async full"}, {App: "hangup", Data: "NO_ANSWER"},
			}}}},
		})

		var callers sync.WaitGroup
		var made atomic.Int64
		var edited atomic.Bool
		for range stormCallers {
			callers.Go(func() {
				for made.Add(1) <= int64(calls) && !t.Failed() || !edited.Load() {
					c := sim.Call(switchsim.Caller{Number: "1000", Destination: "storm"})
					<-c.Done()
					if c.Cause() != "USER_BUSY" {
						t.Errorf("a call ended with %s", c.Cause())
					}
				}
			})
		}
		took := func() []time.Duration {
			defer callers.Wait() // even if an edit fails: a caller must not outlive the test
			defer edited.Store(true)
			return s.edit(h, changes)
		}()
		stop()

		generations := map[string]bool{}
		for _, seen := range saw.all() {
			generations[seen.generation] = true
			g, err := h.history.Find(seen.generation)
			if err != nil {
				t.Fatalf("a call ran generation %s, which is not in the history: %v", seen.generation, err)
			}
			if want := stampsOf(g.ReadFile); seen.stamps != want {
				t.Errorf("a call of generation %s saw %q; that generation is %q", seen.generation, seen.stamps, want)
			}
		}
		if len(saw.all()) < calls || len(generations) < changes/10 {
			t.Errorf("%d calls told what they saw, of %d generations: too few", len(saw.all()), len(generations))
		}
		slices.Sort(took)
		t.Logf("%d calls ran %d generations; of %d good changes the slowest served after %v, the median after %v",
			len(saw.all()), len(generations), len(took), took[len(took)-1], took[len(took)/2])
	})
}

// stampsOf returns the numbers in a generation's files as a call that runs it sees
// them.
func stampsOf(read func(string) (string, error)) string {
	own, _ := read("storm.lua")
	_, own, _ = strings.Cut(own, `print("saw `)
	own, _, _ = strings.Cut(own, " ")
	early, _ := read("lib/early.lua")
	late, _ := read("lib/late.lua")
	return strings.Join([]string{own, strings.TrimSpace(strings.TrimPrefix(early, "return ")), strings.TrimSpace(strings.TrimPrefix(late, "return "))}, " ")
}

// edit makes the changes one after the other, waits until each one serves or is
// refused, and returns how long each good one took to serve.
func (s *stormyTree) edit(h *app, changes int) (took []time.Duration) {
	for n := 1; n <= changes; n++ {
		files := stormTree(n)
		broken := n%3 == 0
		if broken {
			brokenTrees[n/3%len(brokenTrees)](files)
		}
		refusals := h.scripts.Status().Refusals
		s.ways()[n%len(s.ways())](files)
		made := time.Now()
		want := fmt.Sprintf("%d %d %d", n, n, n)
		s.await(h, fmt.Sprintf("change %d (broken: %v)", n, broken), func() bool {
			if broken {
				return h.scripts.Status().Refusals > refusals
			}
			return stampsOf(h.scripts.Current().ReadFile) == want
		})
		if !broken {
			took = append(took, time.Since(made))
		}
	}
	return took
}

func (s *stormyTree) await(h *app, what string, reached func() bool) {
	s.t.Helper()
	ctx := testproc.BubbleContext(s.t)
	for {
		changed := h.scripts.Changed()
		if reached() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			s.t.Fatalf("%s did not come to be; the scripts are %+v", what, h.scripts.Status())
		}
	}
}

// sightings is a log handler that records what the scripts printed, with the
// generation that the host logs for them.
type sightings struct {
	t    *testing.T
	mu   *sync.Mutex
	seen *[]sighting
	gen  string
}

type sighting struct{ generation, stamps string }

func newSightings(t *testing.T) *sightings {
	return &sightings{t: t, mu: &sync.Mutex{}, seen: &[]sighting{}}
}

func (s *sightings) all() []sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.seen
}

func (s *sightings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (s *sightings) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "the flow failed" {
		r.Attrs(func(a slog.Attr) bool {
			s.t.Errorf("a call of generation %s: %v", s.gen, a)
			return true
		})
	}
	if stamps, ok := strings.CutPrefix(r.Message, "saw "); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		*s.seen = append(*s.seen, sighting{s.gen, stamps})
	}
	return nil
}

func (s *sightings) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *s
	for _, a := range attrs {
		if a.Key == "generation" {
			with.gen = a.Value.String()
		}
	}
	return &with
}

func (s *sightings) WithGroup(string) slog.Handler { return s }

var _ slog.Handler = (*sightings)(nil)

// A stormyTree is a script directory, "current", that is changed in every way.
type stormyTree struct {
	t        *testing.T
	root     string
	releases int

	wroteThousands bool
}

func (s *stormyTree) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stormyTree) at(name string) string { return filepath.Join(s.root, "current", name) }

// put writes the files below dir, in place.
func (s *stormyTree) put(dir string, files map[string]string) {
	s.t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		s.must(os.MkdirAll(filepath.Dir(file), 0o755))
		s.must(os.WriteFile(file, []byte(text), 0o644))
	}
}
