package outbound_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// moves has the first signs that FreeSWITCH gives of a call that moves on.
var moves = map[string]string{
	"uuid_transfer of a parked call": event("CHANNEL_UNPARK", "Channel-State-Number", "2"),
	"uuid_bridge of a parked call":   event("CHANNEL_UNPARK", "Channel-State-Number", "8"),
	"uuid_park":                      event("CHANNEL_UNPARK", "Channel-State-Number", "6"),
	"a bridge that others have led":  event("CHANNEL_STATE", "Channel-State-Number", "5"),
	"the end of our socket application": event("CHANNEL_PARK") + event("CHANNEL_UNPARK") +
		ends("socket", "the dialplan's") + begins("set", "the dialplan's"),
	"uuid_transfer while something plays": ends("playback", "another's", "Channel-State-Number", "2"),
}

// waits has all methods that wait for the call or send it something.
var waits = map[string]func(context.Context, *outbound.Call) error{
	"Execute": func(ctx context.Context, c *outbound.Call) error {
		_, err := c.Execute(ctx, "playback", "x.wav")
		return err
	},
	"Sleep":  func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, time.Hour) },
	"Hangup": func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "USER_BUSY") },
	"WaitEvent": func(ctx context.Context, c *outbound.Call) error {
		_, err := c.WaitEvent(ctx, -1, func(esl.Event) bool { return false })
		return err
	},
	"WaitDigit": func(ctx context.Context, c *outbound.Call) error {
		_, _, err := c.WaitDigit(ctx, -1)
		return err
	},
}

// Every wait ends with the first sign, whichever that is, and nothing more is sent.
func TestAMovedCallIsLetBe(t *testing.T) {
	for sign, moved := range moves {
		for name, wait := range waits {
			t.Run(sign+"/"+name, func(t *testing.T) {
				h := open(t, outbound.Config{})
				p := h.call()
				waiting := on(h, wait)
				switch name {
				case "Execute":
					p.send(begins("playback", p.execute("playback")))
				case "Hangup":
					p.expect("api uuid_kill " + callID + " USER_BUSY")
				}
				p.send(dtmf("7")+moved, dtmf("8"), event("CHANNEL_STATE"))
				err := <-waiting
				if name == "WaitDigit" && err == nil { // the digit came before the move
					err = <-on(h, wait)
				}
				if !errors.Is(err, outbound.ErrMoved) {
					t.Errorf("the wait ends with %v", err)
				}
				if name == "Hangup" {
					p.send(output("+OK\n")) // too late to be of use
				}
				for again, wait := range waits {
					if err := <-on(h, wait); !errors.Is(err, outbound.ErrMoved) {
						t.Errorf("%s after it: %v", again, err)
					}
				}
				if routed := ask(h, (*outbound.Call).Transferred); routed != strings.HasPrefix(sign, "uuid_transfer") {
					t.Errorf("transferred: %v", routed)
				}
				if digits := ask(h, (*outbound.Call).PendingDigits); digits != "" {
					t.Errorf("still has the digits %q", digits)
				}
				h.finish()
				h.letGo(p)
				if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
					t.Errorf("the call ends with %q", said)
				}
			})
		}
	}
}

// An application that FreeSWITCH begins after the move is stopped, again and again until
// it has ended, before our connection ends.
func TestAnApplicationThatBeginsAfterTheMove(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	waiting := on(h, waits["Execute"])
	id := p.execute("playback")
	p.send(moves["uuid_transfer of a parked call"])
	if err := <-waiting; !errors.Is(err, outbound.ErrMoved) {
		t.Errorf("the wait ends with %v", err)
	}
	h.finish()
	p.send(ends("socket", "the dialplan's", "Channel-State-Number", "2"))
	h.pass(200 * time.Millisecond)
	h.pass(50 * time.Millisecond) // it has not begun
	h.clock.WaitForTimer(50 * time.Millisecond)
	p.send(begins("playback", id))
	for range 3 {
		p.expect("api uuid_break " + callID)
		p.send(output("+OK\n"))
		h.pass(50 * time.Millisecond)
	}
	p.expect("api uuid_break " + callID)
	p.send(output("+OK\n"), ends("playback", id))
	p.expect("api uuid_dump ")
	p.send(output("Channel-State: CS_EXECUTE\nvariable_current_application: set\n"))
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Errorf("the call ends with %q", said)
	}
}

