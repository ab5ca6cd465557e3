package node

import (
	"fmt"
	"slices"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Receivers get nothing before Replace, and from then on instead of those that they replace,
// in the order in which they began.
func TestReplaceHandsOverBetweenTwoEvents(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	got := make(chan string, 100)
	receive := func(name string) *Subscription {
		s := w.link.Deliver(func(e esl.Event) { got <- name + e.Get("n") })
		if err := s.Add(Interest{Event: "MESSAGE"}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	seen := subscribe(t, w.link, Bounds{}, "MESSAGE")
	n := 0
	send := func() (all []string) {
		p.send(fired("MESSAGE", fmt.Sprint("n: ", n)))
		n++
		next(t, seen, "n")
		w.link.board.mu.Lock() // the event has been distributed
		defer w.link.board.mu.Unlock()
		for len(got) > 0 {
			all = append(all, <-got)
		}
		return all
	}
	p.expect("event plain MESSAGE")
	p.send(reply("+OK event listener enabled plain"))
	old := []*Subscription{receive("a"), receive("b"), receive("c")}
	check := func(want ...string) {
		t.Helper()
		if got := send(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	check()
	w.link.Replace(nil, old)
	check("a1", "b1", "c1")
	now := []*Subscription{receive("d")}
	check("a2", "b2", "c2")
	w.link.Replace(old, now)
	check("d3")
	old[0].Close()
	w.link.Replace(now, nil)
	check()
}

// A node tells of each change, of a restart after the node is connected again.
func TestChangesAreTold(t *testing.T) {
	var told []string
	w := newWorld(t, Node{}, Options{})
	changes := make(chan Change, 10)
	w.link.Watch(func(c Change) { changes <- c })
	const one, two = "a816de5e-dd00-4676-ad5e-3df344958d3a", "b816de5e-dd00-4676-ad5e-3df344958d3a"
	for i, core := range []string{one, one, two} {
		if i > 0 {
			w.nextAttempt()
		}
		w.up(i+1, core).hangUp()
	}
	for range 7 {
		c := <-changes
		told = append(told, string(c.Kind))
		if (c.Kind == Lost) != (c.Err != nil) || (c.Kind == Restarted) != (c.Previous != "") {
			t.Errorf("told %+v", c)
		}
	}
	if !slices.Equal(told, []string{"connected", "lost", "connected", "lost", "connected", "restarted", "lost"}) {
		t.Errorf("told %v", told)
	}
}
