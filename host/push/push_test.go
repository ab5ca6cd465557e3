package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

func TestMain(m *testing.M) { natsbubble.Main(m) }

// A got is a document that the endpoint got.
type got struct {
	Type string
	Data Call
	id   string
	text string
}

// A bench has an endpoint, the outbox that delivers to it, and a place for what waits.
type bench struct {
	*testing.T
	log    testproc.Log
	outbox *outbox.Outbox
	got    chan got
	away   atomic.Bool // the endpoint takes nothing
	hold   func()      // lets the outbox keep what it gets
}

func newBench(t *testing.T) *bench { return newBenchOf(t, config.Default().NATS) }

func newBenchOf(t *testing.T, place config.NATS) *bench {
	b := &bench{T: t, got: make(chan got, 10000)}
	n := memnet.New()
	l := n.Listen()
	server := &http.Server{Handler: b, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		time.Sleep(time.Minute) // its handlers end
	})
	client, err := network.NewClientOver(config.Default().HTTP, clock.System(), func(ctx context.Context, _ network.Permits, host string, port uint16) (net.Conn, error) {
		return n.Dial(ctx, fmt.Sprintf("%s:%d", host, port))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	store := durable.New(place, t.TempDir(), durable.Network{Listen: n.ListenOn, Dial: n.Dial}, b.logger(), clock.System())
	b.outbox = outbox.New(map[string]config.Endpoint{"crm": {URL: "http://" + l.Addr().String(), Parallel: 4, GiveUp: config.Duration(time.Hour)}},
		outbox.Deps{Store: store, HTTP: client, Rand: func() float64 { return 0 }, NewID: func() string { return "x" }, Log: b.logger(), Clock: clock.System()})
	ctx, stop := context.WithCancel(context.Background())
	holding, release := context.WithCancel(context.Background())
	var delivers, holds sync.WaitGroup
	delivers.Go(func() { _ = b.outbox.Run(ctx) })
	b.hold = func() { holds.Go(func() { _ = store.Run(holding) }) }
	t.Cleanup(func() {
		stop()
		delivers.Wait()
		release()
		holds.Wait()
	})
	return b
}

func (b *bench) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&b.log, nil)) }

func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.away.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, _ := io.ReadAll(r.Body)
	g := got{id: r.Header.Get("Webhook-Id"), text: string(body)}
	if err := json.Unmarshal(body, &g); err != nil {
		b.Errorf("%s: %v", body, err)
	}
	b.got <- g
}

// start runs Pushes as a host does, until finish.
func (b *bench) start(d Deps, pushes ...config.Push) (p *Pushes, finish func()) {
	d.Outbox, d.Log, d.Clock = b.outbox, b.logger(), clock.System()
	p = New(pushes, d)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	finish = sync.OnceFunc(func() {
		short, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Finish(short)
		stop()
		running.Wait()
	})
	b.Cleanup(finish)
	return p, finish
}

// next returns the next document, and fails if none comes for a while.
func (b *bench) next() got {
	b.Helper()
	select {
	case g := <-b.got:
		return g
	case <-time.After(15 * time.Minute):
		b.Fatalf("nothing came; outbox %+v; the log says\n%s", b.outbox.Status(), b.log.String())
	}
	return got{}
}

// quiet fails if anything comes within a minute.
func (b *bench) quiet() {
	b.Helper()
	time.Sleep(time.Minute)
	for len(b.got) > 0 {
		b.Errorf("came besides: %s", (<-b.got).text)
	}
}

// end returns the last event of a channel; the headers in more come first and count.
func end(uuid string, more ...[2]string) esl.Event {
	return esl.NewEvent(append(slices.Clone(more), [][2]string{
		{"Event-Name", ended}, {"Core-UUID", "core"}, {"Event-Sequence", "1"}, {"Event-Date-Timestamp", "1795855688789547"}, {"Unique-ID", uuid}, {"Channel-Name", "sofia/a/" + uuid}, {"Call-Direction", "inbound"},
		{"Caller-Channel-Created-Time", "1795855685769554"}, {"Caller-Channel-Answered-Time", "1795855686989535"}, {"Caller-Channel-Hangup-Time", "1795855688789547"},
		{"variable_hangup_cause", "NORMAL_CLEARING"},
	}...), "")
}

var callEnds = config.Push{On: config.CallEnd, Endpoints: []string{"crm"}}

