package switchsim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A replay plays one transcript again: the application's side is sent
// to the simulator, what comes back is compared with what FreeSWITCH sent.
type replay struct {
	name   string
	config switchsim.Config
	// start sets the call up; port is where the application listens (outbound).
	start func(t *testing.T, sw *switchsim.Switch, port string)
	// then acts from outside once the transcript's n-th line (from 0) was reached.
	then map[int]func(t *testing.T, sw *switchsim.Switch)
	// ignore drops packets on both sides that belong to something the
	// transcript holds only a part of.
	ignore func(p *packet) bool
	// handedOver: see normalisation 6; interrupted: see 7.
	handedOver, interrupted bool
}

// Normalisation. Where FreeSWITCH's order is a race between its threads the two
// sides are brought into one order here, and nowhere else:
//
//  1. Replies and events are two streams. A connection is polled every 20 ms, so
//     where events fall between replies depends on when the poll comes.
//  2. Events of different channels, and events without a channel, are streams of
//     their own: every channel has its own thread. A channel is known by its
//     name and the order in which it appears.
//  3. The linger notice and CHANNEL_OUTGOING may stand anywhere in their stream:
//     the listener's and the originating thread send them.
//  4. The first CHANNEL_PARK may be missing: the socket application parks while
//     the application's myevents is on its way.
//  5. Ports of 127.0.0.1 become 8084, because the replay listens elsewhere.
//  6. An execute_on_answer application is broken off when originate takes the
//     call over. Whether its first playback has begun by then is a race: of that
//     CHANNEL_EXECUTE only the kind is compared, and the playback_* variables
//     may be there afterwards.
//  7. uuid_break and uuid_transfer sent in a row reach the media loop within one
//     20 ms frame on a real switch, which then sees only the transfer. Here the
//     break may be seen first: of that playback's CHANNEL_EXECUTE_COMPLETE only
//     the kind is compared, and Application-Response not at all.
const (
	streamReplies = "replies"
	streamNotice  = "notice"
)

// stream says which stream of a replay a packet belongs to.
func (r *replay) stream(p *packet, channels map[string]string) string {
	switch {
	case p.kind == "closed":
		return streamReplies
	case p.kind == "text/disconnect-notice" && p.get("Content-Disposition") == "linger":
		return streamNotice
	case !p.event:
		return streamReplies
	}
	id := p.get("Unique-ID")
	if id == "" {
		return p.get("Event-Name")
	}
	name, known := channels[id]
	if !known {
		full := strings.Replace(p.get("Channel-Name"), "/default-", "-", 1)
		name = full
		for n := 2; slices.Contains(values(channels), name); n++ {
			name = fmt.Sprintf("%s #%d", full, n)
		}
		channels[id] = name
	}
	if p.get("Event-Name") == "CHANNEL_OUTGOING" {
		return name + " outgoing"
	}
	return name
}

func values(m map[string]string) []string {
	var list []string
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// A side holds the packets that one switch sent, by stream.
type side struct {
	mu       sync.Mutex
	r        *replay
	channels map[string]string
	streams  map[string][]*packet
	more     chan struct{}
}

func newSide(r *replay) *side {
	return &side{r: r, channels: map[string]string{}, streams: map[string][]*packet{}, more: make(chan struct{})}
}

func (s *side) add(raw string) error {
	p, err := parsePacket(raw)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.r.stream(p, s.channels)
	if s.r.ignore != nil && s.r.ignore(p) {
		return nil
	}
	if p.get("Event-Name") == "CHANNEL_PARK" && p.event && len(s.streams[name]) == 0 && s.r.start != nil {
		return nil
	}
	s.streams[name] = append(s.streams[name], p)
	close(s.more)
	s.more = make(chan struct{})
	return nil
}

func (s *side) counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := map[string]int{}
	for name, list := range s.streams {
		c[name] = len(list)
	}
	return c
}

// await blocks until this side has at least as much in every stream as want.
func (s *side) await(ctx context.Context, want map[string]int) error {
	for {
		s.mu.Lock()
		more, missing := s.more, ""
		for name, n := range want {
			if len(s.streams[name]) < n {
				missing = fmt.Sprintf("%s: has %d of %d", name, len(s.streams[name]), n)
			}
		}
		s.mu.Unlock()
		if missing == "" {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("%s", missing)
		}
	}
}

