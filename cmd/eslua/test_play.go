package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	flowtests "github.com/eslua/eslua/bindings/flowtest"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
)

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
