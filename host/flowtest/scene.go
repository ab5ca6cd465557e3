package flowtest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// Serve starts a host that serves calls on a stage.
type Serve func(*Stage) (*Host, error)

// A Scene is where one test is played. Nothing happens in it before the test first waits.
// Its methods belong to the goroutine of the test, in the bubble of Virtually.
type Scene struct {
	base   []byte         // the configuration file
	own    map[string]any // what the test sets besides
	config config.Config
	serve  Serve
	order  *Order
	clock  clock.Clock
	net    *memnet.Network
	web    *web
	answer answers
	ladder *ladder
	pace   atomic.Int64 // how long people and servers take at least, a time.Duration
	turn   *Turn

	mu    sync.Mutex
	state string // a directory of the scene's own; "": none was needed

	databases map[string]string // the commands that fill them

	sim     *switchsim.Switch
	stage   *Stage
	pending []*Call // that begin when the test waits
	calls   []*Call
	err     error // why the scene could not begin
}

// Long limits the time that a call may take before its test fails.
const Long = time.Hour

// patience limits how long what a call leaves behind may go on after it.
const patience = 2 * time.Minute

// NewScene returns a scene on which a host serves with the configuration in a file's text.
// It ends when the order says so. What must not be lost is kept when it is the test's turn.
func NewScene(file []byte, serve Serve, order *Order, turn *Turn) (*Scene, error) {
	s := &Scene{base: file, serve: serve, order: order, turn: turn, clock: clock.System(), net: memnet.New(), ladder: newLadder(order), databases: map[string]string{}}
	s.web = newWeb(s)
	return s, s.Configure(nil)
}

// begin starts the switch and the host, unless they run, and the calls that are pending.
func (s *Scene) begin() error {
	if s.sim == nil && s.err == nil {
		s.err = s.start()
	}
	if s.err != nil {
		return s.err
	}
	for _, c := range s.pending {
		s.calls = append(s.calls, c)
		c.start()
	}
	s.pending = nil
	return nil
}

func (s *Scene) start() (err error) {
	phones, err := s.endpoints()
	if err != nil {
		return err
	}
	s.sim = switchsim.New(switchsim.Config{
		Clock: s.clock, Listener: s.net.Listen(), Dial: s.net.Dial, Trace: s.ladder.onSwitch,
		Endpoints: phones, Dialplan: s.answer.dialplan(), Length: s.answer.length, Reply: s.answer.reply,
	})
	if err := s.sim.Start(); err != nil {
		return err
	}
	node := config.Node{}
	if len(s.config.Nodes) > 0 {
		node = s.config.Nodes[0]
	}
	node.Name = cmp.Or(node.Name, "switch")
	node.Address, node.User, node.Password = config.Address(s.sim.Addr()), "", "ClueCon"
	s.config.Nodes = []config.Node{node}
	if err := s.openDatabases(); err != nil {
		return err
	}
	if s.config.State != "" || len(s.config.NATS.Servers) > 0 {
		own, err := s.directory()
		if err != nil {
			return err
		}
		s.config.State = filepath.Join(own, "state")
	}
	if s.stage, err = s.newStage(); err != nil {
		return err
	}
	// The host connects to the switch: what runs for its events hears of the first call.
	<-s.clock.NewTimer(time.Second).C
	return nil
}

// End ends everything that the scene has started.
func (s *Scene) End() {
	if s.turn.Taken() { // a server that ends while it makes a stream leaves a goroutine (nats-server, stream.go:addStreamWithAssignment)
		<-s.clock.NewTimer(settle).C
	}
	if s.stage != nil {
		s.stage.kill()
	}
	if s.sim != nil {
		_ = s.sim.Close()
	}
	s.web.close()
	if s.state != "" {
		_ = os.RemoveAll(s.state)
	}
}

// Obey returns a context that ends when the scene shall end, and what to call at its end.
func (s *Scene) Obey(ctx context.Context) (_ context.Context, stop func()) { return s.order.obey(ctx) }

