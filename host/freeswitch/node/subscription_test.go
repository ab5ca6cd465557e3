package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// subscribe returns a Subscription with these interests, each an event or an event and
// a subclass.
func subscribe(t *testing.T, l *Link, b Bounds, interests ...string) *Subscription {
	t.Helper()
	s := l.Subscribe(b)
	t.Cleanup(s.Close)
	for _, i := range interests {
		event, subclass, _ := strings.Cut(i, " ")
		if err := s.Add(Interest{event, subclass}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func fired(name string, headers ...string) string {
	text := "Event-Name: " + name + "\n"
	for _, h := range headers {
		text += h + "\n"
	}
	text += "\n"
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(text), text)
}

// next returns the value of a header of the next event.
func next(t *testing.T, s *Subscription, header string) string {
	t.Helper()
	e, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e.Get(header)
}

func rest(s *Subscription, header string) (values []string) {
	for e, ok := s.Poll(); ok; e, ok = s.Poll() {
		values = append(values, e.Get(header))
	}
	return values
}

// Several consumers share one request; the last takes it back, which is when the event
// arrives again; and a reconnect asks for what is wanted then.
func TestConsumersShareASubscription(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	a := subscribe(t, w.link, Bounds{}, "message")
	p.expect("event plain MESSAGE")
	p.send(reply("+OK event listener enabled plain"))
	if err := a.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	b := subscribe(t, w.link, Bounds{}, "MESSAGE", "CUSTOM x::y") // only the second is new
	p.expect("event plain CUSTOM x::y")
	p.send(reply("+OK event listener enabled plain"))
	if err := b.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	p.send(fired("MESSAGE", "n: 1"), fired("CUSTOM", "Event-Subclass: x%3A%3Ay", "n: 2"))
	if n := next(t, b, "n") + next(t, b, "n"); n != "12" {
		t.Error("b got", n)
	}
	if got := rest(a, "n"); !slices.Equal(got, []string{"1"}) {
		t.Error("a got", got)
	}
	a.Close()
	p.send(fired("MESSAGE", "n: 3"))
	if n := next(t, b, "n"); n != "3" {
		t.Error("b got", n)
	}
	b.Close()
	p.send(fired("MESSAGE", "n: 4"), fired("MESSAGE", "n: 5")) // the second was under way
	p.expect("nixevent MESSAGE")
	p.send(reply("+OK events nixed"))
	c := subscribe(t, w.link, Bounds{}, "MESSAGE")
	p.expect("event plain MESSAGE")
	p.hangUp()
	if err := c.Confirm(t.Context()); err == nil {
		t.Error("the events of a lost connection are confirmed")
	}
	w.nextAttempt()
	p = <-w.dialled
	p.greet()
	for _, cmd := range []string{"event plain HEARTBEAT", "event plain BACKGROUND_JOB", "event plain MESSAGE"} {
		p.expect(cmd)
		p.send(reply("+OK event listener enabled plain"))
	}
	p.expect("api global_getvar core_uuid")
	p.send(apiResponse("core-1"))
	w.log.wait(2, "connected to FreeSWITCH")
	t.Cleanup(p.hangUp)
	if err := c.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestARefusedEventIsReported(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	s := subscribe(t, w.link, Bounds{}, "API")
	p.expect("event plain API")
	p.send(reply("-ERR permission denied"))
	var refused *esl.ReplyError
	if err := s.Confirm(t.Context()); !errors.As(err, &refused) {
		t.Error(err)
	}
	w.log.wait(1, "esl-allowed-events")
}

// Subclasses that never arrive are taken back together when there are many of them.
func TestManySubclassesAreTakenBack(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	for i := range mostUnwanted + 1 {
		s := subscribe(t, w.link, Bounds{}, fmt.Sprintf("CUSTOM x%d", i))
		p.expect(fmt.Sprintf("event plain CUSTOM x%d", i))
		p.send(reply("+OK event listener enabled plain"))
		if err := s.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	s := subscribe(t, w.link, Bounds{}, "CUSTOM y")
	p.expect("event plain CUSTOM y")
	for taken := 0; taken <= mostUnwanted; {
		got, err := p.command()
		if err != nil || !strings.HasPrefix(got, "nixevent CUSTOM x") {
			t.Fatalf("the peer read %q, %v", got, err)
		}
		taken += strings.Count(got, " x")
	}
	p.send(reply("+OK event listener enabled plain"))
	if err := s.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Add(Interest{"CUSTOM", strings.Repeat("x", 300)}); err == nil {
		t.Error("a subclass of 300 bytes can be asked for")
	}
}

// What ALL has turned on is taken back kind by kind, and what others want stays on.
func TestAllIsTakenBack(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	ok := reply("+OK")
	all := subscribe(t, w.link, Bounds{}, "CUSTOM") // any subclass: FreeSWITCH knows no other way
	p.expect("event plain ALL")
	p.send(ok)
	if err := all.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	one := subscribe(t, w.link, Bounds{}, "DTMF")
	p.expect("event plain DTMF")
	p.send(ok)
	p.send(fired("CUSTOM", "Event-Subclass: a", "n: 1"), fired("API", "n: 2"), fired("CUSTOM", "n: 3"), fired("DTMF", "n: 4"))
	if n := next(t, all, "n") + next(t, all, "n"); n != "13" {
		t.Error("the one for CUSTOM got", n)
	}
	all.Close()
	p.send(fired("CUSTOM", "Event-Subclass: a"))
	p.expect("nixevent CLONE CUSTOM a")
	p.send(ok, fired("API"))
	p.expect("nixevent API")
	p.send(ok, fired("CUSTOM", "Event-Subclass: b"), fired("DTMF", "n: 5"), fired("CUSTOM"))
	p.expect("nixevent CUSTOM b")
	p.send(ok)
	if n := next(t, one, "n") + next(t, one, "n"); n != "45" {
		t.Error("the one for DTMF got", n)
	}
	subscribe(t, w.link, Bounds{}, "ALL")
	p.expect("event plain ALL")
}

func TestFilters(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	p.send(fired("MESSAGE")) // before anybody wants it
	p.expect("nixevent MESSAGE")
	p.send(reply("+OK"))
	s := subscribe(t, w.link, Bounds{}, "MESSAGE", "ALL")
	s.Filter("Unique-ID", "Abc")
	s.Filter("other", "1 2")
	p.command()
	p.command()
	p.send(reply("+OK")+reply("+OK"), fired("MESSAGE", "n: 1"), fired("MESSAGE", "n: 2", "unique-id: aBC", "Other: 1%202"),
		fired("DTMF", "n: 3", "Unique-ID: abcd"), fired("DTMF", "n: 4", "Other: 1%202"))
	if n := next(t, s, "n") + next(t, s, "n"); n != "24" {
		t.Error("got", n)
	}
	for _, bad := range []Interest{{"", ""}, {"A B", ""}, {"CUSTOM", "a b"}, {"CUSTOM", "a\nb"}, {"CUSTOM\r", ""}} {
		if err := s.Add(bad); err == nil {
			t.Errorf("%q is an event", bad)
		}
	}
}

// A consumer that does not keep up loses its own events only; one line of the log says it.
func TestASlowConsumerLosesItsOwn(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, "core-1")
	few, small, quick := subscribe(t, w.link, Bounds{Events: 2}, "API"), subscribe(t, w.link, Bounds{Bytes: 60}, "API"), subscribe(t, w.link, Bounds{}, "API")
	p.expect("event plain API")
	p.send(reply("+OK"))
	for n := range 5 {
		p.send(fired("API", fmt.Sprint("n: ", n), "filler: "+strings.Repeat("x", 20)))
		if got := next(t, quick, "n"); got != fmt.Sprint(n) {
			t.Errorf("the quick one got %s as number %d", got, n)
		}
	}
	if got := rest(few, "n"); !slices.Equal(got, []string{"0", "1"}) || few.Lost() != 3 {
		t.Errorf("the one with two places got %v and lost %d", got, few.Lost())
	}
	if got := rest(small, "n"); !slices.Equal(got, []string{"0"}) || small.Lost() != 4 {
		t.Errorf("the one with few bytes got %v and lost %d", got, small.Lost())
	}
	w.log.wait(2, "a consumer of events is too slow")
	if n := w.log.count("a consumer of events is too slow"); n != 2 {
		t.Errorf("the log says it %d times", n)
	}
	if lost := w.link.Status().EventsLost; lost != 7 {
		t.Errorf("%d lost events are counted", lost)
	}
}

func TestNextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Node{Address: "192.0.2.1"}, slog.New(slog.DiscardHandler), clock.System(), Options{}).Subscribe(Bounds{})
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.AfterFunc(time.Minute, s.Close)
		if _, err := s.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		s.Close()
	})
}

func (b *board) distributed() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events
}
