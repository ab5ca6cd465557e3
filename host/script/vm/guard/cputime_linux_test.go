package guard_test

import (
	"errors"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// burn uses d of the calling thread's processor time.
func burn(d time.Duration) {
	now := func() time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
		return time.Duration(t.Nano())
	}
	for end := now() + d; now() < end; {
	}
}

// register makes f a global function and counts its calls.
func (b *bench) register(name string, f func()) (calls *int) {
	calls = new(int)
	b.L().G.Global.RawSetString(name, &lua.LFunction{IsG: true, GFunction: func(*lua.LState) int {
		*calls++
		f()
		return 0
	}})
	return calls
}

// A Go function that computes for longer than it charges is found by the
// thread's processor time, all of it.
func TestUnchargedWorkIsMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		limits guard.Limits
		source string
	}{
		"burst": {guard.Limits{Burst: 50 * time.Millisecond}, `while true do burn() end`},
		"cpu":   {guard.Limits{CPU: 50 * time.Millisecond}, `while true do burn() wait() end`},
	} {
		b := newBench(c.limits)
		b.register("wait", func() { b.Wait(func() { burn(time.Millisecond) }) }) // which is not the script's
		calls := b.register("burn", func() { burn(20 * time.Millisecond) })
		var limit *guard.LimitError
		if _, err := b.run(c.source); !errors.As(err, &limit) || limit.Limit != name {
			t.Errorf("%s: %v", name, err)
		}
		if *calls < 5 || *calls > 8 { // until twice the budget is used up
			t.Errorf("%s: ended after %d calls", name, *calls)
		}
	}
}

// A script whose thread gets no processor is not charged for what others do
// meanwhile.
func TestPreemptionIsNotCharged(t *testing.T) {
	b := newBench(guard.Limits{Burst: 20 * time.Millisecond})
	turn, done := make(chan struct{}), make(chan struct{})
	go func() {
		for range turn {
			burn(5 * time.Millisecond)
			done <- struct{}{}
		}
	}()
	defer close(turn)
	b.register("preempted", func() { turn <- struct{}{}; <-done })
	if _, err := b.run(`for i = 1, 50 do preempted() end`); err != nil {
		t.Error(err)
	}
}

// Waiting in a callback's error, or in an error that pcall catches, leaves the
// accounting as it was.
func TestAnErrorInAWaitIsAccountedFor(t *testing.T) {
	b := newBench(guard.Limits{Burst: 50 * time.Millisecond})
	b.register("fail", func() { b.Wait(func() { guard.Raise(b.L(), 1, "failed") }) })
	calls := b.register("burn", func() { burn(20 * time.Millisecond) })
	var limit *guard.LimitError
	if _, err := b.run(`assert(not pcall(fail)) while true do burn() end`); !errors.As(err, &limit) {
		t.Error(err)
	}
	if *calls > 8 {
		t.Errorf("ended after %d calls", *calls)
	}
}
