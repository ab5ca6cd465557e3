package guard_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// runInLane runs source in ctx, in a bare state that shares the lane.
func runInLane(t *testing.T, ctx context.Context, lane guard.Lane, source string) error {
	t.Helper()
	g := guard.New(guard.Limits{Burst: 100 * time.Millisecond}, guard.Services{
		Clock: clock.System(), Print: func(string) {}, Rand: rand.New(rand.NewPCG(1, 2)),
	}, &guard.Shared{Lane: lane})
	defer g.Close()
	g.Context = ctx
	proto, err := guard.Compile("lane.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	L := g.L()
	err, _ = g.Enter(L, func() {
		L.Push(g.NewFunction(proto))
		L.Call(0, 0)
	})
	return err
}

func TestLongComputingWaitsForThePlaceAndShortDoesNot(t *testing.T) {
	lane := make(guard.Lane, 1)
	lane <- struct{}{} // somebody computes for long
	if err := runInLane(t, t.Context(), lane, "for i = 1, 10000 do end"); err != nil {
		t.Errorf("a short script: %v", err)
	}
	// It can end only by its context: without the lane its burst limit comes first.
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	if err := runInLane(t, ctx, lane, "while true do end"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless script beside a full lane: %v", err)
	}
	<-lane
	var limit *guard.LimitError
	if err := runInLane(t, t.Context(), lane, "while true do end"); !errors.As(err, &limit) {
		t.Errorf("an endless script: %v", err)
	}
	if len(lane) != 0 {
		t.Error("its place was not given back")
	}
}

// A function that waits may call back a script that computes for long; what it
// waits for then is no reason to keep the place.
func TestAWaitKeepsNoPlaceAfterACallback(t *testing.T) {
	lane := make(guard.Lane, 1)
	g := guard.New(guard.Limits{}, guard.Services{
		Clock: clock.System(), Print: func(string) {}, Rand: rand.New(rand.NewPCG(1, 2)),
	}, &guard.Shared{Lane: lane})
	defer g.Close()
	held := -1
	g.L().G.Global.RawSetString("wait", &lua.LFunction{IsG: true, GFunction: func(L *lua.LState) int {
		g.Wait(func() {
			if err, _ := g.Enter(L, func() { L.Push(L.Get(1)); L.Call(0, 0) }); err != nil {
				t.Error(err)
			}
			held = len(lane)
		})
		return 0
	}})
	proto, err := guard.Compile("lane.lua", "wait(function() for i = 1, 3e6 do end end)")
	if err != nil {
		t.Fatal(err)
	}
	if err, _ := g.Enter(g.L(), func() { g.L().Push(g.NewFunction(proto)); g.L().Call(0, 0) }); err != nil {
		t.Fatal(err)
	}
	if held != 0 {
		t.Errorf("%d places were held while the function waited", held)
	}
}
