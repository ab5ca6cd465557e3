package outbound_test

import (
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
)

// silent dials and says nothing, and returns when the Server waits for the answer.
func (h *harness) silent() *peer {
	h.t.Helper()
	p := h.dial()
	p.greetSilently()
	return p
}

func (p *peer) mustEnd() {
	p.t.Helper()
	if c := p.command(); c != "" {
		p.t.Fatalf("instead of the end: %q", c)
	}
}

func TestSilentConnectionsTakeNoPlace(t *testing.T) {
	h := open(t, outbound.Config{MaxCalls: 2})
	first, second := h.silent(), h.silent()
	for range 3 { // none of the silent ones is in its way, and it is in nobody's
		p := h.call()
		first.mustEnd()
		ask(h, (*outbound.Call).UUID) // it has left the lobby
		first, second = second, h.silent()
		h.finish()
		if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
			t.Fatalf("a call beside silent connections ends with %q", said)
		}
		for h.server.Calls() > 0 {
			runtime.Gosched()
		}
	}
	if s := h.server.Status(); s.Waiting != 2 || s.Refused != 0 || s.Crowded != 3 {
		t.Errorf("%+v", s)
	}
	_, _ = first.nc.Close(), second.nc.Close()
	h.says("has waited longest")
}

// A call that is refused waits in the lobby for its end, so that any number of those
// hold no more than there is room for.
func TestARefusedCallMakesRoomToo(t *testing.T) {
	h := open(t, outbound.Config{MaxCalls: 1})
	served := h.call()
	ask(h, (*outbound.Call).UUID)
	refused := h.call()
	refused.expect("resume")
	refused.expect("exit")
	next := h.silent()
	refused.mustEnd()
	_ = next.nc.Close()
	h.finish()
	served.goodbye()
}

// Where descriptors are short, whoever has been silent for a second makes room.
func TestSilentConnectionsEndWhenDescriptorsAreShort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	short := &tired{Listener: l}
	h := openOn(t, outbound.Config{}, short)
	early := h.silent()
	h.clock.Advance(time.Second)
	late := h.silent()
	short.fails.Store(1)
	call := h.call() // it is accepted by the Accept under way, and the next one fails
	h.pass(5 * time.Millisecond)
	early.mustEnd()
	late.send(connectReply, reply("+OK"), reply("+OK"))
	h.finish()
	h.finish()
	call.goodbye()
	late.goodbye()
}
