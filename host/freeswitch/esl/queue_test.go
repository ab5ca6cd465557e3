package esl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

func TestAFullQueueDropsOnlyWhatNobodyWaitsFor(t *testing.T) {
	var log testproc.Log
	c, p := connected(t, Options{QueueLen: 4, Log: log.Logger()})
	ordinary := func(i int) string { return plain("Event-Name: CHANNEL_STATE", fmt.Sprintf("N: %d", i)) }
	p.send(ordinary(0), ordinary(1), ordinary(2), ordinary(3), ordinary(4), ordinary(5))
	p.send(plain("Event-Name: CHANNEL_EXECUTE_COMPLETE"), plain("Event-Name: CHANNEL_HANGUP"), ordinary(6),
		plain("Event-Name: BACKGROUND_JOB"), notice("disconnect", "bye"))
	p.nc.Close()
	<-c.Done()
	var got []string
	for e, ok := c.Poll(); ok; e, ok = c.Poll() {
		got = append(got, e.Name()+e.Get("N"))
	}
	want := "CHANNEL_STATE0 CHANNEL_STATE1 CHANNEL_STATE2 CHANNEL_STATE3 CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP BACKGROUND_JOB "
	if strings.Join(got, " ") != want {
		t.Errorf("kept %q, want %q", got, want)
	}
	if c.Dropped() != 3 || log.Count("level=WARN") != 1 {
		t.Errorf("dropped %d, log:\n%s", c.Dropped(), log.String())
	}
	if errors.Is(c.Err(), ErrQueueFull) {
		t.Error(c.Err())
	}
}

func TestAConsumerThatStandsStillEndsTheConnection(t *testing.T) {
	c, p := connected(t, Options{QueueLen: 4})
	var b strings.Builder
	for range 9 {
		b.WriteString(plain("Event-Name: CHANNEL_EXECUTE_COMPLETE"))
	}
	p.send(b.String())
	<-c.Done()
	if !errors.Is(c.Err(), ErrQueueFull) {
		t.Error(c.Err())
	}
	n := 0
	for _, ok := c.Poll(); ok; _, ok = c.Poll() {
		n++
	}
	if n != 8 {
		t.Errorf("%d events were kept, want 8", n)
	}
}

func TestTheQueueIsBoundedInBytesToo(t *testing.T) {
	e := func(name string, n int) Event {
		return NewEvent([][2]string{{"Event-Name", name}}, strings.Repeat("x", n))
	}
	q := queue{length: 100, bytes: 1000}
	for i, step := range []struct {
		event Event
		want  admission
	}{
		{e("A", 5000), admitted}, // alone it may be larger than the bound
		{e("A", 1), lost},
		{e("CHANNEL_HANGUP", 1), overflow},
	} {
		if got := q.add(step.event); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
	q.pop()
	for i, step := range []struct {
		event Event
		want  admission
	}{
		{e("A", 500), admitted},
		{e("A", 500), lost},
		{e("CHANNEL_HANGUP", 500), admitted},
		{e("CHANNEL_HANGUP", 1500), overflow},
	} {
		if got := q.add(step.event); got != step.want {
			t.Errorf("then step %d: %d, want %d", i, got, step.want)
		}
	}
	for _, ok := q.pop(); ok; _, ok = q.pop() {
	}
	if q.size != 0 || q.dropped != 2 {
		t.Errorf("size %d, dropped %d", q.size, q.dropped)
	}
}

func TestTheQueueHoldsExactlyItsBytes(t *testing.T) {
	ordinary, ending := NewEvent([][2]string{{"Event-Name", "A"}}, ""), NewEvent([][2]string{{"Event-Name", "CHANNEL_HANGUP"}}, "")
	q := queue{length: 100, bytes: 2 * sizeOf(ordinary)}
	for i, want := range []admission{admitted, admitted, lost} {
		if got := q.add(ordinary); got != want {
			t.Errorf("ordinary event %d: %d, want %d", i, got, want)
		}
	}
	q = queue{length: 100, bytes: sizeOf(ending)}
	for i, want := range []admission{admitted, admitted, overflow} {
		if got := q.add(ending); got != want {
			t.Errorf("ending event %d: %d, want %d", i, got, want)
		}
	}
}

// A ring of ordinary length is not allocated again after each time it was empty.
func TestARingReleasesOnlyALongBuffer(t *testing.T) {
	for pushed, want := range map[int]int{1: 4, 64: 64, 65: 0} {
		var r ring[int]
		for i := range pushed {
			r.push(i)
		}
		for range pushed {
			r.pop()
		}
		if len(r.items) != want {
			t.Errorf("after %d elements the empty ring holds %d slots, want %d", pushed, len(r.items), want)
		}
	}
}

func TestRingKeepsOrderWhileItGrows(t *testing.T) {
	var r ring[int]
	next := 0
	for i := range 1000 {
		r.push(i)
		if i%3 == 2 {
			if v, ok := r.pop(); !ok || v != next {
				t.Fatalf("got %d, want %d", v, next)
			}
			next++
		}
	}
	for v, ok := r.pop(); ok; v, ok = r.pop() {
		if v != next {
			t.Fatalf("got %d, want %d", v, next)
		}
		next++
	}
	if next != 1000 || r.items != nil {
		t.Errorf("%d came out, %d slots are kept", next, len(r.items))
	}
}
