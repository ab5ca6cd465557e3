package recovery

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Switch is a node's control connection; *node.Link is one.
type Switch interface {
	Name() string
	Up() bool
	API(ctx context.Context, line string) (string, error)
}

// Node is a FreeSWITCH that is searched for parked calls.
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

// Recovery searches the nodes for calls that a dead eslua left parked.
type Recovery struct {
	cfg     Config
	nodes   []Node
	machine machine
	log     *slog.Logger
	clk     clock.Clock

	disabled atomic.Bool
	finished atomic.Bool // calls need not be tracked any more
	tracked  sync.Map    // UUIDs of the calls that came to this process
}

// New returns a Recovery of nodes; call Run to start it.
func New(cfg Config, nodes []Node, log *slog.Logger, clk clock.Clock) *Recovery {
	return &Recovery{cfg: cfg, nodes: nodes, machine: local{}, log: log, clk: clk}
}

// Disable makes Run do nothing, because this process replaces one whose calls
// are still running. It must be called before Run.
func (r *Recovery) Disable() { r.disabled.Store(true) }

// Track protects a call that has come to this process until untrack is called.
// It costs nothing once all nodes have been searched.
func (r *Recovery) Track(uuid string) (untrack func()) {
	if r.finished.Load() {
		return func() {}
	}
	r.tracked.Store(uuid, nil)
	return func() { r.tracked.Delete(uuid) }
}

func (r *Recovery) isTracked(uuid string) bool {
	_, yes := r.tracked.Load(uuid)
	return yes
}

// Run searches each node once, as soon as it is connected; listen is the address
// at which this process accepts calls. It returns when all nodes are done or ctx
// ends. Failures are logged; the error is always nil.
func (r *Recovery) Run(ctx context.Context, listen string) error {
	var nodes sync.WaitGroup
	if !r.disabled.Load() {
		for _, n := range r.nodes {
			nodes.Go(func() { r.searchNode(ctx, n, listen) })
		}
	}
	nodes.Wait()
	r.finished.Store(true)
	r.tracked.Clear()
	return nil
}

func (r *Recovery) searchNode(ctx context.Context, n Node, listen string) {
	log := r.log.With("node", n.Name())
	for !n.Up() {
		if clock.Sleep(ctx, r.clk, upPoll) != nil {
			return
		}
	}
	us := newLocalListener(ctx, r.machine, listen, n.Address)
	before, err := r.findParked(ctx, n, us)
	if err != nil || len(before) == 0 {
		logFailure(ctx, log, err)
		return
	}
	if clock.Sleep(ctx, r.clk, r.cfg.Grace) != nil {
		return
	}
	after, err := r.findParked(ctx, n, us)
	if err != nil {
		logFailure(ctx, log, err)
		return
	}
	var parked []call
	for id, c := range after {
		if before[id] == c && r.unclaimed(log, c) {
			parked = append(parked, c)
		}
	}
	if len(parked) > 0 {
		r.recoverAll(ctx, log, n, parked)
	}
}

// unclaimed reports whether no other process of this machine can be serving a call.
func (r *Recovery) unclaimed(log *slog.Logger, c call) bool {
	for port := range strings.FieldsSeq(c.ports) {
		if others, err := r.machine.others(port); others || err != nil {
			log.Info("a call may be parked, or another process of this machine may be serving it; it is not touched", "uuid", c.uuid, "port", port, "error", err)
			return false
		}
	}
	return true
}

// findParked returns, by UUID, the calls that wait in a socket application for us
// and have not come to this process.
func (r *Recovery) findParked(ctx context.Context, n Node, us localListener) (map[string]call, error) {
	calls, err := callsInSocket(ctx, n)
	if err != nil {
		return nil, err
	}
	parked := map[string]call{}
	for _, c := range calls {
		if r.isTracked(c.uuid) || !us.mayMatch(c.data) {
			continue
		}
		host, waits, err := stillInSocket(ctx, n, c)
		if err != nil {
			return nil, err
		}
		if ports := us.dialledPorts(c.data, host); waits && ports != nil {
			c.ports = strings.Join(ports, " ")
			parked[c.uuid] = c
		}
	}
	return parked, nil
}

func logFailure(ctx context.Context, log *slog.Logger, err error) {
	if err != nil && ctx.Err() == nil {
		log.Warn("could not search the node for calls that a dead eslua left parked", "error", err)
	}
}

// recoverAll applies the configured policy to calls.
func (r *Recovery) recoverAll(ctx context.Context, log *slog.Logger, n Node, calls []call) {
	handled := 0
	for _, c := range calls {
		if r.isTracked(c.uuid) {
			continue
		}
		log := log.With("uuid", c.uuid, "caller", c.caller, "called", c.called, "socket", c.data, "since", c.since())
		done, err := r.recoverCall(ctx, n, c)
		switch {
		case err != nil:
			log.Warn("a call that a dead eslua left parked is still parked", "error", err)
		case done == "":
			log.Warn("a dead eslua left a call parked; set parked to hangup CAUSE or reenter in the configuration to recover such calls", "by_hand", "uuid_kill "+c.uuid)
		default:
			handled++
			log.Warn("recovered a call that a dead eslua left parked", "done", done)
		}
	}
	log.Warn("finished with the calls that a dead eslua left parked", "found", len(calls), "handled", handled, "parked", r.cfg.Policy.String())
}

// recoverCall applies the configured policy to one call and returns what it did,
// or "" if the policy is only to report.
func (r *Recovery) recoverCall(ctx context.Context, n Node, c call) (done string, err error) {
	switch r.cfg.Policy.Action {
	case config.HangupParked:
		return "hung up with " + r.cfg.Policy.Cause, command(ctx, n, "uuid_kill "+c.uuid+" "+r.cfg.Policy.Cause)
	case config.Reenter:
		line, err := c.reentry()
		if err != nil {
			return "", err
		}
		return "handed over again", command(ctx, n, line)
	}
	return "", nil
}
