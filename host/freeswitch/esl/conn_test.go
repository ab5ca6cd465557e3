package esl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

func TestPipelinedRepliesComeBackInOrder(t *testing.T) {
	c, p := connected(t, Options{})
	m := must(t)
	sent, err := c.Post(m(API("hostname")), m(API("version")), m(BgAPI("status", "7")))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"api hostname\n", "api version\n", "bgapi status\nJob-UUID: 7\n"} {
		if got := p.command(); got != want {
			t.Errorf("the peer read %q, want %q", got, want)
		}
	}
	p.send(apiResponse("vm"), plain("Event-Name: HEARTBEAT"), apiResponse("1.11\n"), reply("+OK Job-UUID: 7"))
	for i, want := range []string{"vm", "1.11\n", "+OK Job-UUID: 7"} {
		r, err := sent[i].Wait(t.Context())
		if err != nil || r.Text() != want || r.Err() != nil {
			t.Errorf("reply %d is %q, %v, want %q", i, r.Text(), err, want)
		}
	}
}

// oneWrite counts the writes a connection makes.
type oneWrite struct {
	net.Conn
	writes int
}

func (w *oneWrite) Write(p []byte) (int, error) {
	w.writes++
	return w.Conn.Write(p)
}

func TestPostIsOneWrite(t *testing.T) {
	near, far := tcpPair(t)
	defer far.Close()
	w := &oneWrite{Conn: near}
	c := NewConn(w, Options{})
	defer c.Close()
	m := must(t)
	if _, err := c.Post(m(Connect()), m(Linger(5)), m(MyEvents("plain"))); err != nil || w.writes != 1 {
		t.Errorf("%d writes, %v", w.writes, err)
	}
}

