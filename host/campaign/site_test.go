package campaign

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A site is a simulated FreeSWITCH, and a directory that hosts share.
type site struct {
	*testing.T
	dir     string
	network *memnet.Network
	sw      *switchsim.Switch // of fs1
	nodes   []node.Node

	mu    sync.Mutex
	dead  string // address of the node that is cut off
	conns []net.Conn
	on    map[string]int         // how many calls each node has dialled
	dials map[string][]time.Time // when each number was dialled
	order []string               // in which they were
}

// inSite runs a test with a switch that dials numbers by their first digit: 1 answers and
// talks for ten seconds, 2 is busy, 3 does not answer, 4 does not exist.
func inSite(t *testing.T, test func(s *site)) {
	natsbubble.Bubble(t, func(t *testing.T) {
		s := &site{T: t, dir: t.TempDir(), network: memnet.New(), dials: map[string][]time.Time{}, on: map[string]int{}}
		s.sw = s.node(node.Node{Name: "fs1"})
		test(s)
	})
}

// node starts another switch, which the hosts that are started from then on know.
func (s *site) node(n node.Node) *switchsim.Switch {
	l := s.network.Listen()
	n.Address, n.Password = l.Addr().String(), "ClueCon"
	s.nodes = append(s.nodes, n)
	gw := "sofia/gateway/carrier/"
	sw := switchsim.New(switchsim.Config{
		Listener: l, Dial: s.network.Dial, NoJournal: true, Trace: func(e switchsim.Entry) { s.trace(n.Name, e) },
		Endpoints: []switchsim.Endpoint{
			{Dial: gw + "1*", Ring: time.Second, Script: []switchsim.Step{switchsim.After(10 * time.Second).Hangup()}},
			{Dial: gw + "2*", Ring: time.Second, Cause: "USER_BUSY"},
			{Dial: gw + "3*", Silent: true},
			{Dial: gw + "4*", Ring: time.Second, Cause: "UNALLOCATED_NUMBER"},
		},
	})
	if err := sw.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = sw.Close() })
	return sw
}

// dial connects to a node that is not cut off.
func (s *site) dial(ctx context.Context, address string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead == address {
		return nil, errors.New("the network is unreachable")
	}
	c, err := s.network.Dial(ctx, address)
	s.conns = append(s.conns, c)
	return c, err
}

// cut cuts the connections to a node, of which nothing is heard from then on.
func (s *site) cut(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.nodes {
		if n.Name == name {
			s.dead = n.Address
		}
	}
	for _, c := range s.conns {
		if c != nil && c.RemoteAddr().String() == s.dead {
			_ = c.Close()
		}
	}
}

// trace counts who is dialled.
func (s *site) trace(name string, e switchsim.Entry) {
	if e.Kind != "begin" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on[name]++
	number := e.Channel[strings.LastIndexByte(e.Channel, '/')+1:]
	number, _, _ = strings.Cut(number, "@")
	s.dials[number] = append(s.dials[number], e.At)
	s.order = append(s.order, number)
}

// placed returns how many calls each node has dialled.
func (s *site) placed() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.on)
}

// dialled returns how often each number was dialled.
func (s *site) dialled() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int{}
	for number, at := range s.dials {
		counts[number] = len(at)
	}
	return counts
}

// A host is one process.
type host struct {
	*Campaigns
	s     *site
	links node.Nodes
	stop  func() // it gives back what it leads
	kill  func() // it writes nothing any more
}

func (s *site) start() *host {
	log := slog.New(slog.DiscardHandler)
	store := durable.New(config.Default().NATS, s.dir, durable.Network{Listen: s.network.ListenOn, Dial: s.network.Dial}, log, clock.System())
	var links node.Nodes
	for _, n := range s.nodes {
		links = append(links, node.New(n, log, clock.System(), node.Options{Dial: s.dial}))
	}
	c := New(config.Default().Campaigns, Deps{
		Store: store, Nodes: links, NewID: uuid.NewString, Log: log, Clock: clock.System(),
		Blocked: func(_ context.Context, bucket, number string) (bool, error) {
			return bucket == "dnc" && strings.HasSuffix(number, "99"), nil
		},
	})
	c.SetListener("127.0.0.1:8084")
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	durableCtx, stopDurable := context.WithCancel(context.Background())
	var kept sync.WaitGroup
	kept.Go(func() { _ = store.Run(durableCtx) })
	for _, link := range links {
		running.Go(func() { _ = link.Run(ctx) })
	}
	h := &host{Campaigns: c, s: s, links: links}
	h.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		stopDurable()
		kept.Wait()
	})
	h.kill = func() {
		stopDurable()
		kept.Wait()
		h.stop()
	}
	s.Cleanup(h.stop)
	return h
}

// usual is a campaign that the tests change.
func usual(name string) Definition {
	return Definition{
		Name: name, To: []Way{{Name: "sofia/gateway/carrier/{number}"}}, App: "park", Timeout: 20,
		Rate: 10, AtOnce: 100, RetryAfter: 60, Window: "00:00-24:00",
	}
}

// load puts numbers into a campaign.
func (h *host) load(d Definition, numbers ...string) *Loader {
	h.s.Helper()
	l, err := h.Load(h.s.Context(), d)
	for _, n := range numbers {
		var e Entry
		if err == nil {
			e, err = Row{"number": n}.Entry()
		}
		if err == nil {
			err = l.Add(h.s.Context(), e)
		}
	}
	if err == nil {
		_, err = l.Finish(h.s.Context())
	}
	if err != nil {
		h.s.Fatal(err)
	}
	return l
}

// awaits waits until a campaign has a state.
func (h *host) awaits(name, state string) Summary {
	h.s.Helper()
	for range 24 * 3600 {
		sum, err := h.Show(h.s.Context(), name)
		if err != nil {
			h.s.Fatal(err)
		}
		if sum.State == state {
			return sum
		}
		time.Sleep(time.Second)
	}
	sum, _ := h.Show(h.s.Context(), name)
	h.s.Fatalf("the campaign does not become %s: %+v", state, sum)
	return sum
}

// outcomes returns what has become of the numbers, by number.
func (h *host) outcomes(name string) map[string]Entry {
	h.s.Helper()
	all := map[string]Entry{}
	if err := h.Results(h.s.Context(), name, func(e Entry) error { all[e.Number] = e; return nil }); err != nil {
		h.s.Error(err)
	}
	return all
}

// numbers returns so many numbers that begin so.
func numbers(first string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("%s%05d", first, i))
	}
	return list
}

func (s *site) wants(what string, got, want map[string]int) {
	s.Helper()
	if !maps.Equal(got, want) {
		s.Errorf("%s: %v, want %v", what, got, want)
	}
}
