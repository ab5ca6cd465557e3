package outbound_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

func TestCallEndsWithResumeAndExit(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestTransferredCallIsNotResumed(t *testing.T) {
	for name, leave := range map[string]func(h *harness, p *peer){
		"the transfer application": func(h *harness, p *peer) {
			d := execute(h, "transfer", "7001")
			id := p.execute("transfer")
			p.send(ends("transfer", id, "Channel-State-Number", "2"))
			<-d
		},
		"uuid_transfer whose events are not here yet": func(h *harness, p *peer) {
			d := api(h, "uuid_transfer "+callID+" 7001 XML default")
			p.expect("api uuid_transfer")
			p.send(output("+OK\n"))
			<-d
		},
		"somebody else's doing": func(h *harness, p *peer) {
			d := execute(h, "playback", "x.wav")
			p.send(event("CHANNEL_PARK"), ends("playback", p.execute("playback")), event("CHANNEL_UNPARK"),
				ends("socket", "the dialplan's"), begins("playback", "the dialplan's"), event("TALK"))
			<-d
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.call()
			leave(h, p)
			h.finish()
			h.letGo(p)
			if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
				t.Fatalf("the call ends with %q", said)
			}
		})
	}
}

// A dialplan may have set socket_resume, which works like resume.
func TestTransferredCallIsNotResumedByItsVariable(t *testing.T) {
	const forget = "api uuid_setvar " + callID + " socket_resume"
	for name, leave := range map[string]func(h *harness, p *peer){
		"the transfer application": func(h *harness, p *peer) {
			if err := <-on(h, func(_ context.Context, c *outbound.Call) error { return c.TransferAtEnd("7001") }); err != nil {
				t.Error(err)
			}
			h.finish()
			p.expect(forget) // before the new dialplan may set it again
			p.send(output("+OK\n"))
			p.execute("transfer")
			h.letGo(p)
		},
		"uuid_transfer": func(h *harness, p *peer) {
			d := api(h, "uuid_transfer "+callID+" 7001 XML default")
			p.expect(forget)
			p.expect("api uuid_transfer")
			p.send(output("+OK\n"), output("+OK\n"))
			<-d
		},
		"somebody else's doing": func(h *harness, p *peer) {
			d := execute(h, "playback", "x.wav")
			p.send(ends("playback", p.execute("playback"), "variable_socket_resume", "true"), ends("socket", "the dialplan's", "variable_socket_resume", "true", "Channel-State-Number", "2"))
			<-d
			ask(h, (*outbound.Call).Answered)
			p.expect(forget)
			p.send(output("+OK\n"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.dial()
			p.greet(strings.Replace(connectReply, "\n", "\nvariable_socket_resume: true\n", 1))
			leave(h, p)
			if name != "the transfer application" {
				h.finish()
				h.letGo(p)
			}
			if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
				t.Fatalf("the call ends with %q", said)
			}
		})
	}
}

// The dialplan has come to us because another host has died, and earlier events
// arrive after we have connected.
func TestWhatWentBeforeTheCallIsNotOfTheCall(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.dial()
	p.greet(strings.Replace(connectReply, "\n", "\nEvent-Sequence: 1000\nvariable_socket_resume: true\n", 1))
	p.send(ends("socket", "the dead host's", "Event-Sequence", "998", "variable_socket_resume", "true"),
		event("TALK"), event("DTMF", "Event-Sequence", "999", "DTMF-Digit", "7"))
	d := execute(h, "playback", "x.wav")
	p.send(ends("playback", p.execute("playback"), "Event-Sequence", "1001"),
		event("CHANNEL_STATE", "Event-Sequence", "997", "Channel-State-Number", "2")) // delayed by another thread
	<-d
	if ask(h, (*outbound.Call).Moved) || ask(h, (*outbound.Call).PendingDigits) != "" || ask(h, (*outbound.Call).State) != "CS_EXECUTE" {
		t.Error("what an earlier host's call was told is taken for this one's")
	}
	// A digit that is late only because several threads dispatch events is the call's.
	late := digit(h, -1)
	p.send(event("DTMF", "Event-Sequence", "998", "DTMF-Digit", "8"))
	if x := <-late; x.digit.Key != '8' {
		t.Errorf("got %+v", x)
	}
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestState(t *testing.T) {
	for number, want := range map[string]string{"-1": "CS_NONE", "0": "CS_NEW", "8": "CS_HIBERNATE", "x": "CS_EXECUTE"} {
		h := open(t, outbound.Config{})
		p := h.call()
		seen := on(h, func(ctx context.Context, c *outbound.Call) string {
			_, _ = c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Name() == "TALK" }) // ends early if it moves on
			return c.State()
		})
		p.send(event("CHANNEL_STATE", "Channel-State-Number", "4"), event("CHANNEL_STATE", "Channel-State-Number", number)+event("TALK"))
		if got := <-seen; got != want {
			t.Errorf("state %s is %s, want %s", number, got, want)
		}
		if h.finish(); number != "x" {
			h.letGo(p) // it has moved on
		}
		p.goodbye()
	}
}

