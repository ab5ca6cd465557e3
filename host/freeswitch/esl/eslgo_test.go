package esl

import (
	"context"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/percipia/eslgo"
	"github.com/percipia/eslgo/command"
)

// eslgoClient connects eslgo, another program's idea of the protocol, as the client of a
// switch whose frames this package writes.
func eslgoClient(t *testing.T) (*eslgo.Conn, *peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ready := make(chan *peer)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			close(ready)
			return
		}
		p := newPeer(t, nc)
		p.send("Content-Type: auth/request\n\n")
		if got := p.command(); got != "auth ClueCon\n" {
			t.Errorf("eslgo said %q", got)
		}
		p.send(reply("+OK accepted"))
		ready <- p
	}()
	o := eslgo.DefaultInboundOptions
	o.Logger, o.Password, o.AuthTimeout = nil, "ClueCon", time.Minute
	var end context.CancelFunc
	o.Context, end = context.WithCancel(context.Background())
	conn, err := o.Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := <-ready
	t.Cleanup(func() { // and not conn.Close, which races with eslgo's own goroutines
		end()
		p.nc.Close()
	})
	return conn, p
}

func TestESLGoReadsWhatWeWrite(t *testing.T) {
	conn, p := eslgoClient(t)
	got := make(chan *eslgo.Event, 1)
	conn.RegisterEventListener(eslgo.EventListenAll, func(e *eslgo.Event) { got <- e })
	values := map[string]string{"Event-Name": "CUSTOM", "X-Name": "Müller \"x\" 50% off\nline two", "X-Plus": "+49:1;2"}
	var headers [][2]string
	for name, value := range values {
		headers = append(headers, [2]string{name, value})
	}
	event := NewEvent(headers, "body\n\nwith blank lines\n").Plain()
	p.send(fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(event), event))
	e := <-got
	for name, want := range values {
		if e.GetHeader(name) != want {
			t.Errorf("%s: eslgo read %q, want %q", name, e.GetHeader(name), want)
		}
	}
	if string(e.Body) != "body\n\nwith blank lines\n" {
		t.Errorf("eslgo read the body %q", e.Body)
	}
}

func TestWeReadWhatESLGoReads(t *testing.T) {
	stream := fromSwitch(capture(t, "testdata/captures/inbound-events-all.jsonl"))
	conn, p := eslgoClient(t)
	all := frames(t, strings.NewReader(stream))
	theirs := make(chan *eslgo.Event, len(all))
	conn.RegisterEventListener(eslgo.EventListenAll, func(e *eslgo.Event) { theirs <- e })
	ours := map[string]Event{} // by Event-Sequence, since eslgo loses the order
	for _, f := range all {
		if e, err := f.Event(); err != nil {
			t.Fatal(err)
		} else if f.typ == typeEventPlain {
			ours[e.Get("Event-Sequence")] = e
			p.send(f.raw)
		}
	}
	if len(ours) < 50 {
		t.Fatalf("only %d events", len(ours))
	}
	for range len(ours) {
		e := <-theirs
		our, ok := ours[e.GetHeader("Event-Sequence")]
		if !ok {
			t.Fatalf("eslgo read an event %q that is not there", e.GetHeader("Event-Sequence"))
		}
		n := 0
		for name, value := range our.All() {
			n++
			// eslgo knows no _undef_ and merges names by its own spelling.
			if their := e.Headers[textproto.CanonicalMIMEHeaderKey(name)]; len(their) == 1 && their[0] != unset && e.GetHeader(name) != value {
				t.Errorf("%s: eslgo read %q, we %q", name, e.GetHeader(name), value)
			}
		}
		if n < len(e.Headers) || string(e.Body) != our.Body() {
			t.Errorf("eslgo read %d headers and %q, we %d and %q", len(e.Headers), e.Body, n, our.Body())
		}
	}
}

func TestWeAnswerWhatESLGoAsks(t *testing.T) {
	conn, p := eslgoClient(t)
	go func() {
		if got := p.command(); got != "api strftime %Y\n" {
			t.Errorf("eslgo said %q", got)
		}
		p.send(apiResponse("2026"))
	}()
	r, err := conn.SendCommand(context.Background(), command.API{Command: "strftime", Arguments: "%Y"})
	if err != nil || r.GetReply() != "2026" {
		t.Errorf("eslgo got %v, %v", r, err)
	}
}