func TestAnErrorReplyIsNotAFailure(t *testing.T) {
	c, p := connected(t, Options{})
	m := must(t)
	for text, want := range map[string]string{
		reply("-ERR command not found"):                          "FreeSWITCH answered -ERR command not found",
		apiResponse("-ERR No such channel!\n"):                   "FreeSWITCH answered -ERR No such channel!",
		apiResponse("-USAGE: uuid_kill <uuid>\n"):                "FreeSWITCH answered -USAGE: uuid_kill <uuid>",
		reply("a value that was asked for with getvar: 50% off"): "",
		apiResponse(""): "",
	} {
		sent, err := c.Post(m(API("x")))
		if err != nil {
			t.Fatal(err)
		}
		p.send(text)
		r, err := sent[0].Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var refused *ReplyError
		if got := r.Err(); (got == nil) != (want == "") || got != nil && (!errors.As(got, &refused) || got.Error() != want) {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
}

func TestConnectReplyIsAnEvent(t *testing.T) {
	c, p := connected(t, Options{})
	go func() {
		p.command()
		p.send("Event-Name: CHANNEL_DATA\nCaller-Caller-ID-Name: M%C3%BCller%20%22x%22\nvariable_a: 1%0A2\n" +
			"Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n")
	}()
	r, err := c.Do(t.Context(), must(t)(Connect()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Err() != nil || r.Text() != "+OK\n" || r.Name() != "CHANNEL_DATA" || r.Type() != "command/reply" {
		t.Errorf("%q %q %q %v", r.Text(), r.Name(), r.Type(), r.Err())
	}
	if got := r.Get("caller-caller-id-name") + "|" + r.Get("variable_a") + "|" + r.Get("Control"); got != "Müller \"x\"|1\n2|full" {
		t.Errorf("got %q", got)
	}
}

func TestOneWhoGaveUpTakesItsLateReplyAlong(t *testing.T) {
	c, p := connected(t, Options{})
	m := must(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, m(API("slow"))); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	go func() {
		p.command()
		p.command()
		p.send(apiResponse("late"), apiResponse("mine"))
	}()
	if r, err := c.Do(t.Context(), m(API("quick"))); err != nil || r.Text() != "mine" {
		t.Errorf("the next got %q, %v", r.Text(), err)
	}
}

func TestAPostedAnswerWakesTheOwner(t *testing.T) {
	c, p := connected(t, Options{})
	sent, err := c.Post(must(t)(Resume()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := sent[0].Ready(); ok {
		t.Fatal("ready before the answer")
	}
	p.send(reply("+OK"))
	<-c.Wake()
	r, err, ok := sent[0].Ready()
	if !ok { // the answer to auth may have left a signal
		<-c.Wake()
		r, err, ok = sent[0].Ready()
	}
	if !ok || err != nil || r.Text() != "+OK" {
		t.Errorf("%q %v %v", r.Text(), err, ok)
	}
	<-sent[0].Done()
}

func TestEventsArriveInOrder(t *testing.T) {
	const n = 20000
	c, p := connected(t, Options{QueueLen: n, QueueBytes: n << 10})
	go func() {
		var b strings.Builder
		for i := range n {
			b.WriteString(plain("Event-Name: CUSTOM", fmt.Sprintf("Event-Sequence: %d", i)))
		}
		p.send(b.String())
	}()
	for i := range n {
		e, err := c.Next(t.Context())
		if err != nil || e.Get("Event-Sequence") != fmt.Sprint(i) {
			t.Fatalf("event %d is %q, %v", i, e.Get("Event-Sequence"), err)
		}
	}
}

func TestADisconnectEndsEveryWaiterAtOnce(t *testing.T) {
	c, p := connected(t, Options{})
	m := must(t)
	var waiters sync.WaitGroup
	errs := make(chan error, 16)
	for range 4 {
		sent, err := c.Post(m(API("x")))
		if err != nil {
			t.Fatal(err)
		}
		job, err := c.StartJob("originate x")
		if err != nil {
			t.Fatal(err)
		}
		waiters.Go(func() { _, err := sent[0].Wait(context.Background()); errs <- err })
		waiters.Go(func() { _, err := job.Wait(context.Background()); errs <- err })
		p.command()
		p.command()
	}
	p.send(plain("Event-Name: LAST"), notice("disconnect", "Disconnected, goodbye.\nSee you.\n"))
	p.nc.Close()
	waiters.Wait()
	<-c.Done()
	for _, want := range []string{"text/event-plain", "text/disconnect-notice"} {
		if got, err := c.Next(context.Background()); err != nil || got.Type() != want {
			t.Errorf("after the end: %q, %v, want %s", got.Type(), err, want)
		}
	}
	_, err := c.Next(context.Background())
	errs <- err
	_, err = c.Post(m(Resume()))
	errs <- err
	_, err = c.StartJob("status")
	errs <- err
	errs <- c.Err()
	close(errs)
	count := 0
	for err := range errs {
		count++
		var d *DisconnectError
		if !errors.As(err, &d) || !errors.Is(err, io.EOF) || d.Notice != "Disconnected, goodbye.\nSee you." || d.Peer.String() != p.nc.LocalAddr().String() {
			t.Errorf("waiter got %v", err)
		}
	}
	if count != 12 {
		t.Errorf("%d waiters", count)
	}
}

func TestALingerNoticeIsNoGoodbye(t *testing.T) {
	c, p := connected(t, Options{})
	p.send(notice("linger", "not yet\n"), plain("Event-Name: CHANNEL_HANGUP_COMPLETE"))
	e, err := c.Next(t.Context())
	if err != nil || e.Type() != "text/disconnect-notice" || e.Get("Content-Disposition") != "linger" {
		t.Fatalf("%q %v", e.Type(), err)
	}
	if e, err := c.Next(t.Context()); err != nil || e.Name() != "CHANNEL_HANGUP_COMPLETE" {
		t.Fatalf("%q %v", e.Name(), err)
	}
	p.nc.Close()
	<-c.Done()
	if strings.Contains(c.Err().Error(), "said") {
		t.Error(c.Err())
	}
}

func TestAMalformedFrameEndsOnlyItsConnection(t *testing.T) {
	other, q := connected(t, Options{})
	c, p := connected(t, Options{})
	good := reply("+OK")
	p.send(good, "Content-Type: api/response\nContent-Length: -1\n\n")
	<-c.Done()
	var m *MalformedError
	if err := c.Err(); !errors.As(err, &m) || m.Offset != int64(len(accepted+good)+27) {
		t.Error(err)
	}
	if !strings.Contains(c.Err().Error(), fmt.Sprintf("malformed frame at byte %d: Content-Length is not a number of bytes: \"-1\"", len(accepted+good)+27)) {
		t.Error(c.Err())
	}
	q.send(plain("Event-Name: STILL_HERE"))
	if e, err := other.Next(t.Context()); err != nil || e.Name() != "STILL_HERE" {
		t.Error(e.Name(), err)
	}
}

func TestABrokenJSONEventEndsTheConnection(t *testing.T) {
	c, p := connected(t, Options{})
	p.send("Content-Length: 1\nContent-Type: text/event-json\n\n{")
	<-c.Done()
	var m *MalformedError
	if !errors.As(c.Err(), &m) || m.Offset != int64(len(accepted))+50 {
		t.Error(c.Err())
	}
}

func TestOdditiesAreSkippedAndReportedOnce(t *testing.T) {
	var log testproc.Log
	c, p := connected(t, Options{Log: log.Logger()})
	p.send("Content-Type: text/surprise\nContent-Length: 5\n\nhello", "Content-Type: text/more\n\n", reply("+OK nobody asked"), plain("Event-Name: NEXT"))
	if e, err := c.Next(t.Context()); err != nil || e.Name() != "NEXT" {
		t.Fatal(e.Name(), err)
	}
	if log.Count("text/surprise") != 1 || log.Count("level=WARN") != 1 {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestEveryTypeReachesTheConsumer(t *testing.T) {
	c, p := connected(t, Options{})
	for _, f := range []struct{ frame, typ, name, body string }{
		{"Content-Type: auth/request\n\n", "auth/request", "", ""},
		{plainBody("x", "Event-Name: A"), "text/event-plain", "A", "x"},
		{"Content-Length: 18\nContent-Type: text/event-json\n\n{\"Event-Name\":\"B\"}", "text/event-json", "B", ""},
		{"Content-Length: 7\nContent-Type: text/event-xml\n\n<event>", "text/event-xml", "", "<event>"},
		{"Content-Type: log/data\nContent-Length: 3\nLog-Level: 7\n\nhey", "log/data", "", "hey"},
		{notice("disconnect", "bye"), "text/disconnect-notice", "", "bye"},
		{"Content-Type: text/rude-rejection\nContent-Length: 4\n\nno!\n", "text/rude-rejection", "", "no!\n"},
	} {
		p.send(f.frame)
		e, err := c.Next(t.Context())
		if err != nil || e.Type() != f.typ || e.Name() != f.name || e.Body() != f.body || e.IsZero() {
			t.Errorf("%s: %q %q %q %v", f.typ, e.Type(), e.Name(), e.Body(), err)
		}
	}
}

func TestAWriteThatGetsStuckEndsTheConnection(t *testing.T) {
	near, far := net.Pipe() // nobody reads the far end
	defer far.Close()
	c := NewConn(near, Options{WriteTimeout: time.Millisecond})
	defer c.Close()
	_, err := c.Do(t.Context(), must(t)(Resume()))
	var d *DisconnectError
	var timeout net.Error
	if !errors.As(err, &d) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error(err)
	}
	<-c.Done()
}

func TestACommandNoBuilderMadeIsNotSent(t *testing.T) {
	c, p := connected(t, Options{})
	if _, err := c.Post(Command{}); err == nil {
		t.Error("the zero Command was sent")
	}
	go func() { p.command(); p.send(reply("+OK")) }()
	if _, err := c.Do(t.Context(), must(t)(Resume())); err != nil {
		t.Error(err)
	}
}

// A countedConn reports the beginning of each Read.
type countedConn struct {
	net.Conn
	reads chan struct{}
}

func (c *countedConn) Read(p []byte) (int, error) {
	c.reads <- struct{}{}
	return c.Conn.Read(p)
}

func TestAReadWithoutEventsDoesNotWakeTheOwner(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	nc := &countedConn{Conn: near, reads: make(chan struct{}, 8)}
	c := NewConn(nc, Options{})
	defer c.Close()
	p := newPeer(t, far)
	quiet := func(after string) {
		t.Helper()
		<-nc.reads
		select {
		case <-c.Wake():
			t.Errorf("the consumer was woken %s", after)
		default:
		}
	}
	quiet("before anything arrived")
	p.send(plain("Event-Name: FIRST"))
	<-nc.reads
	<-c.Wake()
	if e, ok := c.Poll(); !ok || e.Name() != "FIRST" {
		t.Fatal(e.Name(), ok)
	}
	half := plain("Event-Name: SECOND")
	p.send(half[:len(half)/2])
	quiet("for half an event")
	p.send(half[len(half)/2:])
	<-c.Wake()
}

func TestTheEndWakesTheOwner(t *testing.T) {
	c, p := connected(t, Options{})
	p.nc.Close()
	for c.Err() == nil {
		<-c.Wake()
	}
	<-c.Done()
	if _, err := c.StartJob("status"); err == nil || len(c.jobs) != 0 {
		t.Errorf("%v, %d jobs are waited for", err, len(c.jobs))
	}
}

func TestCloseTwice(t *testing.T) {
	c, _ := connected(t, Options{})
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if !errors.Is(c.Err(), net.ErrClosed) {
		t.Error(c.Err())
	}
}

// A source that is no socket is read as well, its last bytes come with its end.
func TestReaderOverAnySource(t *testing.T) {
	broken := errors.New("cable cut")
	r := NewReader(io.MultiReader(strings.NewReader(reply("+OK")), iotest.ErrReader(broken)), Limits{})
	if f, err := r.Next(); err != nil || f.Get("reply-text") != "+OK" {
		t.Error(f, err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// watchedReader calls reads before each read.
type watchedReader struct {
	io.Reader
	reads func()
}

func (w watchedReader) Read(p []byte) (int, error) {
	w.reads()
	return w.Reader.Read(p)
}

func TestLongFramesGrowWithWhatCame(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	in := apiResponse(body) + reply(strings.Repeat("y", 100<<10)) + apiResponse("tail")
	largest := 0
	var r *Reader
	r = NewReader(iotest.HalfReader(watchedReader{strings.NewReader(in), func() { largest = max(largest, len(r.buf)) }}), Limits{})
	for _, want := range []int{len(body), 0, 4} {
		if f, err := r.Next(); err != nil || len(f.Body()) != want {
			t.Fatalf("%d bytes, %v, want %d", len(f.Body()), err, want)
		}
	}
	if r.buf != nil || largest > len(body)+bufferSize {
		t.Errorf("a buffer of %d bytes for %d; held between frames: %v", largest, len(body), r.buf != nil)
	}
	// 16 MiB announced, little sent: the buffer stays small.
	r = NewReader(strings.NewReader("Content-Type: api/response\nContent-Length: 16777216\n\nlittle"), Limits{Body: 16 << 20})
	if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) || len(r.buf) > bufferSize {
		t.Errorf("%d bytes taken, %v", len(r.buf), err)
	}
}

// Closing gives up the replies that are on their way: to `exit`, mostly.
func TestAReplyThatCrossesTheEndIsNotStrange(t *testing.T) {
	var log testproc.Log
	open, p := connected(t, Options{Log: log.Logger()})
	p.send(reply("+OK"), plain("Event-Name: HEARTBEAT"))
	if _, err := open.Next(t.Context()); err != nil || log.Count("reply to no command") != 1 {
		t.Errorf("%v; a reply to nothing was not told", err)
	}
	closed, _ := connected(t, Options{Log: log.Logger()})
	_ = closed.Close()
	closed.deliverReply(Reply{}) // as the reader does that has read it already
	if log.Count("reply to no command") != 1 {
		t.Error("the end of the connection was told as something strange")
	}
}