// uuid_transfer, whoever sends it, lets the next action of the old extension begin.
// A channel that execute_on_answer hands over has left the socket, too, but has no
// socket_resume.
func TestAChannelThatHasGoneOnIsNotServed(t *testing.T) {
	for name, sign := range map[string]string{
		"it is being routed":        "\nvariable_current_application: socket\nChannel-State-Number: 2\n",
		"it runs another extension": "\nvariable_current_application: sleep\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.dial()
			connectReply := strings.Replace(connectReply, "variable_current_application: socket\n", "", 1)
			p.greet(strings.Replace(connectReply, "\n", sign+"variable_socket_resume: true\n", 1))
			p.expect("api uuid_setvar " + callID + " socket_resume")
			p.send(output("+OK\n"))
			h.letGo(p)
			if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
				t.Fatalf("the call ends with %q", said)
			}
			p = h.dial()
			p.greet(strings.Replace(connectReply, "\n", sign, 1))
			if name == "it is being routed" {
				h.letGo(p)
			} else {
				h.finish()
			}
			p.goodbye()
			if len(h.ended) > 1 {
				t.Error("its flow ran")
			}
		})
	}
}

// execute_on_answer hands over a channel whose next state is CS_EXECUTE already, and
// originate's application begins after that.
func TestAChannelThatOriginateContinuesIsServed(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.dial()
	reply := strings.Replace(connectReply, "Channel-State: CS_EXECUTE\n", "Channel-State: CS_CONSUME_MEDIA\n", 1)
	if reply == connectReply {
		t.Fatal("the reply to connect has another state")
	}
	p.greet(reply)
	media := []string{"Channel-State", "CS_CONSUME_MEDIA"}
	p.send(event("CHANNEL_PARK", media...), event("CHANNEL_UNPARK", media...), ends("socket", "originate's", media...))
	h.clock.WaitForTimer(time.Second)
	p.send(event("CHANNEL_STATE"), begins("park", "originate's"), event("CHANNEL_PARK"))
	if <-on(h, func(ctx context.Context, c *outbound.Call) bool { _ = c.Sleep(ctx, 0); return c.Moved() }) {
		t.Error("it is said to have moved on")
	}
	h.finish()
	p.goodbye()
}

func TestSocketApplicationOfOurOwnIsNoTransfer(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "socket", "other:8084 async full")
	p.send(ends("socket", p.execute("socket")))
	<-d
	refused := api(h, "uuid_transfer "+callID)
	p.expect("api uuid_transfer")
	p.send(output("-ERR No such channel!\n"))
	<-refused
	h.finish()
	if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestHungUpCallWaitsForItsLastEvent(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "x.wav")
	id := p.execute("playback")
	p.send(hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"), ends("playback", id, "Channel-State-Number", "10"))
	<-d
	h.finish()
	h.clock.WaitForTimer(10 * time.Second) // the linger time
	p.send(hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestHungUpCallWhoseLastEventIsLost(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	p.send(lingerNotice)
	d := <-on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, time.Hour) })
	hungUp(t, d, "")
	h.finish()
	h.pass(10 * time.Second)
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("the call ends with %q", said)
	}
}

func TestFreeSWITCHThatDoesNotAnswerExitIsLeft(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	h.finish()
	p.expect("resume")
	p.expect("exit")
	h.pass(2 * time.Second)
	if c := p.command(); c != "" {
		t.Fatalf("instead of the end: %q", c)
	}
}

func TestExcessCallsGoOnWithTheirDialplan(t *testing.T) {
	h := open(t, outbound.Config{MaxCalls: 1})
	first := h.call()
	ask(h, (*outbound.Call).UUID) // it is being served
	for range 3 {
		if said := h.call().goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
			t.Fatalf("a call too many hears %q", said)
		}
	}
	p := h.dial()
	p.greet(transcript("outbound-sync-full")[0].frames[0])
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Fatalf("a call too many without async hears %q", said)
	}
	if n, refused := h.server.Calls(), h.server.Status().Refused; n != 1 || refused != 4 {
		t.Fatalf("%d calls, %d refused", n, refused)
	}
	h.finish()
	first.goodbye()
	h.says("too many calls")
}

