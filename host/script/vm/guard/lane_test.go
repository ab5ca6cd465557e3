package guard_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
	lua "github.com/yuin/gopher-lua"
)

// patient ends no script of these tests, however slow the race detector makes it.
var patient = guard.Limits{Burst: time.Minute, CPU: time.Hour}

// runInLane runs source in ctx, in a bare state that shares the lane.
func runInLane(t *testing.T, ctx context.Context, lane *guard.Lane, source string) error {
	t.Helper()
	g := newInLane(guard.Limits{Burst: 100 * time.Millisecond}, lane)
	defer g.Close()
	g.Context = ctx
	return try(t, g, source)
}

func TestLongComputingWaitsForThePlaceAndShortDoesNot(t *testing.T) {
	lane := guard.NewLane(1)
	lane.Fill() // somebody computes for long
	// It can end only by its context: without the lane its burst limit comes first.
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	if err := runInLane(t, ctx, lane, "for i = 1, 10 do end"); err != nil {
		t.Errorf("a short script: %v", err)
	}
	if err := runInLane(t, ctx, lane, "while true do end"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless script beside a full lane: %v", err)
	}
	lane.Leave()
	var limit *guard.LimitError
	if err := runInLane(t, t.Context(), lane, "while true do end"); !errors.As(err, &limit) {
		t.Errorf("an endless script: %v", err)
	}
	if lane.Taken(1) != 0 {
		t.Error("its place was not given back")
	}
}

// A function that waits may call back a script that computes for long; what it
// waits for then is no reason to keep the place.
func TestAWaitKeepsNoPlaceAfterACallback(t *testing.T) {
	lane := guard.NewLane(1)
	g := newInLane(patient, lane)
	defer g.Close()
	during, after := -1, -1
	g.L().G.Global.RawSetString("wait", guard.GoFunction(func(L *lua.LState) int {
		if err, _ := g.Enter(L, func() { L.Push(L.Get(1)); L.Call(0, 0) }); err != nil {
			t.Error(err)
		}
		after = lane.Taken(1)
		g.Block()
		during = lane.Taken(1)
		g.Unblock()
		return 0
	}))
	enter(t, g, "wait(function() for i = 1, 3e6 do end end)")
	if during != 0 || after != 1 {
		t.Errorf("%d places were held while the function waited, %d before", during, after)
	}
}

// A script that computes in pieces between short waits, all the time, gets into
// the lane too, and work in Go functions that follow the wait as well. One that
// mostly waits does not, or rarely: one of many times it is measured, for all of them.
func TestWhoComputesInPiecesGetsIntoTheLane(t *testing.T) {
	burned := other(t, 100*time.Microsecond)
	for name, c := range map[string]struct {
		source string
		wait   func()
		inLane bool
	}{
		"most of the time": {"for i = 1, 100 do for j = 1, 1e5 do end wait() end", burned, true},
		"now and then":     {"for i = 1, 100 do for j = 1, 10 do end wait() end", func() { time.Sleep(10 * time.Millisecond) }, false},
	} {
		lane := guard.NewLane(1)
		g := newInLane(patient, lane)
		seen := 0
		g.L().G.Global.RawSetString("wait", guard.GoFunction(func(*lua.LState) int {
			g.Block()
			c.wait()
			g.Unblock()
			seen += lane.Taken(1)
			return 0
		}))
		enter(t, g, c.source)
		g.Close()
		if (seen > 20) != c.inLane && (c.inLane || !testproc.Race) { // under the race detector ten steps take long
			t.Errorf("%s: was in the lane after %d of 100 waits", name, seen)
		}
	}
}

func newInLane(limits guard.Limits, lane *guard.Lane) *guard.Guard {
	return guard.New(limits, guard.Services{
		Clock: clock.System(), Print: func(string) {}, Rand: rand.New(rand.NewPCG(1, 2)),
	}, &guard.Shared{Lane: lane})
}

func enter(t *testing.T, g *guard.Guard, source string) {
	t.Helper()
	if err := try(t, g, source); err != nil {
		t.Fatal(err)
	}
}

func try(t *testing.T, g *guard.Guard, source string) error {
	t.Helper()
	proto, err := guard.Compile("lane.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	err, _ = g.Enter(g.L(), func() {
		g.L().Push(g.NewFunction(proto))
		g.L().Call(0, 0)
	})
	return err
}

// Whoever has had the fewest turns is next.
func TestTheLaneIsForThoseWhoNeedItLeast(t *testing.T) {
	lane := guard.NewLane(1)
	lane.Fill()
	order := make(chan string, 3)
	var entered sync.WaitGroup
	for turns, name := range []string{"none", "one", "two"} {
		entered.Go(func() {
			g := newInLane(patient, lane)
			defer g.Close()
			if lane.EnterAfter(t.Context(), g, turns) {
				order <- name
				lane.Leave()
			}
		})
	}
	lane.AwaitWaiting(3)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if lane.EnterAfter(ctx, newInLane(patient, lane), 0) {
		t.Error("entered although its context has ended")
	}
	lane.Leave()
	entered.Wait()
	if got := []string{<-order, <-order, <-order}; !slices.Equal(got, []string{"none", "one", "two"}) || lane.Taken(1) != 0 {
		t.Errorf("the order is %q, %d places are held at the end", got, lane.Taken(1))
	}
}
