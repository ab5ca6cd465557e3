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
	for end := threadTime() + d; threadTime() < end; {
	}
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
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

// other returns a function that has another goroutine burn d and waits for it.
func other(t *testing.T, d time.Duration) (wait func()) {
	turn, done := make(chan struct{}), make(chan struct{})
	go func() {
		for range turn {
			burn(d)
			done <- struct{}{}
		}
	}()
	t.Cleanup(func() { close(turn) })
	return func() { turn <- struct{}{}; <-done }
}

// A Go function that computes for longer than it charges is found by the
// thread's processor time, also in small pieces between waits; what it waits for
// is not counted.
func TestUnchargedWorkIsMeasured(t *testing.T) {
	for _, c := range []struct {
		name, limit string
		limits      guard.Limits
		source      string
		piece       time.Duration
		least, most int // pieces
	}{
		{"long pieces", "burst", guard.Limits{Burst: 50 * time.Millisecond}, `while true do burn() end`, 20 * time.Millisecond, 2, 9},
		// a wait that is preempted has blocked, and begins a burst: hence 200
		{"beside a wait that does not block", "burst", guard.Limits{Burst: 50 * time.Millisecond}, `while true do burn() glance() end`, 20 * time.Millisecond, 2, 200},
		{"long pieces between waits", "cpu", guard.Limits{CPU: 100 * time.Millisecond}, `while true do burn() wait() end`, 20 * time.Millisecond, 1, 13},
		// each is measured with a probability of 1/16 and then counts for 16
		{"short pieces between waits", "cpu", guard.Limits{CPU: 50 * time.Millisecond}, `while true do burn() wait() end`, 500 * time.Microsecond, 16, 1500},
	} {
		b := newBench(c.limits)
		wait := other(t, 500*time.Microsecond)
		b.register("wait", func() { b.Block(); wait(); b.Unblock() })
		b.register("glance", func() { b.Block(); b.Unblock() })
		calls := b.register("burn", func() { burn(c.piece) })
		var limit *guard.LimitError
		if _, err := b.run(c.source); !errors.As(err, &limit) || limit.Limit != c.limit {
			t.Errorf("%s: %v", c.name, err)
		}
		if *calls < c.least || *calls > c.most { // until one and a quarter of the budget is used up
			t.Errorf("%s: ended after %d calls", c.name, *calls)
		}
	}
}

// A wait begins a new burst.
func TestAWaitBeginsABurst(t *testing.T) {
	b := newBench(guard.Limits{Burst: 50 * time.Millisecond})
	wait := other(t, 500*time.Microsecond)
	b.register("wait", func() { b.Block(); wait(); b.Unblock() })
	b.register("burn", func() { burn(20 * time.Millisecond) })
	if _, err := b.run(`for i = 1, 20 do burn() burn() wait() end`); err != nil {
		t.Error(err)
	}
}

// A script whose thread gets no processor is not charged for what others do
// meanwhile.
func TestPreemptionIsNotCharged(t *testing.T) {
	b := newBench(guard.Limits{Burst: 20 * time.Millisecond})
	b.register("preempted", other(t, 5*time.Millisecond))
	if _, err := b.run(`for i = 1, 50 do preempted() end`); err != nil {
		t.Error(err)
	}
}

// An error that pcall catches leaves the accounting as it was.
func TestAnErrorAfterAWaitIsAccountedFor(t *testing.T) {
	b := newBench(guard.Limits{Burst: 50 * time.Millisecond})
	wait := other(t, 500*time.Microsecond)
	b.register("fail", func() { b.Block(); wait(); b.Unblock(); guard.Raise(b.L(), 1, "failed") })
	calls := b.register("burn", func() { burn(20 * time.Millisecond) })
	var limit *guard.LimitError
	if _, err := b.run(`assert(not pcall(fail)) while true do burn() end`); !errors.As(err, &limit) {
		t.Error(err)
	}
	if *calls > 9 {
		t.Errorf("ended after %d calls", *calls)
	}
}

// When the caller has gone, a script has a little time left: more if it has a
// hangup hook.
func TestComputingAfterTheHangup(t *testing.T) {
	for name, c := range map[string]struct {
		limits      guard.Limits
		source      string
		hook        bool
		limit       string
		least, most int // pieces of 10 ms
	}{
		"computes on":            {guard.Limits{}, `while true do burn() end`, false, guard.AfterHangup, 5, 40},
		"computes between waits": {guard.Limits{}, `while true do burn() wait() end`, false, guard.AfterHangup, 5, 40},
		"in instructions":        {guard.Limits{}, `burn() while true do end`, false, guard.AfterHangup, 0, 40},
		"cleans up":              {guard.Limits{}, `for i = 1, 8 do burn() end`, false, "", 8, 8},
		"is allowed more":        {guard.Limits{AfterHangup: time.Second}, `for i = 1, 50 do burn() end`, false, "", 50, 50},
		"has a hook":             {guard.Limits{}, `for i = 1, 50 do burn() end`, true, "", 50, 50},
		"has a hook that loops":  {guard.Limits{Burst: 300 * time.Millisecond}, `while true do burn() end`, true, "", 20, 90},
	} {
		b := newBench(c.limits)
		b.Services.HungUp = func() bool { return true }
		if c.hook {
			b.HasHangupHook()
		}
		wait := other(t, 500*time.Microsecond)
		b.register("wait", func() { b.Block(); wait(); b.Unblock() })
		calls := b.register("burn", func() { burn(10 * time.Millisecond) })
		_, err := b.run(c.source)
		var limit *guard.LimitError
		if errors.As(err, &limit) != (c.limit != "" || c.most == 90) || c.limit != "" && limit.Limit != c.limit {
			t.Errorf("%s: %v", name, err)
		}
		if *calls < c.least || *calls > c.most {
			t.Errorf("%s: ended after %d calls", name, *calls)
		}
	}
}

// One of many bursts is measured and counts for all of them, but not for those that
// came before the hangup.
func TestAMeasuredBurstAfterTheHangupCountsOnce(t *testing.T) {
	for range 64 {
		b := newBench(guard.Limits{})
		b.Services.HungUp = func() bool { return true }
		b.register("burn", func() { burn(9 * time.Millisecond) })
		if _, err := b.run("burn()"); err != nil {
			t.Fatal(err)
		}
	}
}
