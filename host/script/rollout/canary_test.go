package rollout

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/eslua/eslua/host/script/store"
)

func fails(versions string) func(string) bool {
	return func(v string) bool { return strings.Contains(versions, v) }
}

// TestCanary follows a flow: an edit that fails is rolled back by its canary, the
// next one is promoted.
func TestCanary(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 20%, window: 10m, calls: 20}}}", "a", "b")
	w.call100("a", nil)

	w.edit("a", "2")
	got := w.call100("a", fails("2"))
	if got["2"] != 3 || got["1"] != 97 {
		t.Errorf("calls got %v; the third failure should have ended it", got)
	}
	s := w.Status()
	if len(s.Overrides) != 1 || len(s.Canaries) != 0 {
		t.Fatalf("status %+v, want one rollback", s)
	}
	rec := s.Overrides[0]
	if rec.Flow != "a" || rec.Generation != w.generations[0] || rec.Pinned() || rec.Until != w.scripts.Current().Version("a") ||
		!strings.HasPrefix(rec.Why, "canary: the new version failed in 3 of 3 calls, the old one in 0 of ") {
		t.Errorf("rolled back as %+v", rec)
	}
	w.logged("a canary begins", "level=ERROR", "is rolled back", "failed in 3 of 3 calls")
	w.edit("b", "2")
	if got := w.call100("a", nil); got["1"] != 100 {
		t.Errorf("after the rollback calls got %v", got)
	}

	w.edit("a", "3")
	w.nextDeadline() // as Run does when the directory changes
	w.logged("the rollback is over")
	w.clk.Advance(9 * time.Minute)
	got = w.call100("a", fails("1")) // now the old one is the bad one
	if got["3"] < 10 || got["1"] < 60 || got["3"]+got["1"] != 100 {
		t.Errorf("the second canary's calls got %v", got)
	}
	c := w.Status().Canaries
	if len(c) != 1 || c[0].Flow != "a" || c[0].Share != 20 || c[0].Calls != 20 || c[0].Until.Sub(c[0].Since) != 10*time.Minute ||
		c[0].Old.Failed != int64(got["1"]) || c[0].Old.Started != int64(got["1"]) || c[0].New.Ended != int64(got["3"]) || c[0].New.Failed != 0 ||
		c[0].New.Generation != w.scripts.Current().Name() || c[0].New.Version != w.scripts.Current().Version("a") {
		t.Errorf("candidates %+v; calls got %v", c, got)
	}
	w.clk.Advance(time.Minute)
	if got["3"] < 20 {
		w.call100("a", nil) // there were too few
	}
	w.nextDeadline()
	if got := w.call100("a", nil); got["3"] != 100 {
		t.Errorf("after its window calls got %v", got)
	}
	w.logged("is promoted")
	if s := w.Status(); len(s.Overrides)+len(s.Canaries) != 0 {
		t.Errorf("status %+v, want none", s)
	}
}

func TestCanaryWithTooFewCallsGoesOn(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1m, calls: 200}}}", "a")
	w.edit("a", "2")
	w.nextDeadline()
	w.clk.Advance(time.Hour)
	got := w.call100("a", nil)
	if got["2"] < 30 || got["1"] < 30 {
		t.Errorf("calls got %v, want both", got)
	}
	w.put("b", "return 2") // the flow's version is the same, and the counts continue
	w.reload()
	c := w.Status().Canaries
	if len(c) != 1 || c[0].New.Generation != w.scripts.Current().Name() || c[0].New.Ended != int64(got["2"]) {
		t.Errorf("candidates %+v after calls got %v", c, got)
	}
}

// TestCanaryOfAFlowThatAlwaysFailsSometimes compares with the time before, because
// the old version has no calls meanwhile.
func TestCanaryOfAFlowThatAlwaysFailsSometimes(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 99%, window: 1m, calls: 10}}}", "a")
	n := 0
	some := func(string) bool { n++; return n%4 == 0 }
	w.call100("a", some)
	w.edit("a", "2")
	for i := range 12 {
		g, begin := w.Choose("a", fmt.Sprint("call-", i))
		ended := begin()
		if versionIn(g, "a") != "2" {
			t.Fatal("one of the few calls of the old version; name them otherwise")
		}
		ended(some(""))
	}
	w.clk.Advance(time.Minute)
	if s := w.Status(); len(s.Overrides)+len(s.Canaries) != 0 {
		t.Errorf("status %+v, want none", s)
	}
	w.logged("is promoted", "failed in 3 of 12 calls, the old one in 0 of 0 calls (before: 25 of 100 calls)")
}

