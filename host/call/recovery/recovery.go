package recovery

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
)

// A Switch talks to a node; *node.Link is one.
type Switch interface {
	Name() string
	Up() bool
	API(ctx context.Context, line string) (string, error)
}

// A Node gets searched for parked calls.
type Node struct {
	Switch
	Address string // host:port of its event socket; decides whether FreeSWITCH's loopback is ours
}

// Config configures a Recovery.
type Config struct {
	Policy config.Parked
	// Grace is how long a call must stay parked: longer than a handshake lasts.
	Grace time.Duration
}

// upPoll is the interval at which an unconnected node is checked again.
const upPoll = time.Second

// sweepPause is the time between two searches of a node. With the default Grace, which
// is half a minute, a call that is left parked at any time is found within a minute.
const sweepPause = 15 * time.Second

// Recovery searches the nodes for calls that a dead eslua left parked.
type Recovery struct {
	cfg     Config
	nodes   []Node
	machine machine
	log     *slog.Logger
	clk     clock.Clock

	disabled atomic.Bool
	tracked  sync.Map // UUIDs of the calls that came to this process
}

// New returns a Recovery of nodes; call Run to start it.
func New(cfg Config, nodes []Node, log *slog.Logger, clk clock.Clock) *Recovery {
	return &Recovery{cfg: cfg, nodes: nodes, machine: local{}, log: log, clk: clk}
}

// Disable tells Run that this process replaces one whose calls are still running. Where
// the connections of other processes cannot be seen, Run then does nothing. It must be
// called before Run.
func (r *Recovery) Disable() { r.disabled.Store(true) }

// Track protects a call that has come to this process until untrack is called.
func (r *Recovery) Track(uuid string) (untrack func()) {
	r.tracked.Store(uuid, nil)
	return func() { r.tracked.Delete(uuid) }
}

func (r *Recovery) isTracked(uuid string) bool {
	_, yes := r.tracked.Load(uuid)
	return yes
}

// Run searches each node again and again while it is connected, until ctx ends; listen
// is the address at which this process accepts calls. Failures are logged; the error is
// always nil.
func (r *Recovery) Run(ctx context.Context, listen string) error {
	if r.disabled.Load() && !seesOthers {
		return nil
	}
	var nodes sync.WaitGroup
	for _, n := range r.nodes {
		nodes.Go(func() { r.watch(ctx, n, listen) })
	}
	nodes.Wait()
	return nil
}

// watch searches a node until ctx ends.
func (r *Recovery) watch(ctx context.Context, n Node, listen string) {
	s := search{Recovery: r, node: n, us: newLocalListener(ctx, r.machine, listen, n.Address),
		log: r.log.With("node", n.Name()), known: map[string]call{}}
	for {
		pause := upPoll
		if n.Up() {
			s.logFailure(ctx, s.once(ctx))
			pause = sweepPause
		}
		if clock.Sleep(ctx, r.clk, pause) != nil {
			return
		}
	}
}

// A search is the repeated search of one node.
type search struct {
	*Recovery
	node    Node
	us      localListener
	log     *slog.Logger
	known   map[string]call // that were reported and are still there
	failing bool            // the last search failed, and that was logged
}

// once searches the node and handles the calls that stay parked for the Grace.
func (s *search) once(ctx context.Context) error {
	before, err := s.findParked(ctx, s.node, s.us)
	if err != nil || len(before) == 0 {
		return err
	}
	if clock.Sleep(ctx, s.clk, s.cfg.Grace) != nil {
		return nil
	}
	after, err := s.findParked(ctx, s.node, s.us)
	if err != nil {
		return err
	}
	maps.DeleteFunc(s.known, func(id string, c call) bool { return after[id] != c })
	var parked []call
	for id, c := range after {
		if before[id] == c && s.known[id] != c && s.unclaimed(c) {
			parked = append(parked, c)
		}
	}
	if len(parked) > 0 {
		s.recoverAll(ctx, parked)
	}
	return nil
}

// unclaimed reports whether no other process of this machine can be serving a call.
func (s *search) unclaimed(c call) bool {
	for port := range strings.FieldsSeq(c.ports) {
		if others, err := s.machine.others(port); others || err != nil {
			s.log.Debug("a call may be parked, or another process of this machine may be serving it; it is not touched", "uuid", c.uuid, "port", port, "error", err)
			return false
		}
	}
	return true
}

// findParked returns, by UUID, the calls that wait in a socket application for us
// and have not come to this process, and those that a host of this machine has left in
// CS_RESET.
func (r *Recovery) findParked(ctx context.Context, n Node, us localListener) (map[string]call, error) {
	calls, err := callsInSocket(ctx, n)
	if err != nil {
		return nil, err
	}
	parked := map[string]call{}
	for _, c := range calls {
		if r.isTracked(c.uuid) || c.extension == "" && !us.mayMatch(c.data) {
			continue
		}
		host, waits, err := stillInSocket(ctx, n, c)
		if err != nil {
			return nil, err
		}
		if waits && c.extension != "" && us.isLocal(host) {
			parked[c.uuid] = c
		} else if ports := us.dialledPorts(c.data, host); waits && ports != nil {
			c.ports = strings.Join(ports, " ")
			parked[c.uuid] = c
		}
	}
	return parked, nil
}

// logFailure logs the first of several failures in a row.
func (s *search) logFailure(ctx context.Context, err error) {
	failed := err != nil && ctx.Err() == nil
	if failed && !s.failing {
		s.log.Warn("could not search the node for calls that a dead eslua left parked", "error", err)
	}
	s.failing = failed
}

// recoverAll applies the configured policy to calls. What is still parked afterwards is
// reported once.
func (s *search) recoverAll(ctx context.Context, calls []call) {
	handled := 0
	for _, c := range calls {
		if s.isTracked(c.uuid) {
			continue
		}
		s.known[c.uuid] = c
		log := s.log.With("uuid", c.uuid, "caller", c.caller, "called", c.called, "socket", c.data, "since", c.since())
		done, err := s.recoverCall(ctx, s.node, c)
		switch {
		case err != nil:
			delete(s.known, c.uuid) // it is tried again
			log.Warn("a call that a dead eslua left parked is still parked", "error", err)
		case done == "":
			log.Warn("a dead eslua left a call parked; set parked to hangup CAUSE or reenter in the configuration to recover such calls", "by_hand", syntax.ForChannel("uuid_kill", c.uuid, ""))
		default:
			handled++
			log.Warn("recovered a call that a dead eslua left parked", "done", done)
		}
	}
	s.log.Warn("finished with the calls that a dead eslua left parked", "found", len(calls), "handled", handled, "parked", s.cfg.Policy.String())
}

// recoverCall applies the configured policy to one call and returns what it did,
// or "" if the policy is only to report.
func (r *Recovery) recoverCall(ctx context.Context, n Node, c call) (done string, err error) {
	switch r.cfg.Policy.Action {
	case config.HangupParked:
		return "hung up with " + r.cfg.Policy.Cause, command(ctx, n, syntax.ForChannel("uuid_kill", c.uuid, r.cfg.Policy.Cause))
	case config.Reenter:
		line, err := c.reentry()
		if err != nil {
			return "", err
		}
		return "handed over again", command(ctx, n, line)
	}
	return "", nil
}
