package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/bindings"
	flowtests "github.com/eslua/eslua/bindings/flowtest"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"
)

func testCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "test [flags] [PATH...]",
		Short: "play the tests of flows on a simulated FreeSWITCH",
		Long: `Play the tests in files *_test.lua in PATH, else in the script directory, else here, each on a
simulated FreeSWITCH of its own, in a time of its own: ten minutes of waiting take no time.
eslua doc test prints how tests are written. A test that fails is printed with the ladder of
its calls.

The tests in a directory have the configuration of --config, else eslua.yaml in the directory
or above it. Of databases, HTTP servers and FreeSWITCH they see what they say themselves.`,
		Example: examples(
			"play the tests beside the flows", "eslua test /etc/eslua/scripts",
			"play some of them", "eslua test --run 'menu|busy' scripts",
			"play them again after each change", "eslua test --watch scripts",
			"see which lines no test reaches", "eslua test --cover scripts",
		),
	}
	o := p.overrides(c, "config", "scripts")
	t := &flowTests{program: p, overrides: o}
	c.Flags().StringVar(&t.pattern, "run", "", "play only tests whose names match the regular `EXPRESSION`")
	c.Flags().DurationVar(&t.timeout, "timeout", 2*time.Minute, "end a test that has taken `TIME` by the clock on the wall")
	c.Flags().BoolVar(&t.watch, "watch", false, "play the tests again whenever a script, a test or the configuration has changed")
	c.Flags().BoolVar(&t.cover, "cover", false, "print the lines of the scripts that have not run")
	c.Flags().StringVar(&t.lcov, "lcov", "", "write which lines have run to an lcov `FILE`")
	c.Flags().StringVar(&t.junit, "junit", "", "write the results to a JUnit `FILE`")
	c.RunE = func(c *cobra.Command, paths []string) error { return t.run(c.Context(), paths) }
	return c
}

// A flowTests is one run of eslua test.
type flowTests struct {
	*program
	overrides    *overrides
	pattern      string
	timeout      time.Duration
	watch, cover bool
	lcov, junit  string

	coverage *coverage
}

func (t *flowTests) run(ctx context.Context, paths []string) error {
	wanted, err := regexp.Compile(t.pattern)
	if err != nil {
		return &usageError{fmt.Sprintf("eslua test: --run: %v", err)}
	}
	ctx, stop := t.untilSignal(ctx)
	defer stop()
	cfg, err := t.overrides.load()
	if err != nil {
		return err
	}
	switch {
	case len(paths) > 0:
	case cfg.Scripts != "":
		paths = []string{cfg.Scripts}
	default:
		paths = []string{"."}
	}
	files, err := findTests(paths, cfg.Scripts)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return &usageError{fmt.Sprintf("eslua test: there is no *_test.lua in %s; eslua doc test prints how tests are written", strings.Join(paths, " "))}
	}
	for {
		stamp := stampOf(files)
		err := t.once(ctx, files, wanted)
		if !t.watch || ctx.Err() != nil {
			return err
		}
		if err != nil && !errors.As(err, new(*reportedError)) {
			fmt.Fprintln(t.stderr, err)
		}
		for stampOf(files) == stamp {
			if clock.Sleep(ctx, t.clock, 300*time.Millisecond) != nil {
				return err
			}
		}
		if files, err = findTests(paths, cfg.Scripts); err != nil {
			return err
		}
	}
}

// stampOf returns a text that changes when a file does beside the tests.
func stampOf(files []testFile) string {
	var stamp strings.Builder
	seen := map[string]bool{}
	for _, f := range files {
		for _, dir := range []string{f.root, filepath.Dir(f.path), filepath.Dir(f.config)} {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				if info, err := e.Info(); err == nil {
					fmt.Fprintln(&stamp, e.Name(), info.Size(), info.ModTime().UnixNano())
				}
			}
		}
	}
	return stamp.String()
}

// once plays the tests, and prints what came of them.
func (t *flowTests) once(ctx context.Context, files []testFile, wanted *regexp.Regexp) error {
	t.coverage = nil
	if t.cover || t.lcov != "" {
		t.coverage = &coverage{runs: map[string]map[int]int{}}
	}
	began := time.Now()
	results, err := t.playAll(ctx, files, wanted)
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		r.Print(t.stdout)
		if r.Failure != "" {
			failed++
		}
	}
	if t.junit != "" {
		var report strings.Builder
		_ = flowtest.WriteJUnit(&report, results) // to memory
		if err := os.WriteFile(t.junit, []byte(report.String()), 0o644); err != nil {
			return fmt.Errorf("eslua test: --junit: %w", err)
		}
	}
	if t.coverage != nil {
		var roots []string
		for _, f := range files {
			if !slices.Contains(roots, f.root) {
				roots = append(roots, f.root)
			}
		}
		to := t.stdout
		if !t.cover {
			to = io.Discard
		}
		if err := t.coverage.report(to, t.lcov, roots); err != nil {
			return err
		}
	}
	took := time.Since(began).Round(10 * time.Millisecond)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case failed > 0:
		fmt.Fprintf(t.stdout, "%d of %s failed, %v\n", failed, count(len(results), "test"), took)
		return &reportedError{exitFailed}
	case len(results) == 0:
		return &usageError{fmt.Sprintf("eslua test: no test is called %q", t.pattern)}
	}
	fmt.Fprintf(t.stdout, "%s passed, %v\n", count(len(results), "test"), took)
	return nil
}

