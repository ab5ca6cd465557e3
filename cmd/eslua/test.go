package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flowtest"
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
		stamp := stampOf(files, t.overrides.file)
		err := t.once(ctx, slices.Clone(files), wanted) // which reads the configurations into them
		if !t.watch || ctx.Err() != nil {
			return err
		}
		if err != nil && !errors.As(err, new(*reportedError)) {
			fmt.Fprintln(t.stderr, err)
		}
		for stampOf(files, t.overrides.file) == stamp {
			if clock.Sleep(ctx, t.clock, 300*time.Millisecond) != nil {
				return err
			}
		}
		if files, err = findTests(paths, cfg.Scripts); err != nil {
			return err
		}
	}
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
