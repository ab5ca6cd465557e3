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
			if !gate.Try() {
				if err := gate.Await(context.Background()); err != nil {
					t.Error(err)
				}
			}
			sent := time.Now()
			turn <- struct{}{}
			most = max(most, gate.Status().Running)
			time.Sleep(takes)
			<-turn
			gate.Leave(sent, true)
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
		gates := NewGates(1, 2, clock.System())
		gate := gates.Of("core")
		if !gate.Try() || gate.Try() || !gates.Of("other").Try() {
			t.Fatal("one command for each FreeSWITCH")
		}
		ctx, stop := context.WithCancelCause(t.Context())
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- gate.Await(ctx) }()
		}
		synctest.Wait()
		var busy *BusyError
		if err := gate.Await(t.Context()); !errors.As(err, &busy) || gate.Status().Refused != 1 {
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
		go func() { errs <- gate.Await(t.Context()) }()
		synctest.Wait()
		gates.Configure(2, 2)
		if err := <-errs; err != nil || gate.Status().Running != 2 {
			t.Errorf("%v, %+v", err, gate.Status())
		}
		gates.Configure(0, 0)
		if gates.Of("core") != nil {
			t.Error("0 is no limit")
		}
	})
}
