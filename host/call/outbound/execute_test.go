package outbound_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

func TestExecuteIsLockedAndNamed(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "one\ntwo")
	c := p.expect("sendmsg")
	if field(c, "event-lock") != "true" || field(c, "Event-UUID") == "" {
		t.Fatalf("no lock or no id in\n%s", c)
	}
	if !strings.HasSuffix(c, "one\ntwo") || field(c, "content-type") != "text/plain" {
		t.Fatalf("an argument of two lines must be a body:\n%s", c)
	}
	id := field(c, "Event-UUID")
	p.send(reply("+OK"), begins("playback", id),
		ends("playback", "somebody else's"), ends("set", "1"), ends("playback", id))
	if got := <-d; got.err != nil || got.event.Get("Application-UUID") != id {
		t.Fatalf("%v, completion of %q", got.err, got.event.Get("Application-UUID"))
	}
	d = execute(h, "playback", "three")
	if again := p.execute("playback"); again == id {
		t.Fatal("two applications have the same id")
	} else {
		p.send(ends("playback", again))
	}
	<-d
}

func TestExecuteSplitsTheFormThatRunsElsewhere(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback::hello.wav", "")
	c := p.expect("sendmsg")
	if field(c, "execute-app-name") != "playback" || field(c, "execute-app-arg") != "hello.wav" {
		t.Fatalf("app::arg went out as\n%s", c)
	}
	p.send(reply("+OK"), ends("playback", field(c, "Event-UUID")))
	if got := <-d; got.err != nil {
		t.Fatal(got.err)
	}
}

// execute_on_media runs an application inside the implicit pre-answer of ours,
// and that one takes the id.
func TestExecuteFindsItsEndAfterItsIDWasStolen(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "hello.wav")
	id := p.execute("playback")
	p.send(begins("set", id), ends("set", id), ends("playback", "of before"),
		begins("playback", "fresh"), begins("playback", "inner"), ends("playback", "inner"),
		ends("playback", "fresh", "variable_right", "yes"))
	got := <-d
	if got.err != nil || got.event.Get("variable_right") != "yes" {
		t.Fatalf("%v, completion of %q", got.err, got.event.Get("Application-UUID"))
	}
}

func TestExecuteEndsAtAnySignOfAHangup(t *testing.T) {
	state := event("CHANNEL_STATE", "Channel-State", "CS_HANGUP", "Channel-State-Number", "10", "Answer-State", "hangup", "Hangup-Cause", "USER_BUSY")
	for _, sign := range []struct{ name, frames, cause string }{
		{"CHANNEL_HANGUP", hangup("CHANNEL_HANGUP", "USER_BUSY"), "USER_BUSY"},
		{"CHANNEL_HANGUP_COMPLETE", hangup("CHANNEL_HANGUP_COMPLETE", "USER_BUSY"), "USER_BUSY"},
		{"CHANNEL_STATE", state, "USER_BUSY"},
		{"only the state's name", event("CHANNEL_STATE", "Channel-State", "CS_REPORTING", "Hangup-Cause", "USER_BUSY"), "USER_BUSY"},
		{"another event", event("CHANNEL_UNPARK", "Answer-State", "hangup", "Hangup-Cause", "USER_BUSY"), "USER_BUSY"},
		{"the linger notice", lingerNotice, ""},
	} {
		t.Run(sign.name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.call()
			d := execute(h, "playback", "long.wav")
			id := p.execute("playback")
			p.send(begins("playback", id), sign.frames)
			if !strings.Contains(sign.name, "STATE") && sign.name != "CHANNEL_HANGUP_COMPLETE" && !strings.Contains(sign.name, "state") {
				h.pass(time.Second) // it waits for a completion that does not come
			}
			hungUp(t, (<-d).err, sign.cause)
			if cause := ask(h, func(c *outbound.Call) string { cause, _ := c.HungUp(); return cause }); cause != sign.cause {
				t.Fatalf("HungUp says %q", cause)
			}
			d = execute(h, "playback", "again.wav") // nothing is sent any more
			hungUp(t, (<-d).err, sign.cause)
		})
	}
}

func TestForeignEventsAreNoHangup(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "long.wav")
	id := p.execute("playback")
	p.send(strings.ReplaceAll(hangup("CHANNEL_HANGUP", "USER_BUSY"), callID, strings.Repeat("b", len(callID))),
		event("MESSAGE", "Answer-State", "hangup"), ends("playback", id))
	if got := <-d; got.err != nil {
		t.Fatal(got.err)
	}
	if ask(h, func(c *outbound.Call) bool { _, yes := c.HungUp(); return yes }) {
		t.Fatal("another leg's hangup counted")
	}
}