// Date has the test begin at a time, which is after that of every test's begin otherwise.
func (s *Scene) Date(ctx context.Context, at time.Time) error {
	if s.sim != nil {
		return errBegun
	}
	if earliest, latest := s.clock.Now(), s.clock.Now().AddDate(100, 0, 0); at.Before(earliest) || at.After(latest) {
		return fmt.Errorf("%s is not between %s and %s", at.Format(time.DateTime), earliest.Format(time.DateTime), latest.Format(time.DateTime))
	}
	at = at.Add(-time.Second) // in which the host connects to the switch
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	select {
	case s.order.skip <- at:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return clock.Sleep(ctx, s.clock, at.Sub(s.clock.Now()))
}

// Wait lets some seconds pass.
func (s *Scene) Wait(ctx context.Context, n float64) error {
	if !(n >= 0 && n <= LongestWait.Seconds()) {
		return fmt.Errorf("wait: %g is no number of seconds between 0 and %g", n, LongestWait.Seconds())
	}
	if err := s.begin(); err != nil {
		return err
	}
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	return clock.Sleep(ctx, s.clock, seconds(n))
}

// Finish waits until every call has ended, and its script.
func (s *Scene) Finish(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	for _, c := range s.calls {
		if err := c.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Leaks waits a while for what the calls have left behind, and tells what goes on for ever.
func (s *Scene) Leaks(ctx context.Context) (list []Mismatch) {
	if s.sim == nil {
		return nil
	}
	until := s.clock.Now().Add(patience)
	for _, r := range s.sim.Records() {
		leg, _ := s.sim.Leg(r.UUID)
		if leg.Cause() != "" {
			continue
		}
		timer := s.clock.NewTimerAt(until)
		select {
		case <-leg.Done():
		case <-timer.C:
			list = append(list, Mismatch{What: "leg leaked", Text: fmt.Sprintf("%s is still there %v after the call", describe(r), patience), UUID: r.UUID})
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return list
}

// A Stage is what one host stands on. When it is cut, everything that connects the host
// with the world breaks at once.
type Stage struct {
	Config   config.Config
	Listener net.Listener // for calls
	Lookups  net.Listener // for FreeSWITCH's lookups; nil: no script answers them
	scene    *Scene

	host    *Host
	mu      sync.Mutex
	conns   map[net.Conn]bool
	serving map[string]int // scripts of calls, by the call's UUID
	changed chan struct{}  // is closed when serving has changed
	dead    bool
}

func (s *Scene) newStage() (*Stage, error) {
	st := &Stage{Config: s.config, scene: s, conns: map[net.Conn]bool{}, serving: map[string]int{}, changed: make(chan struct{})}
	st.Listener = &port{s.net.Listen(), st}
	if len(s.config.XML.Scripts) > 0 {
		st.Lookups = s.net.Listen()
	}
	var err error
	st.host, err = s.serve(st)
	return st, err
}

// kill cuts the host off and ends it.
func (st *Stage) kill() {
	st.mu.Lock()
	st.dead = true
	conns := st.conns
	st.conns = map[net.Conn]bool{}
	st.mu.Unlock()
	_ = st.Listener.Close()
	for c := range conns {
		_ = c.Close()
	}
	if st.Lookups != nil {
		_ = st.Lookups.Close()
	}
	st.host.Kill()
}

// Dial connects the host with a node, with the socket of what is kept, or with whatever
// server the test answers for.
func (st *Stage) Dial(ctx context.Context, address string) (net.Conn, error) {
	dial := st.scene.net.Dial
	if address != st.scene.sim.Addr() && !filepath.IsAbs(address) {
		dial = st.scene.web.dial
	}
	nc, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return st.track(nc)
}

// Listen opens a port or a Unix socket of the host.
func (st *Stage) Listen(network, address string) (net.Listener, error) {
	return st.scene.net.ListenOn(network, address)
}

// Keeps waits until the test may keep what must not be lost.
func (st *Stage) Keeps() { st.scene.turn.Take() }

// Log returns the handler of the host's log.
func (st *Stage) Log() slog.Handler { return Log{stage: st} }

// Called notes what a script has called.
func (st *Stage) Called(uuid string, began time.Time, took time.Duration, what func() string) {
	if !st.isDead() && !st.scene.ladder.full() {
		st.scene.ladder.add(Rung{At: began.Add(took), UUID: uuid, Who: "script", What: what(), Kind: "script", took: took})
	}
}

func (st *Stage) isDead() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.dead
}

// Began notes that the script of a call begins, and Ended that it has ended.
func (st *Stage) Began(uuid string) { st.count(uuid, 1) }
func (st *Stage) Ended(uuid string) { st.count(uuid, -1) }

func (st *Stage) count(uuid string, n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.serving[uuid] += n
	close(st.changed)
	st.changed = make(chan struct{})
}

// busy returns nil while no script of the call runs, or else what is closed when that
// changes.
func (st *Stage) busy(uuid string) <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.serving[uuid] == 0 {
		return nil
	}
	return st.changed
}

func (st *Stage) track(nc net.Conn) (net.Conn, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.dead {
		_ = nc.Close()
		return nil, net.ErrClosed
	}
	st.conns[nc] = true
	return &conn{socket: nc.(socket), end: func() { st.forget(nc) }}, nil
}

func (st *Stage) forget(nc net.Conn) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.conns, nc)
}