// Two hosts that know of one call push it once, with what the host knows that served it.
func TestTwoHostsPushACallOnce(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		b.hold()
		served, _ := b.start(Deps{}, callEnds)
		other, finish := b.start(Deps{}, callEnds)
		served.Begun("a", "ivr", "v1")
		other.Ended(end("a"))
		served.Ended(end("a"))
		served.Ended(end("a")) // the call's own connection and its node
		g := b.next()
		if g.Data.UUID != "a" || g.Data.Flow != "ivr" || g.Data.Version != "v1" || g.Data.Duration != 3 || g.Data.Billable != 2 || g.Data.Millis != 3020 || g.Data.BillableMs != 1800 {
			t.Errorf("got %s", g.text)
		}
		b.quiet()
		served.Ended(end("a", [2]string{"Caller-Channel-Created-Time", "1795855685769555"})) // another call of that uuid
		if again := b.next(); again.id == g.id || again.Data.UUID != "a" {
			t.Errorf("got %s", again.text)
		}
		other.Ended(end("b")) // the host that would serve it has gone
		finish()
		if g := b.next(); g.Data.UUID != "b" || g.Data.Flow != "" {
			t.Errorf("got %s", g.text)
		}
	})
}

// A call's document has its legs, also those that end a little later. A leg that goes on
// has a document of its own.
func TestLegs(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		b.hold()
		p, _ := b.start(Deps{}, callEnds)
		leg := func(uuid, by string) esl.Event {
			return end(uuid, [2]string{"variable_originator", by}, [2]string{"Caller-Destination-Number", uuid})
		}
		p.Begun("a", "ivr", "v1")
		p.Ended(leg("b1", "a"))
		time.Sleep(time.Hour)
		p.Ended(leg("c", "b2"))
		p.Ended(end("a", [2]string{"Other-Type", "originatee"}, [2]string{"Other-Leg-Unique-ID", "b3"}, [2]string{"Other-Leg-Destination-Number", "300"}))
		time.Sleep(gather / 2)
		p.Ended(leg("b2", "a"))
		var legs []string
		g := b.next()
		for _, l := range g.Data.Legs {
			legs = append(legs, l.UUID+" "+l.Destination+" "+l.End[:min(len(l.End), 4)])
		}
		if got := strings.Join(legs, ", "); got != "b1 b1 2026, b2 b2 2026, c c 2026, b3 300 " {
			t.Errorf("the legs are %s: %s", got, g.text)
		}
		b.quiet()
		p.Ended(leg("b3", "a"))
		if g := b.next(); g.Data.UUID != "b3" || g.Data.Originator != "a" || g.Data.Flow != "ivr" {
			t.Errorf("got %s", g.text)
		}
	})
}

// What callers choose makes no document too large or no JSON, and a pattern takes no
// secrets.
func TestHostileValues(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		b.hold()
		p, _ := b.start(Deps{}, config.Push{On: config.CallEnd, Endpoints: []string{"crm"}, Variables: []string{"sip_h_*", "named_password", "absent"}})
		more := [][2]string{{"Caller-Caller-ID-Name", "\xff\xfe\x00\n" + strings.Repeat("\x01", 1<<16)}, {"Caller-Caller-ID-Number", strings.Repeat("ä", 1000)}, {"variable_sip_h_password", "no"}, {"variable_named_password", "yes"}}
		for i := range 200 {
			more = append(more, [2]string{fmt.Sprintf("variable_sip_h_%d\xff", i), strings.Repeat("\x01", 9000)})
		}
		p.Ended(end("a", more...))
		g := b.next()
		if len(g.text) > 600<<10 || !g.Data.Truncated || len(g.Data.Variables) < 5 || g.Data.Variables["named_password"] != "yes" || strings.Contains(g.text, "sip_h_password") || len(g.Data.Caller.Number) > 300 || len(g.Data.Caller.Name) > 800 {
			t.Errorf("%d bytes, %d variables: %.2000s", len(g.text), len(g.Data.Variables), g.text)
		}
	})
}

