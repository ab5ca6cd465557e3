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

// methods has the methods that wait. Each has the command by which the peer knows
// that it waits ("" if it sends none), the timer that it sets, and what a hangup
// does to it.
var methods = []struct {
	name   string
	sends  string
	timer  time.Duration
	hangup string // "error", "fine" or "continues"
	run    func(ctx context.Context, c *outbound.Call) error
}{
	{"Execute", "sendmsg", 0, "error", func(ctx context.Context, c *outbound.Call) error {
		_, err := c.Execute(ctx, "playback", "x.wav")
		return err
	}},
	{"API", "api status", 0, "continues", func(ctx context.Context, c *outbound.Call) error {
		_, err := c.API(ctx, "status")
		return err
	}},
	{"BgAPI subscribing", "event plain BACKGROUND_JOB", 0, "continues", func(ctx context.Context, c *outbound.Call) error {
		_, err := c.BgAPI(ctx, "originate user/1 &park()")
		return err
	}},
	{"Interrupt", "api uuid_break", 0, "continues", func(ctx context.Context, c *outbound.Call) error { return c.Interrupt(ctx) }},
	{"Sleep", "", 1e12, "error", func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, 1e12) }},
	{"WaitEvent", "", 1e12, "error", func(ctx context.Context, c *outbound.Call) error {
		_, err := c.WaitEvent(ctx, 1e12, func(esl.Event) bool { return false })
		return err
	}},
	{"Digit", "", 1e12, "error", func(ctx context.Context, c *outbound.Call) error {
		_, _, err := c.WaitDigit(ctx, 1e12)
		return err
	}},
	{"Hangup", "api uuid_kill", 5 * time.Second, "fine", func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "USER_BUSY") }},
	{"Subscribe", "event plain PLAYBACK_STOP", 0, "continues", func(ctx context.Context, c *outbound.Call) error {
		return c.Subscribe(ctx, "PLAYBACK_STOP")
	}},
	{"SendEvent", "sendevent NOTIFY", 0, "continues", func(ctx context.Context, c *outbound.Call) error {
		return c.SendEvent(ctx, "NOTIFY", [][2]string{{"profile", "internal"}}, "body")
	}},
}

func TestSocketCutInTheMiddleOfEveryMethod(t *testing.T) {
	for _, m := range methods {
		for how, last := range map[string]string{"cut": "", "half a frame": "Content-Length: 100\nContent-Type: text/event-plain\n\nEvent-"} {
			t.Run(m.name+" "+how, func(t *testing.T) {
				h := open(t, outbound.Config{})
				p := h.call()
				over := on(h, m.run)
				if m.sends != "" {
					p.expect(m.sends)
				}
				if m.timer > 0 {
					h.clock.WaitForTimer(m.timer)
				}
				p.send(last)
				_ = p.nc.Close()
				var end *esl.DisconnectError
				if err := <-over; !errors.As(err, &end) {
					t.Fatalf("the error is %v", err)
				}
				if err := <-on(h, m.run); !errors.As(err, &end) {
					t.Fatalf("afterwards the error is %v", err)
				}
				h.finish()
			})
		}
	}
}

func TestHangupInTheMiddleOfEveryMethod(t *testing.T) {
	for _, m := range methods {
		t.Run(m.name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.call()
			over := on(h, m.run)
			sent := ""
			if m.sends != "" {
				sent = p.expect(m.sends)
			}
			if m.timer > 0 {
				h.clock.WaitForTimer(m.timer)
			}
			p.send(hangup("CHANNEL_HANGUP", "NO_ANSWER"), hangup("CHANNEL_HANGUP_COMPLETE", "NO_ANSWER"), lingerNotice)
			switch {
			case strings.HasPrefix(sent, "api"):
				p.send(output("-ERR No such channel!\n"))
			case strings.HasPrefix(sent, "event"):
				p.send(reply("+OK event listener enabled plain"))
			case sent != "":
				p.send(reply("+OK"))
			}
			if strings.HasPrefix(m.name, "BgAPI") {
				job := field(p.expect("bgapi originate user/1 &park()"), "Job-UUID")
				p.send(reply("+OK Job-UUID: "+job), strings.Replace(event("BACKGROUND_JOB", "Job-UUID", job), callID, strings.Repeat("0", len(callID)), 1))
			}
			err := <-over
			switch m.hangup {
			case "error":
				hungUp(t, err, "NO_ANSWER")
			case "fine":
				if err != nil {
					t.Fatal(err)
				}
			case "continues":
				var refused *esl.ReplyError
				if err != nil && !errors.As(err, &refused) {
					t.Fatal(err)
				}
			}
			if !ask(h, func(c *outbound.Call) bool { _, yes := c.HungUp(); return yes }) {
				t.Fatal("the hangup was not noticed")
			}
			h.finish()
			if said := p.goodbye(); len(said) != 1 || said[0] != "exit" {
				t.Fatalf("the call ends with %q", said)
			}
		})
	}
}

// CHANNEL_HANGUP_COMPLETE, the event for which WaitEvent waits last, may be lost.
func TestWaitEventEndsSoonAfterAHangup(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	over := on(h, func(ctx context.Context, c *outbound.Call) error {
		_, err := c.WaitEvent(ctx, -1, func(esl.Event) bool { return false })
		return err
	})
	p.send(hangup("CHANNEL_HANGUP", "NO_ANSWER"))
	h.pass(time.Second)
	hungUp(t, <-over, "NO_ANSWER")
	h.finish()
	p.send(hangup("CHANNEL_HANGUP_COMPLETE", "NO_ANSWER"))
	p.goodbye()
}

func TestHangup(t *testing.T) {
	run := func(cause string) func(context.Context, *outbound.Call) error {
		return func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, cause) }
	}
	h := open(t, outbound.Config{})
	p := h.call()
	for _, bad := range []string{"BUSSY", "USER BUSY", "16\napi reload", "X;Y"} {
		if err := <-on(h, run(bad)); err == nil || !strings.Contains(err.Error(), "is not a hangup cause") {
			t.Fatalf("cause %q: %v", bad, err)
		}
	}
	over := on(h, run(""))
	if c := p.expect("api uuid_kill"); strings.TrimSpace(c) != "api uuid_kill "+callID+" NORMAL_CLEARING" {
		t.Fatalf("sent %q", c)
	}
	p.send(output("+OK\n"), hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"))
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if err := <-on(h, run("USER_BUSY")); err != nil {
		t.Fatal(err)
	}
	p.send(hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
	h.finish()
	p.goodbye()
}

// FreeSWITCH agreed, but its events do not come any more.
func TestHangupWithoutASign(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "USER_BUSY") })
	p.expect("api uuid_kill")
	p.send(output("+OK\n"))
	_ = p.nc.Close()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if cause := ask(h, func(c *outbound.Call) string { cause, _ := c.HungUp(); return cause }); cause != "USER_BUSY" {
		t.Fatalf("cause %q", cause)
	}
	h.finish()
}

func TestHangupThatFreeSWITCHDoesNotAnswer(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "USER_BUSY") })
	p.expect("api uuid_kill")
	h.pass(5 * time.Second)
	if err := <-over; err == nil || !strings.Contains(err.Error(), "5s") {
		t.Fatalf("the error is %v", err)
	}
	h.finish()
	p.goodbye()
}