// playAll plays the tests of the files whose names match, in the order of the files.
func (t *flowTests) playAll(ctx context.Context, files []testFile, wanted *regexp.Regexp) (results []flowtest.Result, err error) {
	keeping := flowtest.NewKeeping()
	defer keeping.End()
	var plays []play
	for i := range files {
		source, err := t.configure(&files[i])
		if err != nil {
			return nil, err
		}
		f := files[i]
		found, failed := f.list(ctx)
		if failed != nil {
			results = append(results, *failed)
		}
		for i, c := range found {
			if wanted.MatchString(c.Name) {
				plays = append(plays, play{file: f, source: source, number: i, Case: c, covered: t.coverage.in(f.root), keeping: keeping})
			}
		}
	}
	played := make([]flowtest.Result, len(plays))
	next := make(chan int, len(plays))
	for i := range plays {
		next <- i
	}
	close(next)
	var work sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for i := range next {
				if ctx.Err() == nil {
					played[i] = plays[i].play(ctx, t.timeout)
				}
			}
		})
	}
	work.Wait()
	return append(results, played...), nil
}

// A testFile is a file of tests.
type testFile struct {
	path   string
	root   string // the script directory of the flows
	config string // the file of the configuration; "": none
	cfg    config.Config
}

const testEnding = "_test.lua" // see store.IsTest

