package clock

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestManualFiresInOrderAndOnlyWhatIsDue(t *testing.T) {
	m := NewManual(time.Unix(1000, 0))
	late := m.NewTimerAt(m.Now().Add(3 * time.Second))
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
		t.Fatalf("after AdvanceToNext the clock shows %d, want 1003", m.Now().Unix())
	}
	<-late.C
	if m.AdvanceToNext() {
		t.Fatal("nothing is pending any more")
	}
}

func TestWaitForTimer(t *testing.T) {
	m := NewManual(time.Unix(0, 0))
	m.NewTimer(time.Second) // another one
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-m.NewTimer(10 * time.Minute).C
	}()
	m.WaitForTimer(10 * time.Minute)
	m.Advance(10 * time.Minute)
	<-done
}

func TestAdvanceUntil(t *testing.T) {
	m := NewManual(time.Unix(0, 0))
	done := make(chan int)
	go func() {
		for range 100 { // one timer after the other, and none between them
			<-m.NewTimer(time.Minute).C
		}
		done <- 7
	}()
	if got := AdvanceUntil(m, done); got != 7 || m.Now().Unix() != 6000 {
		t.Errorf("returned %d at %d", got, m.Now().Unix())
	}
}

// A flow that waits ten minutes takes no time in a test.
func ExampleManual() {
	m := NewManual(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	done := make(chan error)
	go func() { done <- Sleep(context.Background(), m, 10*time.Minute) }()
	m.WaitForTimer(10 * time.Minute)
	m.Advance(10 * time.Minute)
	fmt.Println(<-done, m.Now().Format(time.TimeOnly))
	// Output: <nil> 12:10:00
}

func TestZeroFiresAtOnce(t *testing.T) {
	for _, c := range []Clock{System(), NewManual(time.Unix(0, 0))} {
		<-c.NewTimer(0).C
		<-c.NewTimerAt(c.Now()).C
		<-c.NewTimerAt(c.Now().Add(-time.Second)).C
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
	m.WaitForTimer(time.Minute)
	m.Advance(time.Minute)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go sleep(ctx)
	m.WaitForTimer(time.Minute)
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