// TestCanaryIsWorseAtTheEnd fails too rarely to be clearly worse.
func TestCanaryIsWorseAtTheEnd(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1m, calls: 20}}}", "a")
	w.edit("a", "2")
	once := true
	w.call100("a", func(v string) bool {
		failed := once && v == "2"
		once = once && !failed
		return failed
	})
	if len(w.Status().Canaries) != 1 {
		t.Fatal("decided before its time")
	}
	w.clk.Advance(time.Minute)
	w.nextDeadline() // as Run does when the window is over
	if got := w.call100("a", nil); got["1"] != 100 {
		t.Errorf("calls got %v", got)
	}
	w.logged("failed in 1 of ")
}

// TestLateCallsDoNotCount ends calls of a canary that was replaced meanwhile.
func TestLateCallsDoNotCount(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1m, calls: 1}}}", "a")
	w.edit("a", "2")
	var lasting []func(bool)
	for i := range 100 {
		g, begin := w.Choose("a", fmt.Sprint("call-", i))
		ended := begin()
		if versionIn(g, "a") == "2" {
			lasting = append(lasting, ended)
		}
	}
	w.edit("a", "3")
	for _, ended := range lasting {
		ended(true)
	}
	c := w.Status().Canaries
	if len(lasting) < 30 || len(c) != 1 || c[0].New.Started != 0 || c[0].Old.Started != 0 {
		t.Errorf("%d calls of the version before; candidates %+v", len(lasting), c)
	}
	w.logged("a newer version replaces it")
}

// TestShareIsSticky: a call that gets the new version gets it also with a larger
// share and on another host.
func TestShareIsSticky(t *testing.T) {
	has := func(share int) map[int]bool {
		w := newWorld(t, fmt.Sprintf("flows: {a: {canary: %d%%}}", share), "a")
		w.edit("a", "2")
		got := map[int]bool{}
		for i := range 20_000 {
			if g, _ := w.Choose("a", fmt.Sprintf("5ac3c5e2-0000-11f0-9d0a-%012d", i)); versionIn(g, "a") == "2" {
				got[i] = true
			}
		}
		if part := len(got) * 100 / 20_000; part < share-1 || part > share+1 {
			t.Errorf("%d %% of the calls are %d", share, len(got))
		}
		return got
	}
	ten, thirty := has(10), has(30)
	for call := range ten {
		if !thirty[call] {
			t.Fatalf("call %d lost the new version", call)
		}
	}
}

// TestRun decides at the end of the window without any call, notices an edit, and
// saves what was decided.
func TestRun(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 10m, calls: 1}}}", "a")
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	w.edit("a", "2")
	w.log.await("a canary begins")
	w.call100("a", nil)
	w.clk.WaitForTimers(1)
	w.clk.Advance(10 * time.Minute)
	w.log.await("is promoted")
	stop()
	must(t, <-done)
	w.stop()
	w.start()
	if got := w.call100("a", nil); got["2"] != 100 {
		t.Errorf("after a restart calls got %v", got)
	}
}

// TestOldGenerationsAreFreed when no call can get them any more.
func TestOldGenerationsAreFreed(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1m, calls: 1}}}", "a", "b")
	var all []weak.Pointer[store.Generation]
	note := func() { all = append(all, weak.Make(w.scripts.Current())) }
	note()
	w.edit("a", "2")
	note()
	w.edit("a", "3")
	note()
	w.call100("a", nil)
	w.clk.Advance(time.Minute)
	w.call100("a", nil)
	w.logged("is promoted")
	w.edit("b", "2")
	w.nextDeadline()
	must(t, w.history.Close(context.Background()))
	for i, g := range all {
		runtime.GC()
		if g.Value() != nil {
			t.Errorf("generation #%d is held", i)
		}
	}
	if w.Stable("a") != w.scripts.Current() {
		t.Error("a does not get the current generation")
	}
}

