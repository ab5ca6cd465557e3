package outbound_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// done is the result of Execute.
type done struct {
	event esl.Event
	err   error
}

func execute(h *harness, app, arg string) <-chan done {
	h.t.Helper()
	return on(h, func(ctx context.Context, c *outbound.Call) done {
		ev, err := c.Execute(ctx, app, arg)
		return done{ev, err}
	})
}

func api(h *harness, line string) <-chan string {
	h.t.Helper()
	return on(h, func(ctx context.Context, c *outbound.Call) string {
		out, err := c.API(ctx, line)
		if err != nil {
			return err.Error()
		}
		return out
	})
}

// ask calls a method that sends nothing, and returns its result.
func ask[T any](h *harness, f func(c *outbound.Call) T) T {
	h.t.Helper()
	return <-on(h, func(_ context.Context, c *outbound.Call) T { return f(c) })
}

func (d done) must(t *testing.T, response string) {
	t.Helper()
	if d.err != nil {
		t.Fatal(d.err)
	}
	if got := d.event.Get("Application-Response"); got != response {
		t.Fatalf("Application-Response is %q, want %q", got, response)
	}
}

func hungUp(t *testing.T, err error, cause string) {
	t.Helper()
	var h *outbound.HangupError
	if !errors.As(err, &h) || h.Cause != cause {
		t.Fatalf("the error is %v, want a hangup with %s", err, cause)
	}
}

func TestRecordedCallWithNestingDigitsAndUnknownApplication(t *testing.T) {
	h := open(t, outbound.Config{})
	r := replayed(h, "outbound-async-full")
	r.without("getvar foo\n\n")
	if path, addr := ask(h, (*outbound.Call).Path), ask(h, (*outbound.Call).Addr); path != "invite" || addr != "127.0.0.1:8084" {
		t.Fatalf("path %q addr %q", path, addr)
	}

	answered := execute(h, "answer", "")
	r.answer()
	(<-answered).must(t, "_none_")

	played := execute(h, "playback", "tone_stream://%(400,0,440)")
	r.answer()
	(<-played).must(t, "FILE PLAYED")

	// A second application inside the first, which ends later.
	posted := on(h, func(ctx context.Context, c *outbound.Call) error {
		cmd, err := esl.Execute(esl.ExecuteOptions{App: "playback", Arg: "tone_stream://%(300,0,540)", EventUUID: "outer"})
		if err != nil {
			return err
		}
		_, err = c.Command(ctx, cmd)
		return err
	})
	r.answer()
	if err := <-posted; err != nil {
		t.Fatal(err)
	}
	set := execute(h, "set", "foo=bar baz;%20é")
	r.answer()
	(<-set).must(t, "_none_")
	outer := <-on(h, func(ctx context.Context, c *outbound.Call) done {
		ev, err := c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Get("Application-UUID") == "outer" })
		return done{ev, err}
	})
	outer.must(t, "FILE PLAYED")

	var seen []string
	ask(h, func(c *outbound.Call) bool {
		c.Observe(func(ev esl.Event) bool {
			seen = append(seen, ev.Name()+ev.Get("DTMF-Digit"))
			return ev.Get("DTMF-Digit") == "#"
		})
		return true
	})
	broken := execute(h, "playback", "tone_stream://%(5000,0,440)")
	r.answer() // the playback and its three digits
	r.answer() // the break that the observer asked for
	(<-broken).must(t, "FILE PLAYED")
	want := []string{"CHANNEL_EXECUTE", "DTMF1", "DTMF2", "DTMF#", "CHANNEL_EXECUTE_COMPLETE"}
	if got := ask(h, func(*outbound.Call) []string { return slices.Clone(seen) }); !slices.Equal(got, want) {
		t.Fatalf("observed %q, want %q", got, want)
	}
	if got := ask(h, (*outbound.Call).PendingDigits); got != "12#" {
		t.Fatalf("typed ahead %q", got)
	}

	value := api(h, "uuid_getvar "+callID+" foo")
	r.answer()
	if got := <-value; got != "bar baz;%20é" {
		t.Fatalf("uuid_getvar brings %q", got)
	}

	unknown := execute(h, "nosuchapp", "x")
	r.answer()
	err := (<-unknown).err
	var app *outbound.UnknownApplicationError
	if !errors.As(err, &app) || app.App != "nosuchapp" {
		t.Fatalf("the error is %v, want one about nosuchapp", err)
	}
	hungUp(t, err, "DESTINATION_OUT_OF_ORDER")

	h.finish()
	if said := r.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("a call that hung up ends with %q, want only exit", said)
	}
}

