package node

import (
	"errors"
	"testing"
)

func TestListenersGetWhatTheyAskedFor(t *testing.T) {
	w := newWorld(t, Node{Subscribe: []string{"ALL"}}, Options{})
	listen := func(names ...string) *Subscription { return w.link.Listen(names, 4) }
	digits, registers, all := listen("dtmf"), listen("CUSTOM sofia::register", "CHANNEL_ANSWER"), listen("ALL")
	slow := w.link.Listen([]string{"DTMF"}, 1)
	last := listen("CHANNEL_DESTROY") // gets its event when all others have theirs
	p := w.up(1, core, "ALL dtmf CHANNEL_ANSWER DTMF CHANNEL_DESTROY", "CUSTOM sofia::register")
	p.send(
		event("Event-Name: DTMF", "DTMF-Digit: 1"),
		event("Event-Name: CUSTOM", "Event-Subclass: sofia%3A%3Aexpire"),
		event("Event-Name: CUSTOM", "Event-Subclass: sofia%3A%3Aregister"),
		event("Event-Name: DTMF", "DTMF-Digit: 2"),
		event("Event-Name: CHANNEL_ANSWER"),
		event("Event-Name: DTMF", "DTMF-Digit: 3"),
		event("Event-Name: CHANNEL_DESTROY"),
	)
	gets := func(s *Subscription, want ...string) {
		t.Helper()
		for _, w := range want {
			e, err := s.Next(t.Context())
			if got := e.Name() + e.Get("DTMF-Digit") + e.Get("Event-Subclass"); err != nil || got != w {
				t.Errorf("got %q, %v, want %q", got, err, w)
			}
		}
	}
	gets(last, "CHANNEL_DESTROY")
	gets(digits, "DTMF1", "DTMF2", "DTMF3")
	gets(registers, "CUSTOMsofia::register", "CHANNEL_ANSWER")
	gets(all, "DTMF1", "CUSTOMsofia::expire", "CUSTOMsofia::register", "DTMF2")
	gets(slow, "DTMF1")
	p.send(event("Event-Name: DTMF", "DTMF-Digit: 4"))
	gets(digits, "DTMF4")
	if slow.Dropped() != 2 || all.Dropped() != 3 || digits.Dropped() != 0 || w.log.count("is too slow") != 2 {
		t.Errorf("dropped %d, %d and %d", slow.Dropped(), all.Dropped(), digits.Dropped())
	}
	slow.Close()
	slow.Close()
	if lost := w.link.Status().EventsLost; lost != 5 {
		t.Errorf("%d events lost in all", lost)
	}
	all.Close()
	all.Close()
	p.send(event("Event-Name: DTMF", "DTMF-Digit: 5"))
	gets(digits, "DTMF5")
	for _, s := range []*Subscription{digits, registers, last} {
		s.Close()
		if _, err := s.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

func TestARefusedSubscriptionIsSaid(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	for _, name := range []string{"NO_SUCH_EVENT", "DTMF\n\nexit", "two words"} {
		defer w.link.Listen([]string{name}, 1).Close()
		if name == "NO_SUCH_EVENT" {
			p.expect("event plain NO_SUCH_EVENT")
			p.send(reply("-ERR no keywords supplied"))
			w.log.wait(1, "check their names")
		}
	}
	w.log.wait(2, "cannot subscribe")
	if !w.link.Up() {
		t.Error("down for a name")
	}
}
