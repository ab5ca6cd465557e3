package node

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// TestAGateFollowsTheAnswers: with a FreeSWITCH that runs one command after the other, each
// of which takes it a while, few are under way at a time; when it is quick again, more are.
func TestAGateFollowsTheAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(64, 10_000, clock.System()).Of("core")
		turn := make(chan struct{}, 1) // FreeSWITCH
		takes := 100 * time.Millisecond
		most := 0
		done := make(chan struct{})
		ask := func() {
			defer func() { done <- struct{}{} }()
			if !gate.Try("flow") {
				if err := gate.Await(context.Background(), "flow"); err != nil {
					t.Error(err)
				}
			}
			sent := time.Now()
			turn <- struct{}{}
			most = max(most, gate.Status().Running)
			time.Sleep(takes)
			<-turn
			gate.Leave("flow", sent, true)
		}
		all := func(n int) (peak int) {
			most = 0
			for range n {
				go ask()
			}
			for range n {
				<-done
			}
			return most
		}
		all(200) // learns it
		if peak := all(200); peak > 10 || peak < 2 {
			t.Errorf("%d commands at a time, of which each takes 100 ms", peak)
		}
		takes = time.Millisecond
		all(3000)
		if s := gate.Status(); s.Limit < 60 || s.Running != 0 || s.Waiting != 0 {
			t.Errorf("quick again: %+v", s)
		}
		takes = time.Minute
		for range 8 {
			all(20)
		}
		if gate.Status().Limit != 1 {
			t.Errorf("of a FreeSWITCH that hardly moves: %+v", gate.Status())
		}
	})
}

func TestWaitingForAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gates := NewGates(1, 3, clock.System())
		gate := gates.Of("core")
		if !gate.Try("flow") || gate.Try("flow") || !gates.Of("other").Try("flow") {
			t.Fatal("one command for each FreeSWITCH")
		}
		ctx, stop := context.WithCancelCause(t.Context())
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- gate.Await(ctx, "flow") }()
		}
		synctest.Wait()
		var busy *BusyError
		if err := gate.Await(t.Context(), "flow"); !errors.As(err, &busy) || gate.Status().Refused != 1 {
			t.Errorf("%v, %+v", err, gate.Status())
		}
		gone := errors.New("the call has hung up")
		stop(gone)
		for range 2 {
			if err := <-errs; !errors.Is(err, gone) {
				t.Error(err)
			}
		}
		if s := gate.Status(); s.Waiting != 0 || s.Running != 1 {
			t.Errorf("%+v", s)
		}
		go func() { errs <- gate.Await(t.Context(), "flow") }()
		synctest.Wait()
		gates.Configure(2, 3)
		if err := <-errs; err != nil || gate.Status().Running != 2 {
			t.Errorf("%v, %+v", err, gate.Status())
		}
		gates.Configure(0, 0)
		if gates.Of("core") != nil {
			t.Error("0 is no limit")
		}
	})
}

// TestFlowsShareAGate: a flow that gives FreeSWITCH ever more to do neither takes all places,
// nor all in which commands wait, and the next one has its turn at once.
func TestFlowsShareAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(20, 100, clock.System()).Of("core")
		ctx, stop := context.WithCancel(t.Context())
		held, refused := 0, 0
		done := make(chan struct{})
		for range 200 {
			go func() {
				defer func() { done <- struct{}{} }()
				if gate.Try("greedy") || gate.Await(ctx, "greedy") == nil {
					held++
					<-ctx.Done()
					gate.Leave("greedy", time.Now(), false)
				} else if ctx.Err() == nil {
					refused++
				}
			}()
			synctest.Wait()
		}
		if s := gate.Status(); held != 18 || s.Waiting != 90 || refused != 92 {
			t.Errorf("one flow: %d run, %d refused, %+v", held, refused, s)
		}
		for range 100 {
			if !gate.Try("other") {
				if err := gate.Await(ctx, "other"); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Millisecond)
			gate.Leave("other", time.Now(), true)
		}
		stop()
		for range 200 {
			<-done
		}
		if s := gate.Status(); s.Running+s.Waiting != 0 || len(gate.flows) != 0 {
			t.Errorf("at the end: %+v, %d flows", s, len(gate.flows))
		}
	})
}