func TestRecordedDigitsBelongToTheApplicationThatTakesThem(t *testing.T) {
	h := open(t, outbound.Config{})
	r := replayed(h, "outbound-digits")
	for _, x := range []struct{ app, arg string }{
		{"answer", ""},
		{"play_and_get_digits", `2 5 2 2000 # tone_stream://%(300,0,440) tone_stream://%(100,0,200) pin \d+ 1500`},
		{"play_and_get_digits", `2 5 1 800 # tone_stream://%(200,0,440) silence_stream://1 pin2 \d+ 800`},
		{"read", "1 4 tone_stream://%(200,0,440) rd 1500 #"},
	} {
		d := execute(h, x.app, x.arg)
		r.answer()
		if got := <-d; got.err != nil {
			t.Fatal(got.err)
		}
	}
	if got := ask(h, (*outbound.Call).PendingDigits); got != "" {
		t.Fatalf("digits %q of play_and_get_digits and read are typed ahead", got)
	}
	if got := ask(h, func(c *outbound.Call) string { return c.Snapshot().Get("variable_pin") }); got != "4711" {
		t.Fatalf("pin is %q", got)
	}
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "") })
	r.answer()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if got := ask(h, (*outbound.Call).State); got != "CS_HANGUP" && got != "CS_REPORTING" {
		t.Fatalf("state is %s", got)
	}
	h.finish()
	r.goodbye()
}

func TestRecordedBridges(t *testing.T) {
	h := open(t, outbound.Config{})
	r := replayed(h, "outbound-bridge")
	bridged := []bool{}
	ask(h, func(c *outbound.Call) bool {
		c.Observe(func(ev esl.Event) bool {
			switch ev.Name() {
			case "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE":
				bridged = append(bridged, c.Bridged())
			}
			return false
		})
		return true
	})
	for len(r.steps) > 1 {
		app, arg := kindOf(r.steps[0].command)
		d := execute(h, app[len("execute "):], arg)
		r.answer()
		if got := <-d; got.err != nil {
			t.Fatal(app, arg, got.err)
		}
	}
	if got := ask(h, func(*outbound.Call) []bool { return bridged }); !slices.Equal(got, []bool{true, false}) {
		t.Fatalf("bridged went %v", got)
	}
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "NORMAL_CLEARING") })
	r.answer()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	h.finish()
	r.goodbye()
}

func TestRecordedConference(t *testing.T) {
	h := open(t, outbound.Config{})
	r := replayed(h, "outbound-conference")
	var actions []string
	ask(h, func(c *outbound.Call) bool {
		c.Observe(func(ev esl.Event) bool {
			if ev.Name() == "CUSTOM" {
				actions = append(actions, ev.Get("Action"))
			}
			return false
		})
		return true
	})
	kicked := execute(h, "conference", "test1@default")
	r.answer()
	(<-kicked).must(t, "_none_")
	if got := ask(h, func(*outbound.Call) []string { return actions }); len(got) != 4 || !slices.Contains(got, "add-member") {
		t.Fatalf("the conference told of %q", got)
	}
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "") })
	r.answer()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	h.finish()
	r.goodbye()
}

// The timed hangup of a call that execute_on_answer handed over: the linger
// notice comes before the last events.
func TestRecordedTimedHangupWhileNothingRuns(t *testing.T) {
	h := open(t, outbound.Config{})
	all := transcript("invite-sip-timeout")
	p := h.dial()
	p.greet(all[0].frames[0])
	for _, s := range all[3:] {
		for _, f := range s.frames {
			if field(f, "Content-Type") != "command/reply" && field(f, "Content-Type") != "api/response" && field(f, "Application") != "playback" {
				p.send(f)
			}
		}
	}
	d := digit(h, -1)
	hungUp(t, (<-d).err, "ALLOTTED_TIMEOUT")
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestRecordedHangupFromTheFarSide(t *testing.T) {
	for _, name := range []string{"outbound-remote-hangup-linger", "outbound-remote-hangup-nolinger"} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			r := replayed(h, name)
			answered := execute(h, "answer", "")
			r.answer()
			(<-answered).must(t, "_none_")
			played := execute(h, "playback", "tone_stream://%(5000,0,440)")
			r.answer()
			d := <-played
			hungUp(t, d.err, "NORMAL_CLEARING")
			// The completion comes after CHANNEL_HANGUP and is not lost.
			if got := d.event.Get("Application-Response"); got != "PLAYBACK ERROR" {
				t.Fatalf("Application-Response is %q", got)
			}
			last := <-on(h, func(ctx context.Context, c *outbound.Call) esl.Event {
				_, _ = c.WaitEvent(ctx, -1, func(esl.Event) bool { return false })
				return c.Snapshot()
			})
			if got := last.Get("variable_hangup_cause"); got != "NORMAL_CLEARING" {
				t.Fatalf("the last snapshot is a %s with hangup_cause %q", last.Name(), got)
			}
			h.finish()
			r.goodbye()
		})
	}
}