// TestAllAtOnce lets the race detector see everything at the same time.
func TestAllAtOnce(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1s, calls: 5}}}", "a", "b")
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	var callers sync.WaitGroup
	for n := range 4 {
		callers.Go(func() {
			for i := range 500 {
				flow := "ab"[i%2 : i%2+1]
				g, begin := w.Choose(flow, fmt.Sprint(n, "-", i))
				ended := begin()
				if versionIn(g, flow) == "-" {
					t.Errorf("generation %s has no %s", g.Name(), flow)
				}
				ended(i%7 == 0)
			}
		})
	}
	for i := range 20 {
		w.edit("ab"[i%2:i%2+1], fmt.Sprint(i+2))
		switch i % 5 {
		case 1:
			_, _, err := w.Pin("a", w.generations[i])
			must(t, err)
		case 2:
			_, _, err := w.Unpin("a")
			must(t, err)
		case 3:
			_, _, err := w.Rollback("", "")
			must(t, err)
		case 4:
			w.Configure(w.cfg)
			w.Status()
		}
	}
	callers.Wait()
	stop()
	must(t, <-done)
}

// TestChooseDoesNotAllocate, since every call needs it.
func TestChooseDoesNotAllocate(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: 50%}}", "a", "b")
	w.edit("a", "2")
	for _, flow := range []string{"a", "b", "missing"} {
		if n := testing.AllocsPerRun(1000, func() {
			_, begin := w.Choose(flow, "5ac3c5e2-0000-11f0-9d0a-000000000001")
			ended := begin()
			if flow != "a" {
				ended(false)
			}
		}); n != 0 {
			t.Errorf("a call of %s costs %v allocations", flow, n)
		}
	}
}

func BenchmarkChoose(b *testing.B) {
	w := newWorld(b, "flows: {a: {canary: 50%}}", "a", "b")
	w.edit("a", "2")
	for _, flow := range []string{"a", "b"} {
		b.Run(map[string]string{"a": "canary", "b": "plain"}[flow], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, begin := w.Choose(flow, "5ac3c5e2-0000-11f0-9d0a-000000000001")
				ended := begin()
				ended(false)
			}
		})
	}
}

// TestShareIsExact: 10 % are ten of the hundred percentiles of UUIDs.
func TestShareIsExact(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: 10%}}", "a")
	w.edit("a", "2")
	for i := range 1000 {
		uuid := fmt.Sprintf("c0ffee00-0000-4000-8000-%012d", i)
		g, _ := w.Choose("a", uuid)
		if tried := versionIn(g, "a") == "2"; tried != (percentile(uuid) < 10) {
			t.Fatalf("class %d: tried %v", percentile(uuid), tried)
		}
	}
}

// TestPercentileNeverChanges, or calls that are resumed by another release would
// get another version.
func TestPercentileNeverChanges(t *testing.T) {
	for uuid, want := range map[string]uint64{"": 42, "5ac3c5e2-0000-11f0-9d0a-000000000001": 66, "5ac3c5e2-0000-11f0-9d0a-000000000002": 45, "c0ffee00-0000-4000-8000-000000000001": 65} {
		if got := percentile(uuid); got != want {
			t.Errorf("%q is in percentile %d, want %d", uuid, got, want)
		}
	}
}

// TestRunIsWoken when a window begins and when there is a decision to save.
func TestRunIsWoken(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: 50%}}", "a")
	woken := func() bool {
		select {
		case <-w.wake:
			return true
		default:
			return false
		}
	}
	woken()
	w.edit("a", "2")
	w.call("a", nil)
	if !woken() {
		t.Error("not when a canary begins")
	}
	w.call100("a", fails("2"))
	if len(w.Status().Overrides) != 1 || !woken() {
		t.Error("not when it is rolled back")
	}
}

// TestAWindowThatIsOverWaitsForCalls and sets no timer.
func TestAWindowThatIsOverWaitsForCalls(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 10m, calls: 20}}}", "a")
	w.edit("a", "2")
	if next, some := w.nextDeadline(); !some || !next.Equal(w.clk.Now().Add(10*time.Minute)) {
		t.Errorf("in a new window the next look is at %v, %v", next, some)
	}
	w.clk.Advance(time.Hour)
	if next, some := w.nextDeadline(); some {
		t.Errorf("after it the next look is at %v", next)
	}
}