// run plays the transcript.
func (r *replay) run(t *testing.T) {
	lines := transcript(t, r.name)
	sw := switchsim.New(r.config)
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	conn := r.connect(t, sw)
	defer conn.Close()
	ctx := testproc.Context(t)
	real, sim := newSide(r), newSide(r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		br := bufio.NewReader(conn)
		for {
			raw, err := readPacket(br)
			if err != nil {
				if err == io.EOF {
					sim.add("<closed>")
				}
				return
			}
			sim.add(raw)
		}
	}()
	for i, l := range lines {
		if l.From == "app" {
			if err := sim.await(ctx, real.counts()); err != nil {
				t.Errorf("before line %d (%.40q): %v", i, l.Data, err)
				break
			}
			fmt.Fprint(conn, l.Data)
		} else if err := real.add(l.Data); err != nil {
			t.Fatal(err)
		}
		if act := r.then[i]; act != nil {
			if err := sim.await(ctx, real.counts()); err != nil {
				t.Errorf("after line %d: %v", i, err)
				break
			}
			act(t, sw)
		}
	}
	if err := sim.await(ctx, real.counts()); err != nil {
		t.Errorf("at the end: %v", err)
	}
	if t.Failed() {
		sim.mu.Lock()
		for name, list := range sim.streams {
			for _, p := range list {
				t.Logf("got %s: %s", name, p.title())
			}
		}
		sim.mu.Unlock()
	}
	conn.Close()
	<-done
	r.compare(t, real, sim)
}

// connect returns the application's socket: dialled by us, or accepted from the
// socket application.
func (r *replay) connect(t *testing.T, sw *switchsim.Switch) net.Conn {
	t.Helper()
	if strings.HasPrefix(r.name, "inbound-") {
		if r.start != nil {
			r.start(t, sw, "")
		}
		conn, err := net.Dial("tcp", sw.Addr())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	r.start(t, sw, port)
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// compare compares what came with what FreeSWITCH sent.
func (r *replay) compare(t *testing.T, real, sim *side) {
	t.Helper()
	for name, want := range real.streams {
		got := sim.streams[name]
		for i, w := range want {
			if i >= len(got) {
				t.Errorf("%s: %d: missing %s", name, i, w.title())
				break
			}
			if g, x := mask(got[i].title()), mask(w.title()); g != x {
				t.Errorf("%s: %d: got %s, FreeSWITCH sent %s", name, i, g, x)
				break
			}
			r.comparePacket(t, fmt.Sprintf("%s: %d: %s", name, i, w.title()), w, got[i])
		}
	}
	for name, got := range sim.streams {
		if len(real.streams[name]) == 0 {
			t.Errorf("%s: %d packets FreeSWITCH did not send, first %s", name, len(got), got[0].title())
		}
	}
}

var (
	uuids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	ports   = regexp.MustCompile(`127\.0\.0\.1:[0-9]+/`)
	numbers = regexp.MustCompile(`[0-9]+`)
	plurals = regexp.MustCompile(`(year|day|hour|minute|second)s\b`)
)

// mask takes out what no two runs share: UUIDs and our port.
func mask(s string) string {
	return ports.ReplaceAllString(uuids.ReplaceAllString(s, "<uuid>"), "127.0.0.1:8084/")
}

// shape returns a body without its numbers: an up-time of 1 second has the shape of
// one of 2 seconds.
func shape(body string) string {
	return plurals.ReplaceAllString(numbers.ReplaceAllString(mask(body), "0"), "$1")
}

// comparePacket compares header names in order, key headers and body. Bodies
// (api output, a job's output) are compared with their numbers taken out.
func (r *replay) comparePacket(t *testing.T, at string, want, got *packet) {
	t.Helper()
	if r.handedOver && want.get("Event-Name") == "CHANNEL_EXECUTE" && want.get("Application") == "playback" {
		return
	}
	if r.interrupted && want.get("Event-Name") == "CHANNEL_EXECUTE_COMPLETE" && want.get("Application") == "playback" {
		return
	}
	if w, g := want.names(), got.names(); !slices.Equal(w, g) {
		t.Errorf("%s: header names\n got %v\nwant %v", at, onlyIn(g, w), onlyIn(w, g))
	}
	for _, name := range keyHeaders {
		if r.interrupted && (name == "Application-Response" || name == "variable_current_application_response") {
			continue
		}
		if w, g := mask(want.get(name)), mask(got.get(name)); w != g {
			t.Errorf("%s: %s is %q, FreeSWITCH has %q", at, name, g, w)
		}
	}
	if w, g := shape(want.body), shape(got.body); w != g {
		t.Errorf("%s: body\n got %q\nwant %q", at, g, w)
	}
	if missing := onlyIn(want.variables(), got.variables()); len(missing) > 0 {
		t.Errorf("%s: variables missing: %v", at, missing)
	}
	extra := onlyIn(got.variables(), want.variables())
	if r.handedOver {
		extra = slices.DeleteFunc(extra, func(s string) bool { return strings.HasPrefix(s, "playback_") })
	}
	if len(extra) > 0 {
		t.Errorf("%s: variables too many: %v", at, extra)
	}
}

// onlyIn lists what a has and b has not; the whole of a when it is the order
// that differs.
func onlyIn(a, b []string) []string {
	var list []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			list = append(list, x)
		}
	}
	return list
}
