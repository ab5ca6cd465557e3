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

// resumable makes a call whose dialplan comes back when its host dies.
func resumable(h *harness) *peer {
	p := h.dial()
	p.greet(strings.Replace(connectReply, "\n", "\nvariable_socket_resume: true\n", 1))
	return p
}

var displacing = ends("socket", "the dialplan's", "variable_socket_resume", "true")

// Another connection controls the call. Ours sends nothing more and stays open until
// the call is over, because its end would displace the other one.
func TestADisplacedCallIsLetBe(t *testing.T) {
	h := open(t, outbound.Config{})
	p := resumable(h)
	d := on(h, func(ctx context.Context, c *outbound.Call) (errs []error) {
		_, err := c.Execute(ctx, "playback", "x.wav")
		errs = append(errs, err, context.Cause(ctx))
		ctx = context.WithoutCancel(ctx)
		_, err = c.Execute(ctx, "transfer", "7001")
		errs = append(errs, err)
		_, err = c.API(ctx, "uuid_setvar "+callID+" a b")
		errs = append(errs, err)
		_, err = c.BgAPI(ctx, "uuid_transfer "+callID+" 7001")
		errs = append(errs, err)
		_, err = c.Command(ctx, esl.Command{})
		errs = append(errs, err)
		_, err = c.WaitEvent(ctx, time.Hour, func(esl.Event) bool { return false })
		errs = append(errs, err)
		_, _, err = c.WaitDigit(ctx, time.Hour)
		errs = append(errs, err)
		return append(errs, c.Subscribe(ctx, "CUSTOM"), c.SendEvent(ctx, "CUSTOM", nil, ""),
			c.Interrupt(ctx), c.Sleep(ctx, time.Hour), c.Hangup(ctx, "USER_BUSY"))
	})
	p.execute("playback")
	p.send(displacing)
	for i, err := range <-d {
		if !errors.Is(err, outbound.ErrDisplaced) {
			t.Errorf("%d ends with %v", i, err)
		}
	}
	<-h.ended
	p.send(begins("socket", "the next"), begins("playback", "another's"), ends("playback", "another's"),
		hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"), hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the displaced call's connection said %q", said)
	}
}

// The connection ends with the host, which must be able to stop, and with FreeSWITCH.
func TestADisplacedCallEndsWithItsHost(t *testing.T) {
	for name, end := range map[string]func(h *harness, p *peer){
		"the host stops":   func(h *harness, _ *peer) { h.abort() },
		"FreeSWITCH stops": func(_ *harness, p *peer) { _ = p.nc.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := resumable(h)
			p.send(displacing)
			d := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, time.Hour) })
			if err := <-d; !errors.Is(err, outbound.ErrDisplaced) && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			<-h.ended
			end(h, p)
			if said := p.command(); said != "" {
				t.Errorf("said %q", said)
			}
		})
	}
}

// What the call itself did is no displacement.
func TestAMovedCallIsNotDisplaced(t *testing.T) {
	for name, sign := range map[string]string{
		"it hangs up":       ends("socket", "the dialplan's", "Channel-State-Number", "10", "Hangup-Cause", "USER_BUSY"),
		"it is transferred": ends("socket", "the dialplan's", "Channel-State-Number", "2", "variable_socket_resume", "true"),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := resumable(h)
			p.send(sign, event("TALK"))
			d := on(h, func(ctx context.Context, c *outbound.Call) bool {
				_, _ = c.WaitEvent(ctx, time.Hour, func(e esl.Event) bool { return e.Name() == "TALK" })
				return c.Displaced() || ctx.Err() != nil
			})
			if name == "it is transferred" {
				p.expect("api uuid_setvar " + callID + " socket_resume")
				p.send(output("+OK\n"))
			} else {
				p.send(hangup("CHANNEL_HANGUP_COMPLETE", "USER_BUSY"))
			}
			if <-d {
				t.Error("it is taken for displaced")
			}
			if h.finish(); name == "it is transferred" {
				h.letGo(p)
			}
			p.goodbye()
		})
	}
}
