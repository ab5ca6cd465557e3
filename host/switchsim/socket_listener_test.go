package switchsim

import (
	"net"
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// sink is a connection that keeps what is written.
type sink struct {
	net.Conn
	written []byte
}

func (s *sink) Write(b []byte) (int, error) { s.written = append(s.written, b...); return len(b), nil }
func (s *sink) Close() error                { return nil }

func listening(t *testing.T) (*listener, *sink) {
	t.Helper()
	conn := &sink{}
	l := New(Config{}).newListener(conn, Fault{})
	l.sub.enable([]string{"ALL"}, anyName)
	return l, conn
}

func event() *wire.Event {
	return &wire.Event{Headers: []wire.Header{{Name: "Event-Name", Value: "HEARTBEAT"}}}
}

func TestNothingIsDeliveredInTheMiddleOfACommand(t *testing.T) {
	l, conn := listening(t)
	l.partial.Store(true)
	l.push(event())
	l.deliver()
	if len(conn.written) != 0 || len(l.queue) != 1 {
		t.Fatalf("%d bytes sent, %d events queued", len(conn.written), len(l.queue))
	}
	l.partial.Store(false)
	l.deliver()
	if len(conn.written) == 0 || len(l.queue) != 0 {
		t.Fatal("afterwards it is")
	}
}

// More than 500 losses in a row end the connection; fewer do not.
func TestLostEventsKillTheListener(t *testing.T) {
	l, conn := listening(t)
	l.muted.Store(true)
	e := event()
	for range maxEvents + maxMissed {
		l.push(e)
	}
	if l.overrun {
		t.Fatal("500 losses are borne")
	}
	l.push(e)
	l.deliver()
	if !l.lost {
		t.Fatal("the 501st is not")
	}
	_ = conn
}

func TestMuteSwallows(t *testing.T) {
	l, conn := listening(t)
	l.muted.Store(true)
	l.reply(wire.Reply("+OK"))
	if len(conn.written) != 0 {
		t.Errorf("%q", conn.written)
	}
}
