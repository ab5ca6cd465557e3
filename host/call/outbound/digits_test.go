package outbound_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

type pressed struct {
	digit outbound.Digit
	ok    bool
	err   error
}

func digit(h *harness, d time.Duration) <-chan pressed {
	h.t.Helper()
	return on(h, func(ctx context.Context, c *outbound.Call) pressed {
		digit, ok, err := c.WaitDigit(ctx, d)
		return pressed{digit, ok, err}
	})
}

func TestQuickDigitsComeInOrder(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	const keys = "0123456789*#ABCD"
	var frames []string
	for _, k := range keys {
		frames = append(frames, dtmf(strings.Replace(string(k), "#", "%23", 1)))
	}
	d := digit(h, time.Minute)
	h.clock.WaitForTimer(time.Minute)
	p.send(frames...)
	got := ""
	for range keys {
		x := <-d
		if x.err != nil || !x.ok || x.digit.Duration != 2000 || x.digit.Source != "RTP" {
			t.Fatalf("%+v", x)
		}
		got += string(x.digit.Key)
		if len(got) < len(keys) {
			d = digit(h, time.Minute)
		}
	}
	if got != keys {
		t.Fatalf("digits came as %q", got)
	}
	if h.clock.AdvanceToNext() {
		t.Error("a wait that ended early leaves its timer behind")
	}
}

func TestDigitWaitsItsTime(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := digit(h, 10*time.Minute)
	h.pass(10 * time.Minute)
	if x := <-d; x.ok || x.err != nil {
		t.Fatalf("%+v", x)
	}
	d = digit(h, -1)
	p.send(event("CHANNEL_HANGUP", "Answer-State", "hangup", "Hangup-Cause", "NO_ANSWER"))
	hungUp(t, (<-d).err, "NO_ANSWER")
}

func TestDigitsTypedAheadDuringAPlayback(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "menu.wav")
	id := p.execute("playback")
	p.send(dtmf("1"), begins("playback", id), dtmf("2"), ends("playback", id), dtmf("3"), event("TALK"))
	<-d
	<-on(h, func(ctx context.Context, c *outbound.Call) error {
		if strings.HasSuffix(c.PendingDigits(), "3") {
			return nil
		}
		_, err := c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Name() == "TALK" })
		return err
	})
	if got := ask(h, (*outbound.Call).PendingDigits); got != "123" {
		t.Fatalf("typed ahead %q", got)
	}
	if x := <-digit(h, 0); x.digit.Key != '1' {
		t.Fatalf("%+v", x)
	}
	ask(h, func(c *outbound.Call) bool { c.FlushDigits(); return true })
	if x := <-digit(h, 0); x.ok {
		t.Fatalf("%+v after a flush", x)
	}
}

func TestTypeAheadIsBounded(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	seen := on(h, func(ctx context.Context, c *outbound.Call) error {
		_, err := c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Get("DTMF-Digit") == "#" })
		return err
	})
	p.send(dtmf("1"), strings.Repeat(dtmf("2"), 1500), dtmf("%23"))
	<-seen
	if got := ask(h, (*outbound.Call).PendingDigits); got != "1"+strings.Repeat("2", 999) {
		t.Fatalf("%d digits are typed ahead: %q", len(got), got)
	}
}

// mod_lua's input callback takes the digit it is shown.
func TestObserverTakesItsDigit(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	var taken []byte
	slept := on(h, func(ctx context.Context, c *outbound.Call) error {
		c.Observe(func(ev esl.Event) bool {
			if d, ok := c.PopDigit(); ok && ev.Name() == "DTMF" {
				taken = append(taken, d.Key)
			}
			return ev.Get("DTMF-Digit") == "9"
		})
		return c.Sleep(ctx, time.Hour)
	})
	p.send(dtmf("7"), dtmf("9"))
	if err := <-slept; !errors.Is(err, outbound.ErrStopped) {
		t.Fatalf("the sleep ended with %v", err)
	}
	if rest := ask(h, (*outbound.Call).PendingDigits); string(taken) != "79" || rest != "" {
		t.Fatalf("taken %q, left %q", taken, rest)
	}
}

func TestSleepLastsItsTime(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	slept := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, 10*time.Minute) })
	h.clock.WaitForTimer(10 * time.Minute)
	p.send(dtmf("1")) // does not interrupt it
	h.clock.Advance(10 * time.Minute)
	if err := <-slept; err != nil {
		t.Fatal(err)
	}
	if err := <-on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, -1) }); err != nil {
		t.Fatal(err)
	}
}