// findTests returns the files of tests in the paths.
func findTests(paths []string, scripts string) (files []testFile, err error) {
	for _, path := range paths {
		if of := strings.TrimSuffix(path, ".lua") + testEnding; strings.HasSuffix(path, ".lua") && !strings.HasSuffix(path, testEnding) && isFile(of) {
			path = of // the tests of a flow
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &usageError{fmt.Sprintf("eslua test: %s: no such file or directory", path)}
		case err != nil:
			return nil, err
		case !info.IsDir() && !strings.HasSuffix(path, testEnding):
			return nil, &usageError{fmt.Sprintf("eslua test: %s is no file of tests, and there is no %s beside it", path, filepath.Base(strings.TrimSuffix(path, ".lua")+testEnding))}
		case !info.IsDir():
			files = append(files, newTestFile(path, filepath.Dir(path), scripts))
			continue
		}
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != path {
				return fs.SkipDir
			}
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(name, testEnding) && !strings.HasPrefix(d.Name(), ".") {
				files = append(files, newTestFile(name, path, scripts))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// newTestFile returns a file that was found below a directory.
func newTestFile(path, under, scripts string) testFile {
	f := testFile{path: path, root: filepath.Dir(path)}
	if own, _ := filepath.Glob(filepath.Join(under, "*.lua")); slices.ContainsFunc(own, func(name string) bool { return !strings.HasSuffix(name, testEnding) }) {
		f.root = under
	}
	if isBelow(scripts, path) {
		f.root = scripts
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		yaml := filepath.Join(dir, "eslua.yaml")
		if _, err := os.Stat(yaml); err == nil {
			f.config = yaml
			return f
		}
		if below, err := within(under, dir); err != nil || below == "." || !filepath.IsLocal(below) {
			return f
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isBelow(dir, path string) bool {
	below, err := within(dir, path)
	return dir != "" && err == nil && filepath.IsLocal(below)
}

// configure reads the configuration of the file's tests.
func (t *flowTests) configure(f *testFile) (source []byte, err error) {
	if t.overrides.file != "" {
		f.config = t.overrides.file
	}
	if f.config == "" {
		f.cfg = config.Default()
		return nil, nil
	}
	if f.cfg, err = config.Load(f.config); err != nil {
		return nil, err
	}
	if isBelow(f.cfg.Scripts, f.path) {
		f.root = f.cfg.Scripts
	}
	return os.ReadFile(f.config)
}

// list returns the tests in the file, or the result that says why they are not known.
func (f testFile) list(ctx context.Context) ([]flowtest.Case, *flowtest.Result) {
	reading := &flowtests.Play{}
	err := f.read(ctx, reading, func(string) {})
	if err == nil {
		return reading.Found, nil
	}
	r := &flowtest.Result{Case: flowtest.Case{Name: "the file", File: f.path, Line: 1}, Failure: err.Error()}
	var failed *vm.ScriptError
	if errors.As(err, &failed) {
		r.Case.Line = failed.Line
	}
	return nil, r
}

// read runs the file's script.
func (f testFile) read(ctx context.Context, reading *flowtests.Play, print func(string)) error {
	set := bindings.New(bindings.Deps{}, flowtests.Module{Play: reading})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		return err
	}
	general := run.GeneralConfig(&f.cfg)
	if general.Root, err = filepath.Abs(f.root); err != nil {
		return err
	}
	return run.New(run.Deps{Machine: machine, Binder: set, Clock: clock.System()}).Run(ctx, &run.Run{
		Flow: f.path, Name: f.path,
		Scripts: looseScript{store.NewDir(f.root, vm.Compile), ctx},
		Config:  general, Print: print,
	})
}

// A play is one test to be played.
type play struct {
	flowtest.Case
	file   testFile
	source []byte // of the configuration
	number int

	covered func(file string, line int) // nil: nobody asks
	keeping *flowtest.Keeping
	turn    *flowtest.Turn
}

// grace is how long a test may take to end when it is told to.
const grace = 10 * time.Second

// play plays the test, for at most a time by the clock on the wall. A test that waits for
// something outside of its own time, such as a file that is a pipe, cannot be told to end:
// it goes on until the program ends.
func (p play) play(ctx context.Context, most time.Duration) flowtest.Result {
	began := time.Now()
	order := &flowtest.Order{}
	ended := make(chan flowtest.Result, 1)
	go func() { ended <- p.playWith(order) }()
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case r := <-ended:
		r.Took = time.Since(began)
		return r
	case <-ctx.Done():
		order.End(errors.New("it was interrupted"))
	case <-late.C:
		order.End(fmt.Errorf("it has not ended after %v by the clock on the wall; --timeout gives it more", most))
	}
	late.Reset(grace)
	r := flowtest.Result{Case: p.Case, Line: p.Line}
	select {
	case r = <-ended:
	case <-late.C:
		r.Failure = fmt.Sprintf("%v, and it cannot be ended: does a script wait for something outside of the test?", order.Err())
	}
	r.Took = time.Since(began)
	return r
}

// playWith plays the test until it ends, or the order says so.
func (p play) playWith(order *flowtest.Order) (r flowtest.Result) {
	r = flowtest.Result{Case: p.Case}
	p.turn = p.keeping.Turn()
	defer p.turn.End()
	err := flowtest.Virtually(func() {
		scene, err := flowtest.NewScene(p.source, p.serve, order, p.turn)
		if err != nil {
			r.Failure = err.Error()
			return
		}
		defer scene.End()
		ctx, stop := scene.Obey(context.Background())
		defer stop()
		reading := &flowtests.Play{Scene: scene, Test: p.number}
		var printed flowtest.Output
		err = p.file.read(ctx, reading, printed.Print)
		r.Output = printed.Lines
		p.judge(&r, scene, cmp.Or(order.Err(), err))
	})
	if err != nil && r.Failure == "" {
		r.Failure = err.Error()
	}
	return r
}

// judge writes down why a test has failed.
func (p play) judge(r *flowtest.Result, scene *flowtest.Scene, err error) {
	if err == nil {
		return
	}
	r.Failure, r.Line = err.Error(), p.Line
	var script *vm.ScriptError
	if errors.As(err, &script) {
		r.Line = script.Line
	}
	var failure *flowtests.Failure
	var wrong []flowtest.Mismatch
	if errors.As(err, &failure) {
		wrong = failure.Wrong
		r.Failure = ""
		for _, m := range wrong {
			r.Failure += fmt.Sprintf("%s:%d: %s\n", p.File, r.Line, m)
		}
		r.Failure = strings.TrimSuffix(r.Failure, "\n")
	}
	var ladder strings.Builder
	scene.Ladder(&ladder, wrong)
	r.Ladder = ladder.String()
}

// serve starts the whole program on a stage.
func (p play) serve(st *flowtest.Stage) (*flowtest.Host, error) {
	cfg := st.Config
	cfg.Scripts, cfg.NATS.Servers, cfg.OTLP.URL, cfg.Record = p.file.root, nil, "", config.Default().Record
	host, err := build(context.Background(), cfg, slog.New(st.Log()), clock.System(), seams{
		guest: true, alone: true, covered: p.covered, keeps: st.Keeps, written: st.Written,
		listen: st.Listen, dial: st.Dial,
		notify: func() (*fsnotify.Watcher, error) { return nil, errAlone },
		began:  func(c *outbound.Call) { st.Began(c.UUID()) }, ended: func(c *outbound.Call) { st.Ended(c.UUID()) },
		traced: func(c *outbound.Call, t vm.Trace) {
			st.Called(c.UUID(), t.Start, t.Took, func() string { return describeCall(t) })
		},
	})
	if err != nil {
		return nil, err
	}
	host.lookups = st.Lookups
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = host.run(ctx, st.Listener, nil)
	}()
	return &flowtest.Host{
		Kill: func() { stop(); <-served },
		Run: func(ctx context.Context, script string, args []string, print func(string)) error {
			order := job.Order{Script: script, Args: args, Print: print}
			if err := host.jobs.Check(order); err != nil {
				return err
			}
			return host.jobs.Execute(ctx, order)
		},
		Kept: func(ctx context.Context, name, key string) (kv.Entry, bool, error) {
			bucket, err := host.buckets.Shared(name)
			if _, shared := cfg.Buckets[name]; !shared {
				bucket, err = host.buckets.Own(name)
			}
			if err != nil {
				return kv.Entry{}, false, err
			}
			return bucket.Get(ctx, key)
		},
	}, nil
}

var errAlone = errors.New("tests look at the scripts themselves")