// While nothing can be kept, calls go on; what is too much is dropped and counted, and
// the log says it twice: when it begins, and how many, when it is over.
func TestNothingCanBeKept(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		p, _ := b.start(Deps{}, config.Push{On: config.CallEnd, Endpoints: []string{"crm"}, Variables: []string{"x*"}})
		var large [][2]string
		for i := range 8 {
			large = append(large, [2]string{fmt.Sprintf("variable_x%d", i), strings.Repeat("x", 8000)})
		}
		const calls = 400
		for i := range calls {
			p.Ended(end(fmt.Sprint("a", i), large...))
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		st := p.Status()[0]
		if st.Lost == 0 || st.Waiting+int(st.Lost)+width != calls {
			t.Errorf("%+v", st)
		}
		b.hold()
		for range calls - int(st.Lost) {
			b.next()
		}
		b.quiet()
		log := b.log.String()
		if strings.Count(log, "pushes are dropped") != 1 || !strings.Contains(log, fmt.Sprintf(`"pushes are kept again" push="call_end to crm" dropped=%d`, st.Lost)) {
			t.Errorf("the log says\n%s", log)
		}
	})
}

// When the place for what waits is full, what comes then is dropped and counted; what was
// kept before arrives.
func TestTheStoreIsFull(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		place := config.Default().NATS
		place.Size = 16 << 20
		b := newBenchOf(t, place)
		b.hold()
		b.away.Store(true)
		p, _ := b.start(Deps{}, config.Push{On: config.CallEnd, Endpoints: []string{"crm"}, Variables: []string{"x*"}})
		var large [][2]string
		for i := range 7 {
			large = append(large, [2]string{fmt.Sprintf("variable_x%d", i), strings.Repeat("x", 8000)})
		}
		const calls = 400
		for i := range calls {
			p.Ended(end(fmt.Sprint("a", i), large...))
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		st := p.Status()[0]
		if st.Kept == 0 || st.Lost == 0 || st.Kept+st.Lost != calls || !strings.Contains(b.log.String(), "because it cannot be kept") {
			t.Errorf("%+v; the log says\n%s", st, b.log.String())
		}
		b.away.Store(false)
		for range st.Kept {
			b.next()
		}
		time.Sleep(time.Minute)
		p.Ended(end("last")) // there is room again
		if g := b.next(); g.Data.UUID != "last" {
			t.Errorf("got %s", g.text)
		}
	})
}

// A document whose script fails is not sent, and one that eslua cannot keep before it
// ends is said to be lost.
func TestLosses(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		failing := callEnds
		failing.Script = "shape"
		p, finish := b.start(Deps{Shape: func(context.Context, config.Script, string, string, []byte) ([]byte, bool, error) {
			return nil, false, errors.New("no")
		}}, failing, callEnds)
		p.Ended(end("a"))
		finish()
		if st := p.Status(); st[0].Lost != 1 || st[1].Lost != 1 {
			t.Errorf("%+v", st)
		}
		if log := b.log.String(); !strings.Contains(log, "because its script failed") || !strings.Contains(log, "because it cannot be kept") {
			t.Errorf("the log says\n%s", log)
		}
		b.hold()
		b.quiet()
	})
}

// A reload changes what is pushed from then on.
func TestConfigure(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t)
		b.hold()
		p, _ := b.start(Deps{})
		if p.Wanted() {
			t.Error("nothing is configured")
		}
		p.Configure([]config.Push{{On: config.CallEnd, Endpoints: []string{"crm"}, Flows: []string{"ivr"}}})
		synctest.Wait()
		p.Begun("a", "ivr", "v")
		p.Begun("b", "other", "v")
		p.Ended(end("a"))
		p.Ended(end("b"))
		if g := b.next(); g.Data.UUID != "a" {
			t.Errorf("got %s", g.text)
		}
		b.quiet()
		p.Ended(end("c"))
		p.Configure(nil)
		b.quiet()
		if p.Wanted() || (*Pushes)(nil).Wanted() {
			t.Error("nothing is configured any more")
		}
	})
}

func TestFIFO(t *testing.T) {
	f := newFIFO[int](3)
	for i := range 100 {
		f.put(fmt.Sprint(i), i)
		if i%2 == 0 {
			f.remove(fmt.Sprint(i))
		}
	}
	f.put("97", 7) // keeps its place
	f.put("new", 1)
	_, old := f.get("95")
	v, ok := f.get("97")
	if old || !ok || v != 7 || len(f.values) != 3 || len(f.order) > 30 {
		t.Errorf("%v %v %v %d", old, ok, v, len(f.order))
	}
}

// What a call of a flow itself does for a push of its end: two notes, and no wait.
func BenchmarkTheCallsOwnPath(b *testing.B) {
	p := New([]config.Push{callEnds}, Deps{Log: slog.New(slog.DiscardHandler), Clock: clock.System()})
	last := end("a")
	b.ReportAllocs()
	for b.Loop() {
		p.Begun("a", "ivr", "v1")
		p.Ended(last)
	}
}
