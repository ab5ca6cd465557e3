package recovery

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Switch is a node's control connection; *control.Link is one.
type Switch interface {
	Name() string
	Up() bool
	API(ctx context.Context, line string) (string, error)
}

// Node is a FreeSWITCH to look through.
type Node struct {
	Switch
	Address string // host:port of its event socket; it tells whether FreeSWITCH's loopback is ours
}

// Config is what a Sweep is made of.
type Config struct {
	Do config.Parked
	// Grace is how long a call must stay parked: longer than a handshake lasts.
	Grace time.Duration
}

// upPause is between two looks whether a node is up.
const upPause = time.Second

// Sweep looks for the calls that an eslua which died has left parked.
type Sweep struct {
	cfg     Config
	nodes   []Node
	machine machine
	log     *slog.Logger
	clk     clock.Clock

	out  atomic.Bool // LeaveOut
	over atomic.Bool // no call needs to be noted any more
	came sync.Map    // uuids of the calls that came to this process
}

// New makes a Sweep of nodes; Run runs it.
func New(cfg Config, nodes []Node, log *slog.Logger, clk clock.Clock) *Sweep {
	return &Sweep{cfg: cfg, nodes: nodes, machine: local{}, log: log, clk: clk}
}

// LeaveOut makes Run do nothing: this process takes over from one whose calls
// still run. It is called before Run.
func (s *Sweep) LeaveOut() { s.out.Store(true) }

// Came notes that a call has come to this process, until it is gone: meanwhile
// it is not touched. It costs nothing once all nodes have been looked through.
func (s *Sweep) Came(uuid string) (gone func()) {
	if s.over.Load() {
		return nothing
	}
	s.came.Store(uuid, nil)
	return func() { s.came.Delete(uuid) }
}

func nothing() {}

// Run looks each node through once, as soon as it is up; listen is where this
// process takes calls. It returns when all are done or ctx ends, always nil:
// what cannot be done is logged.
func (s *Sweep) Run(ctx context.Context, listen string) error {
	var nodes sync.WaitGroup
	if !s.out.Load() {
		for _, n := range s.nodes {
			nodes.Go(func() { s.node(ctx, n, listen) })
		}
	}
	nodes.Wait()
	s.over.Store(true)
	s.came.Clear()
	return nil
}

// node looks one node through.
func (s *Sweep) node(ctx context.Context, n Node, listen string) {
	log := s.log.With("node", n.Name())
	for !n.Up() {
		if !s.pause(ctx, upPause) {
			return
		}
	}
	us := ourselves(ctx, s.machine, listen, n.Address)
	before, err := s.look(ctx, n, us)
	if err != nil || len(before) == 0 {
		s.cannot(ctx, log, err)
		return
	}
	if !s.pause(ctx, s.cfg.Grace) {
		return
	}
	after, err := s.look(ctx, n, us)
	if err != nil {
		s.cannot(ctx, log, err)
		return
	}
	var left []call
	for id, c := range after {
		if before[id] == c && s.nobodys(log, c) {
			left = append(left, c)
		}
	}
	if len(left) > 0 {
		s.handle(ctx, log, n, left)
	}
}

// nobodys tells whether no other process of this machine can be serving a call.
func (s *Sweep) nobodys(log *slog.Logger, c call) bool {
	for port := range strings.FieldsSeq(c.ports) {
		if others, err := s.machine.others(port); others || err != nil {
			log.Info("a call may be parked, or served by another process of this machine; it is left alone", "uuid", c.uuid, "port", port, "error", err)
			return false
		}
	}
	return true
}

// look finds the calls that wait in a socket application for us and have not
// come to this process.
func (s *Sweep) look(ctx context.Context, n Node, us us) (map[string]call, error) {
	rows, err := sockets(ctx, n)
	if err != nil {
		return nil, err
	}
	found := map[string]call{}
	for _, c := range rows {
		if _, came := s.came.Load(c.uuid); came || !us.mayBe(c.data) {
			continue
		}
		host, waits, err := confirmed(ctx, n, c)
		if err != nil {
			return nil, err
		}
		if ports := us.dialled(c.data, host); waits && ports != nil {
			c.ports = strings.Join(ports, " ")
			found[c.uuid] = c
		}
	}
	return found, nil
}

func (s *Sweep) cannot(ctx context.Context, log *slog.Logger, err error) {
	if err != nil && ctx.Err() == nil {
		log.Warn("the node could not be looked through for calls that a dead eslua left parked", "error", err)
	}
}

// pause waits, and tells whether ctx lives on.
func (s *Sweep) pause(ctx context.Context, d time.Duration) bool {
	t := s.clk.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// handle does with calls what the configuration says.
func (s *Sweep) handle(ctx context.Context, log *slog.Logger, n Node, left []call) {
	done := 0
	for _, c := range left {
		if _, came := s.came.Load(c.uuid); came {
			continue
		}
		log := log.With("uuid", c.uuid, "caller", c.caller, "called", c.called, "socket", c.data, "since", c.since())
		what, err := s.one(ctx, n, c)
		switch {
		case err != nil:
			log.Warn("a call that a dead eslua left parked stays so", "error", err)
		case what == "":
			log.Warn("an eslua that died has left a call parked; parked: hangup CAUSE or parked: reenter in the configuration takes it up", "by_hand", "uuid_kill "+c.uuid)
		default:
			done++
			log.Warn("an eslua that died has left a call parked", "done", what)
		}
	}
	log.Warn("calls that a dead eslua left parked", "found", len(left), "handled", done, "parked", s.cfg.Do.String())
}

// one handles one call and says what was done; "" is nothing.
func (s *Sweep) one(ctx context.Context, n Node, c call) (string, error) {
	switch s.cfg.Do.Action {
	case config.HangupParked:
		return "hung up with " + s.cfg.Do.Cause, command(ctx, n, "uuid_kill "+c.uuid+" "+s.cfg.Do.Cause)
	case config.Reenter:
		line, err := c.reentry()
		if err != nil {
			return "", err
		}
		return "its flow runs", command(ctx, n, line)
	}
	return "", nil
}

// since is when the channel was made, by FreeSWITCH's clock.
func (c call) since() string {
	seconds, err := strconv.ParseInt(c.created, 10, 64)
	if err != nil {
		return c.created
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
