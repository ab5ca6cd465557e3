package outbound_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/testproc"
)

// lookAgain lasts longer than a connection goes without looking for new bytes.
const lookAgain = time.Millisecond

// A hangup that waits in the queue is seen before an application is sent, which
// FreeSWITCH would accept and never run.
func TestAQueuedHangupStopsTheNextApplication(t *testing.T) {
	for name, run := range map[string]func(context.Context, *outbound.Call) error{
		"execute": func(ctx context.Context, c *outbound.Call) error {
			_, err := c.Execute(ctx, "playback", "hello.wav")
			return err
		},
		"transfer at the end": func(_ context.Context, c *outbound.Call) error { return c.TransferAtEnd("1000") },
		"start":               func(_ context.Context, c *outbound.Call) error { return c.Start("playback", "hello.wav") },
	} {
		t.Run(name, func(t *testing.T) {
			testproc.Bubble(t, func(t *testing.T) {
				h := openInBubble(t, outbound.Config{})
				p := h.call()
				p.send(hangup("CHANNEL_HANGUP_COMPLETE", "USER_BUSY"))
				time.Sleep(lookAgain)
				hungUp(t, <-on(h, run), "USER_BUSY")
				next := api(h, "status")
				p.expect("api status") // and no application before it
				p.send(output("UP\n"))
				if got := <-next; got != "UP\n" {
					t.Errorf("the answer is %q", got)
				}
			})
		})
	}
}

func TestAnsweredStaysTrueAfterTheHangup(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		h := openInBubble(t, outbound.Config{})
		p := h.call()
		p.send(event("CHANNEL_ANSWER"))
		if !ask(h, (*outbound.Call).Answered) {
			t.Error("the answer is not seen")
		}
		p.send(hangup("CHANNEL_HANGUP_COMPLETE", "USER_BUSY"))
		time.Sleep(lookAgain)
		if !ask(h, func(c *outbound.Call) bool { _, over := c.HungUp(); return over && c.Answered() }) {
			t.Error("the answer is forgotten with the hangup")
		}
	})
}

// An encoded Unique-ID is ambiguous, so the channel is asked.
func TestAnEncodedUUIDIsAskedFor(t *testing.T) {
	for _, test := range []struct{ answer, want string }{{"a%20b", "a%20b"}, {"", "a b"}} {
		h := open(t, outbound.Config{})
		p := h.dial()
		p.expect("connect")
		p.expect("linger 10")
		p.expect("myevents")
		p.send(strings.ReplaceAll(connectReply, callID, "a%20b"), reply("+OK will linger 10 seconds"), reply("+OK Events Enabled"))
		p.expect("getvar uuid")
		p.send(reply(test.answer))
		if got := ask(h, (*outbound.Call).UUID); got != test.want {
			t.Errorf("answered %q: the uuid is %q, want %q", test.answer, got, test.want)
		}
	}
}