// An observer sees the end of a call that has moved on, and nothing before it.
func TestWhatIsShownOfAMovedCall(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	seen := on(h, func(ctx context.Context, c *outbound.Call) (names []string) {
		c.Observe(func(ev esl.Event) bool { names = append(names, ev.Name()); return false })
		_ = c.Sleep(ctx, time.Hour)
		p.send(dtmf("1"), event("CHANNEL_STATE", "Channel-State-Number", "4"), hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"))
		_, _ = c.BgAPI(ctx, "status") // waits beyond the move
		c.HungUp()
		return names
	})
	p.send(event("TALK"), event("CHANNEL_UNPARK", "Channel-State-Number", "8"))
	p.expect("event plain BACKGROUND_JOB")
	p.send(reply("+OK event listener enabled plain"))
	job := field(p.expect("bgapi status"), "Job-UUID")
	p.send(reply("+OK Job-UUID: "+job), event("BACKGROUND_JOB", "Job-UUID", job))
	if names := <-seen; !slices.Equal(names, []string{"TALK", "CHANNEL_UNPARK", "CHANNEL_HANGUP"}) {
		t.Errorf("saw %q", names)
	}
	h.finish()
	p.send(hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
	p.goodbye()
}

// A call that is parked where it has moved to stays parked: the end of our connection
// would end its park. (That it does stay is seen in cmd/eslua's scenarios.)
func TestAMovedCallStaysParked(t *testing.T) {
	for name, over := range map[string]func(h *harness, p *peer){
		"until somebody takes it": func(_ *harness, p *peer) { p.send(event("CHANNEL_UNPARK", "Channel-State-Number", "8")) },
		"until it hangs up": func(_ *harness, p *peer) {
			p.send(hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"), hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
		},
		"until the host stops": func(h *harness, _ *peer) { h.abort() },
	} {
		for app, late := range map[string]bool{"socket": true, "park": true, "": false} {
			t.Run(name+"/"+app, func(t *testing.T) {
				h := open(t, outbound.Config{})
				p := h.call()
				waiting := on(h, waits["Sleep"])
				p.send(event("CHANNEL_STATE", "Channel-State-Number", "2"))
				<-waiting
				h.finish()
				// A transfer that comes at once lets our socket application park all the same.
				p.send(event("CHANNEL_PARK"), event("CHANNEL_UNPARK"), ends("socket", "the dialplan's"))
				if late {
					h.pass(200 * time.Millisecond)
					p.expect("api uuid_dump " + callID)
					p.send(output("Channel-State: CS_EXECUTE\nvariable_current_application: " + app + "\n"))
					p.silent()
				} else {
					h.clock.WaitForTimer(200 * time.Millisecond)
					p.send(event("CHANNEL_PARK"))
				}
				over(h, p)
				if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
					t.Errorf("the call ends with %q", said)
				}
			})
		}
	}
}

// The transfer that ends a script is sent when the call is handed back, in one write with
// the command that unsets socket_resume.
func TestTransferAtEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	writes := &writes{Listener: l}
	h := openOn(t, outbound.Config{}, writes)
	p := resumable(h)
	transfer := func(ctx context.Context, c *outbound.Call) error { return c.TransferAtEnd("7001 XML default") }
	if err := <-on(h, transfer); err != nil {
		t.Error(err)
	}
	if err := <-on(h, transfer); !errors.Is(err, outbound.ErrMoved) {
		t.Errorf("a second one: %v", err)
	}
	if !ask(h, (*outbound.Call).Moved) || !ask(h, (*outbound.Call).Transferred) {
		t.Error("the call has not moved")
	}
	h.finish()
	p.expect("api uuid_setvar " + callID + " socket_resume")
	if last := writes.last(); !strings.Contains(last, "transfer") {
		t.Errorf("the last write is %q", last)
	}
	p.send(output("+OK\n"))
	p.execute("transfer")
	h.letGo(p)
	if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
		t.Errorf("the call ends with %q", said)
	}
}

// socket_resume goes in the same write as the command that moves the channel, and
// comes back if that fails.
func TestWhatMovesTheCall(t *testing.T) {
	for _, x := range []struct {
		name, line    string
		moves, routes bool
	}{
		{"transfer", "uuid_transfer " + callID + " 7001 XML default", true, true},
		{"in another case", "UUID_Transfer " + callID + " 7001", true, true},
		{"bridge", "uuid_bridge other " + callID, true, false},
		{"park", "uuid_park " + callID, true, false},
		{"the other side", "uuid_transfer " + callID + " -bleg 7001", false, false},
		{"both sides", "uuid_transfer " + callID + " -both 7001", true, true},
		{"another call", "uuid_transfer other " + callID, false, false},
	} {
		for _, accepted := range []bool{true, false} {
			t.Run(x.name, func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				writes := &writes{Listener: l}
				h := openOn(t, outbound.Config{}, writes)
				p := resumable(h)
				answered := api(h, x.line)
				if x.moves {
					p.expect("api uuid_setvar " + callID + " socket_resume")
					p.send(output("+OK\n"))
				}
				p.expect("api " + x.line)
				if last := writes.last(); strings.Contains(last, "socket_resume\n\n") != x.moves {
					t.Errorf("wrote %q at once", last)
				}
				answer, left := "-ERR no\n", false
				if accepted {
					answer, left = "+OK\n", x.moves
				}
				p.send(output(answer))
				if got := <-answered; got != answer {
					t.Errorf("answered %q", got)
				}
				if x.moves && !accepted {
					p.expect("api uuid_setvar " + callID + " socket_resume true")
					p.send(output("+OK\n"))
				}
				if moved, routed := ask(h, (*outbound.Call).Moved), ask(h, (*outbound.Call).Transferred); moved != left || routed != (x.routes && left) {
					t.Errorf("moved %v, transferred %v", moved, routed)
				}
				if h.finish(); left {
					h.letGo(p)
				}
				p.goodbye()
			})
		}
	}
}

// writes is a listener that keeps the last write to a connection.
type writes struct {
	net.Listener
	mu    sync.Mutex
	wrote string
}

func (w *writes) Accept() (net.Conn, error) {
	nc, err := w.Listener.Accept()
	return writer{nc, w}, err
}

func (w *writes) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrote
}

type writer struct {
	net.Conn
	to *writes
}

func (w writer) Write(b []byte) (int, error) {
	w.to.mu.Lock()
	w.to.wrote = string(b)
	w.to.mu.Unlock()
	return w.Conn.Write(b)
}
