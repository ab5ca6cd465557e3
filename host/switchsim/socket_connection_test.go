package switchsim

import (
	"net"
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// A sink is a connection that records what is written.
type sink struct {
	net.Conn
	written []byte
}

func (s *sink) Write(b []byte) (int, error) { s.written = append(s.written, b...); return len(b), nil }
func (s *sink) Close() error                { return nil }

func connectionTo(conn net.Conn) *connection { return New(Config{}).newConnection(conn, Fault{}) }

func TestNothingIsDeliveredInTheMiddleOfACommand(t *testing.T) {
	conn := &sink{}
	l := connectionTo(conn)
	l.partial.Store(true)
	l.sub.Push(&wire.Event{Headers: []wire.Header{{Name: "Event-Name", Value: "HEARTBEAT"}}})
	l.deliver()
	if len(conn.written) != 0 {
		t.Fatalf("%d bytes sent", len(conn.written))
	}
	l.partial.Store(false)
	l.deliver()
	if len(conn.written) == 0 {
		t.Fatal("afterwards it is delivered")
	}
	conn.written = nil
	if l.deliver(); len(conn.written) != 0 {
		t.Fatal("it is delivered once")
	}
}

func TestMuteSwallows(t *testing.T) {
	conn := &sink{}
	l := connectionTo(conn)
	l.muted.Store(true)
	l.reply(wire.Reply("+OK"))
	if len(conn.written) != 0 {
		t.Errorf("%q", conn.written)
	}
}