func TestExecuteTakesALateCompletion(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "long.wav")
	id := p.execute("playback")
	p.send(begins("playback", id), hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"))
	h.clock.WaitForTimer(time.Second)
	p.send(ends("playback", id, "Channel-State-Number", "10"))
	got := <-d
	hungUp(t, got.err, "NORMAL_CLEARING")
	if got.event.IsZero() {
		t.Fatal("the completion after the hangup is lost")
	}
	if h.clock.AdvanceToNext() {
		t.Error("the wait leaves its timer behind")
	}
}

func TestExecuteRefused(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "x")
	p.expect("sendmsg")
	p.send(reply("-ERR memory error"))
	err := (<-d).err
	var refused *esl.ReplyError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "playback") {
		t.Fatalf("the error is %v", err)
	}
	var field *esl.FieldError
	if err := (<-execute(h, "play\nback", "x")).err; !errors.As(err, &field) {
		t.Fatalf("a name of two lines: %v", err)
	}
}

func TestExecuteLeavesWithItsContext(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	leave := make(chan context.CancelFunc, 1)
	d := on(h, func(ctx context.Context, c *outbound.Call) error {
		ctx, cancel := context.WithCancel(ctx)
		leave <- cancel
		_, err := c.Execute(ctx, "playback", "long.wav")
		return err
	})
	id := p.execute("playback")
	(<-leave)()
	if err := <-d; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// The next application need not wait for it. The late completion is nobody's,
	// and the next application has its own.
	next := execute(h, "say", "x")
	p.expect("api uuid_break " + callID)
	p.send(output("+OK\n"), ends("playback", id))
	p.send(ends("say", p.execute("say")))
	if got := <-next; got.err != nil || got.event.Get("Application") != "say" {
		t.Fatalf("%v %v", got.err, got.event.Get("Application"))
	}
	last := execute(h, "sleep", "1")
	p.send(ends("sleep", p.execute("sleep"))) // and nothing is interrupted again
	if got := <-last; got.err != nil {
		t.Fatal(got.err)
	}
}

// A break before the application has begun would be lost.
func TestStopBreaksTheApplicationOffOnceItRuns(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := on(h, func(ctx context.Context, c *outbound.Call) done {
		c.Observe(func(ev esl.Event) bool {
			if ev.Name() == "TALK" {
				_, _ = c.API(ctx, "status")
			}
			return ev.Name() == "DTMF"
		})
		ev, err := c.Execute(ctx, "playback", "long.wav")
		return done{ev, err}
	})
	id := p.execute("playback")
	p.send(dtmf("1"), event("TALK"))
	p.expect("api status") // and no break before it
	p.send(output("UP\n"), begins("playback", id))
	p.expect("api uuid_break " + callID)
	p.send(output("+OK\n"), ends("playback", id))
	if got := <-d; got.err != nil || got.event.IsZero() {
		t.Fatal(got)
	}
}

// An observer may execute while Execute waits; neither takes the other's end.
func TestExecuteInsideExecute(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	var order []string
	d := on(h, func(ctx context.Context, c *outbound.Call) done {
		c.Observe(func(ev esl.Event) bool {
			if ev.Name() == "DTMF" {
				_, err := c.Execute(ctx, "say", "inner")
				order = append(order, "inner", errorText(err))
			}
			return false
		})
		ev, err := c.Execute(ctx, "playback", "outer")
		order = append(order, "outer", errorText(err))
		return done{ev, err}
	})
	outer := p.execute("playback")
	p.send(begins("playback", outer), dtmf("1"))
	inner := p.execute("say")
	p.send(ends("playback", outer), begins("say", inner), ends("say", inner)) // the lock: one after the other
	if got := <-d; got.event.Get("Application") != "playback" {
		t.Fatalf("the outer one ended with %v %v", got.event.Get("Application"), got.err)
	}
	if want := []string{"inner", "", "outer", ""}; !slices.Equal(order, want) {
		t.Fatalf("order %q, want %q", order, want)
	}
}

func TestObserversNestNoDeeperThanModLua(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	deepest, depth := 0, 0
	d := on(h, func(ctx context.Context, c *outbound.Call) error {
		c.Observe(func(ev esl.Event) bool {
			depth++
			deepest = max(deepest, depth)
			if ev.Get("DTMF-Digit") != "#" {
				_, _ = c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Get("DTMF-Digit") == "#" })
			}
			depth--
			return false
		})
		_, err := c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Get("DTMF-Digit") == "#" })
		return err
	})
	p.send(strings.Repeat(dtmf("1"), 100), dtmf("#"))
	if err := <-d; err != nil {
		t.Fatal(err)
	}
	if deepest != 25 {
		t.Fatalf("observers were %d deep", deepest)
	}
}