func TestExcessPeerThatStaysIsCut(t *testing.T) {
	h := open(t, outbound.Config{MaxCalls: 1})
	first := h.call()
	ask(h, (*outbound.Call).UUID)
	p := h.call()
	p.expect("resume")
	p.expect("exit")
	h.pass(2 * time.Second)
	for p.command() != "" {
	}
	h.finish()
	first.goodbye()
}

func TestAbortGivesCallsBackToTheirDialplan(t *testing.T) {
	h := open(t, outbound.Config{})
	waiting := h.call()
	d := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, time.Hour) })
	early := h.dial() // has not said who calls
	early.greetSilently()
	h.abort()
	if err := <-d; !errors.Is(err, context.Canceled) {
		t.Fatalf("the flow ended with %v", err)
	}
	for _, p := range []*peer{waiting, early} {
		if p == early {
			p.send(connectReply, reply("+OK"), reply("+OK"))
		}
		if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
			t.Fatalf("an aborted call ends with %q", said)
		}
	}
}

func TestCloseLetsCallsFinish(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	d := execute(h, "playback", "x.wav")
	id := p.execute("playback")
	_ = h.listen.Close()
	p.send(ends("playback", id))
	(<-d).must(t, "_none_")
	select {
	case <-h.served:
		t.Fatal("Serve left its call")
	default:
	}
	h.finish()
	p.goodbye()
}

func TestFaultInAFlowEndsThatCallOnly(t *testing.T) {
	h := open(t, outbound.Config{})
	broken, good := h.call(), h.call()
	_ = on(h, func(context.Context, *outbound.Call) bool { panic("a bug") })
	<-h.ended
	d := execute(h, "answer", "")
	for _, p := range []*peer{broken, good} { // either may be the broken one
		go func() {
			for c := p.command(); c != ""; c = p.command() {
				p.send(reply("+OK"))
				if field(c, "execute-app-name") == "answer" {
					p.send(ends("answer", field(c, "Event-UUID")))
				}
			}
		}()
	}
	(<-d).must(t, "_none_")
	h.finish()
	h.says("a bug")
}

// A tired listener fails a few times before it accepts.
type tired struct {
	net.Listener
	fails atomic.Int32
}

func (l *tired) Accept() (net.Conn, error) {
	if l.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAcceptGoesOnAfterErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	short := &tired{Listener: l}
	short.fails.Store(3)
	h := openOn(t, outbound.Config{}, short)
	for pause := 5 * time.Millisecond; pause <= 20*time.Millisecond; pause *= 2 {
		h.pass(pause)
	}
	p := h.call()
	h.finish()
	p.goodbye()
}

func TestEventsAndJobs(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	for n := range 2 {
		d := on(h, func(ctx context.Context, c *outbound.Call) string {
			out, err := c.BgAPI(ctx, "originate user/1000 &park()")
			return out + errorText(err)
		})
		if n == 0 { // subscribed once
			p.expect("event plain BACKGROUND_JOB")
			p.send(reply("+OK event listener enabled plain"))
		}
		job := field(p.expect("bgapi originate"), "Job-UUID")
		result := "Event-Name: BACKGROUND_JOB\nJob-UUID: " + job + "\nContent-Length: 4\n\n+OK\n"
		p.send(reply("+OK Job-UUID: "+job), dtmf("5"),
			"Content-Length: "+strconv.Itoa(len(result))+"\nContent-Type: text/event-plain\n\n"+result)
		if got := <-d; got != "+OK\n" {
			t.Fatalf("bgapi brings %q", got)
		}
	}
	if got := ask(h, (*outbound.Call).PendingDigits); got != "55" {
		t.Fatalf("digits during bgapi: %q", got)
	}
	sub := on(h, func(ctx context.Context, c *outbound.Call) error {
		return c.Subscribe(ctx, "CUSTOM", "conference::maintenance")
	})
	p.expect("event plain CUSTOM conference::maintenance")
	p.send(reply("-ERR permission denied"))
	var refused *esl.ReplyError
	if err := <-sub; !errors.As(err, &refused) {
		t.Fatalf("the error is %v", err)
	}
	h.finish()
	p.goodbye()
}
