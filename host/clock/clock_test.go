package clock

import (
	"context"
	"testing"
	"time"
)

func TestManualFiresInOrderAndOnlyWhatIsDue(t *testing.T) {
	m := NewManual(time.Unix(1000, 0))
	late := m.NewTimer(3 * time.Second)
	early := m.NewTimer(time.Second)
	stopped := m.NewTimer(2 * time.Second)
	if !stopped.Stop() || stopped.Stop() {
		t.Fatal("Stop must report true once, then false")
	}
	m.Advance(2 * time.Second)
	if got := (<-early.C).Unix(); got != 1001 {
		t.Fatalf("early fired at %d, want 1001", got)
	}
	select {
	case <-late.C:
		t.Fatal("late fired before its time")
	case <-stopped.C:
		t.Fatal("a stopped timer fired")
	default:
	}
	if !m.AdvanceToNext() || m.Now().Unix() != 1003 {
		t.Fatalf("AdvanceToNext stands at %d, want 1003", m.Now().Unix())
	}
	<-late.C
	if m.AdvanceToNext() {
		t.Fatal("nothing is pending any more")
	}
}

func TestManualWaitForTimers(t *testing.T) {
	m := NewManual(time.Unix(0, 0))
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-m.NewTimer(10 * time.Minute).C
	}()
	m.WaitForTimers(1)
	m.Advance(10 * time.Minute)
	<-done
}

func TestZeroFiresAtOnce(t *testing.T) {
	for name, c := range map[string]Clock{"system": System(), "manual": NewManual(time.Unix(0, 0))} {
		select {
		case <-c.NewTimer(0).C:
		case <-time.After(5 * time.Second):
			t.Fatal(name, "did not fire")
		}
		called := make(chan struct{})
		c.AfterFunc(0, func() { close(called) })
		<-called
	}
}

func TestSleep(t *testing.T) {
	m := NewManual(time.Unix(0, 0))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	sleep := func(ctx context.Context) { ended <- Sleep(ctx, m, time.Minute) }
	go sleep(ctx)
	m.WaitForTimers(1)
	m.Advance(time.Minute)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go sleep(ctx)
	m.WaitForTimers(1)
	stop()
	if err := <-ended; err != context.Canceled {
		t.Errorf("a sleep whose context ends returns %v", err)
	}
	if m.AdvanceToNext() {
		t.Error("a sleep that ended early leaves its timer behind")
	}
	if err := Sleep(ctx, m, 0); err != context.Canceled {
		t.Errorf("a sleep of no time in an ended context returns %v", err)
	}
	if err := Sleep(t.Context(), m, 0); err != nil {
		t.Errorf("a sleep of no time returns %v", err)
	}
}
