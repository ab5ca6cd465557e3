package esl

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/percipia/eslgo"
)

// executeComplete returns the largest CHANNEL_EXECUTE_COMPLETE of the captures, as it
// came over the wire: 7.4 KB, of a SIP call.
func executeComplete(t testing.TB) (wire, appUUID, app string) {
	for _, packets := range captures(t) {
		for _, p := range packets {
			if strings.Contains(p.Data, "Event-Name: CHANNEL_EXECUTE_COMPLETE\n") && len(p.Data) > len(wire) {
				wire = p.Data
			}
		}
	}
	return wire, valueIn(t, wire, "Application-UUID"), valueIn(t, wire, "Application")
}

func valueIn(t testing.TB, wire, name string) string {
	_, after, ok := strings.Cut(wire, "\n"+name+": ")
	value, _, _ := strings.Cut(after, "\n")
	if !ok || value == "" {
		t.Fatal("no", name, "in", wire)
	}
	return value
}

// batch is the number of events that a benchmark sends before it waits for their arrival:
// fewer than a queue holds.
const batch = 500

// BenchmarkExecuteComplete measures the way of an event from the socket to the
// goroutine that waits for its execute. eslgo reads the same bytes from the same
// kind of socket in the same run, turn by turn; x-eslgo compares the events per
// second of each one's quickest batch, so that a busy machine disturbs neither.
func BenchmarkExecuteComplete(b *testing.B) {
	wire, appUUID, app := executeComplete(b)
	bytes := []byte(strings.Repeat(wire, batch))
	reference := newEslgoReader(b, appUUID, app)
	c, p := connected(b, Options{QueueBytes: batch << 14})
	far := p.nc
	ctx := context.Background()

	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	ours, theirs := time.Hour, time.Hour
	var start time.Time
	events := 0
	for b.Loop() {
		if events%batch == 0 {
			if events > 0 {
				ours = min(ours, time.Since(start))
			}
			if events%(20*batch) == 0 {
				b.StopTimer()
				theirs = min(theirs, reference.batch(b, bytes))
				b.StartTimer()
			}
			start = time.Now()
			go far.Write(bytes)
		}
		events++
		e, err := c.Next(ctx)
		if err != nil || !completes(e, appUUID, app) {
			b.Fatal(err, e.Name())
		}
	}
	if events > batch {
		b.ReportMetric(batch/ours.Seconds(), "events/s")
		b.ReportMetric(batch/theirs.Seconds(), "eslgo-events/s")
		b.ReportMetric(float64(theirs)/float64(ours), "x-eslgo")
	}
}

// completes reports whether an event is the one that a waiting execute needs.
func completes(e Event, appUUID, app string) bool {
	if e.Name() != "CHANNEL_EXECUTE_COMPLETE" {
		return false
	}
	names, values := [2]string{"Application-UUID", "Application"}, [2]string{}
	e.PickLast(names[:], values[:])
	return values == [2]string{appUUID, app}
}

// An eslgoReader is eslgo's connection to a socket that the benchmark writes to.
type eslgoReader struct {
	far  net.Conn
	seen chan bool
}

func newEslgoReader(b *testing.B, appUUID, app string) *eslgoReader {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		nc, err := l.Accept()
		if err == nil {
			fmt.Fprint(nc, "Content-Type: auth/request\n\n")
			io.ReadFull(nc, make([]byte, len("auth ClueCon\r\n\r\n")))
			fmt.Fprint(nc, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
		}
		accepted <- nc
	}()
	o := eslgo.DefaultInboundOptions
	o.Logger, o.Password = nil, "ClueCon"
	conn, err := o.Dial(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	r := &eslgoReader{far: <-accepted, seen: make(chan bool, batch)}
	conn.RegisterEventListener(appUUID, func(e *eslgo.Event) {
		r.seen <- e.GetName() == "CHANNEL_EXECUTE_COMPLETE" && e.GetHeader("Application") == app
	})
	b.Cleanup(func() {
		conn.Close()
		r.far.Close()
	})
	return r
}

func (r *eslgoReader) batch(b *testing.B, bytes []byte) time.Duration {
	start := time.Now()
	go r.far.Write(bytes)
	for range batch {
		if !<-r.seen {
			b.Fatal("eslgo read another event")
		}
	}
	return time.Since(start)
}

func tcpPair(t testing.TB) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}