func TestRecordedInviteIsTransferredAndNotResumed(t *testing.T) {
	for _, name := range []string{"invite-dtmf-1", "invite-sip-dtmf-1"} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			r := replayed(h, name)
			id := ask(h, (*outbound.Call).UUID)
			scheduled := api(h, "sched_hangup +60 "+id+" ALLOTTED_TIMEOUT")
			r.answer()
			if got := <-scheduled; got != "+OK\n" {
				t.Fatalf("sched_hangup brings %q", got)
			}
			breaks := name == "invite-dtmf-1"
			if breaks {
				r.without("api show tasks as json\n\n")
			}
			// Until the caller is in the conference; what follows is the end of the call.
			last := &r.steps[len(r.steps)-1]
			last.frames = last.frames[:slices.IndexFunc(last.frames, func(f string) bool { return field(f, "Application") == "conference" })+1]

			played := on(h, func(ctx context.Context, c *outbound.Call) done {
				c.Observe(func(ev esl.Event) bool {
					if ev.Get("DTMF-Digit") == "1" {
						_, err1 := c.API(ctx, "sched_del "+id)
						var err2 error
						if breaks {
							err2 = c.Interrupt(ctx)
						}
						_, err3 := c.API(ctx, "uuid_transfer "+id+" 7001 XML default")
						if err := errors.Join(err1, err2, err3); err != nil {
							t.Error(err)
						}
					}
					return false
				})
				ev, err := c.Execute(ctx, "playback", "tone_stream://%(8000,0,440)")
				return done{ev, err}
			})
			for len(r.steps) > 0 {
				r.answer()
			}
			if d := <-played; !errors.Is(d.err, outbound.ErrMoved) { // the transfer broke it off
				t.Errorf("the prompt ended with %v", d.err)
			}
			h.finish()
			h.letGo(r.peer)
			if said := r.goodbye(); !slices.Equal(said, []string{"exit"}) {
				t.Fatalf("a call that was transferred ends with %q: a resume would tear it out of the conference", said)
			}
		})
	}
}

func TestRecordedTimedHangup(t *testing.T) {
	h := open(t, outbound.Config{})
	r := replayed(h, "invite-timeout")
	r.without("api show tasks as json\n\n")
	id := ask(h, (*outbound.Call).UUID)
	scheduled := api(h, "sched_hangup +2 "+id+" ALLOTTED_TIMEOUT")
	r.answer()
	<-scheduled
	played := execute(h, "playback", "tone_stream://%(8000,0,440)")
	r.answer()
	d := <-played
	hungUp(t, d.err, "ALLOTTED_TIMEOUT")
	if d.event.IsZero() {
		t.Error("the completion after the linger notice was lost")
	}
	h.finish()
	r.goodbye()
}

// A channel handed over by execute_on_answer is taken on by originate a moment
// later, and whatever is executed before ends at once.
func TestRecordedExecuteOnAnswerWaitsForOriginate(t *testing.T) {
	h := open(t, outbound.Config{})
	all := transcript("invite-sip-onanswer-dtmf-1")
	p := h.dial()
	p.greet(all[0].frames[0])
	h.clock.WaitForTimer(time.Second) // no command while the channel is about to move
	for _, s := range all[3:5] {
		for _, f := range s.frames {
			if kind := field(f, "Content-Type"); kind == "text/event-plain" && field(f, "Application") != "playback" {
				p.send(f)
			}
		}
	}
	if got := ask(h, (*outbound.Call).State); got != "CS_EXECUTE" {
		t.Fatalf("the flow begins in state %s", got)
	}
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the socket application is over, yet the call ends with %q", said)
	}
}

// One that is never taken on is not in its dialplan, and a resume would end it.
func TestRecordedExecuteOnAnswerThatStays(t *testing.T) {
	h := open(t, outbound.Config{Handshake: 1e6 * time.Hour}) // time passes quickly here
	p := h.dial()
	p.greet(transcript("invite-sip-onanswer-dtmf-1")[0].frames[0])
	state := make(chan string, 1)
	for begun := false; !begun; {
		h.clock.Advance(time.Second)
		select {
		case h.work <- func(_ context.Context, c *outbound.Call) { state <- c.State() }:
			begun = true
		default:
			runtime.Gosched()
		}
	}
	if got := <-state; got != "CS_CONSUME_MEDIA" {
		t.Fatalf("the flow begins in state %s", got)
	}
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
