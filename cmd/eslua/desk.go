package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
)

// desk is where the admin's questions meet the rooms: it tells host/operate/admin of the
// host, and passes on what is ordered.
type desk struct {
	host    *host
	server  *admin.Server // nil until open
	log     *slog.Logger
	clk     clock.Clock
	started time.Time

	mu       sync.Mutex // guards what changes while the host runs
	maxCalls int
	listen   string
	draining *admin.Draining
	config   admin.Config
	named    []named // flows that the configuration in force names
}

func newDesk(h *host, cfg config.Config, log *slog.Logger, clk clock.Clock) *desk {
	now := clk.Now()
	return &desk{host: h, log: log, clk: clk, started: now, maxCalls: cfg.Calls.Max, config: admin.Config{Loaded: now}}
}

// open makes the desk answer on a socket, and at the configured address, once it
// runs. Without it, it does not.
func (d *desk) open(socket string, metrics config.Address, s admin.Steered) {
	d.server = admin.New(socket, string(metrics), admin.Deps{Watched: d, Kept: d, Steered: s}, d.log, d.clk)
}

// run answers until ctx ends.
func (d *desk) run(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	return d.server.Run(ctx)
}

// tried is closed when run has opened what it answers on, or could not for now.
func (d *desk) tried() <-chan struct{} { return d.server.Tried() }

// listening notes where calls come in.
func (d *desk) listening(addr net.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listen = addr.String()
}

// drains notes that no new calls are taken, and when the patience with the
// others ends.
func (d *desk) drains(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.draining == nil {
		d.draining = &admin.Draining{Since: d.clk.Now(), Until: until}
	}
}

// configured notes the file whose settings are in force now, and says which of
// them name flows that there are not.
func (d *desk) configured(file string, cfg config.Config) {
	d.mu.Lock()
	d.config = admin.Config{File: file, Loaded: d.clk.Now()}
	d.named = flowsNamed(cfg)
	d.mu.Unlock()
	if lost := d.strays(); len(lost) > 0 {
		d.log.Warn("the configuration names flows that are not among the scripts", "settings", strings.Join(lost, ", "))
	}
}

// misconfigured notes why the file as it is now is not in force.
func (d *desk) misconfigured(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.config.Problem == "" {
		d.config.Since = d.clk.Now()
	}
	d.config.Problem = err.Error()
}

// Status is the host now.
func (d *desk) Status(calls bool) admin.Status {
	decided := d.host.rollout.Status()
	st := admin.Status{
		Version: programVersion(),
		PID:     os.Getpid(),
		Now:     d.clk.Now(),
		Started: d.started,
		Scripts: d.scripts(decided),
		Calls:   admin.Calls{Running: d.host.server.Calls(), Refused: d.host.server.Refused()},
		Flows:   d.flows(decided),
		Nodes:   d.nodes(),
	}
	for _, c := range d.host.runner.Counts() {
		if c.Flow == "" {
			st.Calls.NoFlow = c.Started
		}
	}
	d.mu.Lock()
	st.Listen, st.Draining, st.Config, st.Calls.Max = d.listen, d.draining, d.config, d.maxCalls
	d.mu.Unlock()
	st.Config.Strays = d.strays()
	if calls {
		for _, c := range d.host.runner.Running() {
			st.Running = append(st.Running, admin.Call{UUID: c.UUID, Flow: c.Flow, Generation: c.Generation, Version: c.Version, Since: c.Since})
		}
	}
	return st
}

func (d *desk) scripts(decided rollout.Status) admin.Scripts {
	st := d.host.scripts.Status()
	sc := admin.Scripts{
		Dir: st.Dir, Generation: st.Generation, Since: st.Loaded, Count: st.Scripts,
		Refused: st.Refused, WrongSince: st.Since, Swaps: st.Swaps, Refusals: st.Refusals,
		Held: held(decided, ""), Rollbacks: decided.Rollbacks,
	}
	for _, p := range st.Problems {
		sc.Problems = append(sc.Problems, admin.Problem{File: p.File, Line: p.Line, Message: p.Message, Warning: p.Warning})
	}
	return sc
}

// held is what a flow, or all, are kept on; nil when they are not.
func held(decided rollout.Status, flow string) *admin.Hold {
	for _, r := range decided.Overrides {
		if r.Flow == flow {
			return &admin.Hold{Pinned: r.Pinned(), Generation: r.Generation, Since: r.Since, Until: r.Until, Why: r.Why}
		}
	}
	return nil
}

// flows are those of the directory, and those that only calls or decisions know
// of still.
func (d *desk) flows(decided rollout.Status) []admin.Flow {
	byName := map[string]*admin.Flow{}
	of := func(name string) *admin.Flow {
		if byName[name] == nil {
			serves := d.host.rollout.Stable(name)
			byName[name] = &admin.Flow{
				Name: name, Version: serves.Version(name), Generation: serves.Name(),
				Held: held(decided, name), Gone: true,
			}
		}
		return byName[name]
	}
	for _, f := range d.host.scripts.Current().Flows() {
		there := of(f.Name)
		there.Gone, there.Module = false, f.Module
	}
	for _, r := range decided.Overrides {
		if r.Flow != "" {
			of(r.Flow)
		}
	}
	for _, c := range decided.Canaries {
		of(c.Flow).Canary = &admin.Canary{
			Generation: c.New.Generation, Version: c.New.Version, Share: c.Share, Since: c.Since, Until: c.Until, Calls: c.Calls,
			New: admin.Tally{Ended: c.New.Ended, Failed: c.New.Failed},
			Old: admin.Tally{Ended: c.Old.Ended, Failed: c.Old.Failed},
		}
	}
	for _, c := range d.host.runner.Counts() {
		if c.Flow != "" { // else no flow that there is
			count(of(c.Flow), c)
		}
	}
	flows := make([]admin.Flow, 0, len(byName))
	for _, f := range byName {
		flows = append(flows, *f)
	}
	slices.SortFunc(flows, func(a, b admin.Flow) int { return cmp.Compare(a.Name, b.Name) })
	return flows
}

func count(f *admin.Flow, c run.Counts) {
	f.Started, f.Ended, f.Failed = c.Started, c.Ended, c.Failed
	if c.Last != nil {
		f.LastFailure = &admin.Failure{At: c.Last.At, Error: c.Last.Error}
	}
	for _, v := range c.Versions {
		if v.Version == f.Version {
			f.Serving = admin.Tally{Ended: v.Ended, Failed: v.Failed}
		}
		if n := v.Started - v.Ended; n > 0 {
			f.Running = append(f.Running, admin.Use{Generation: v.Generation, Version: v.Version, Calls: n})
		}
	}
}

func (d *desk) nodes() []admin.Node {
	nodes := make([]admin.Node, 0, len(d.host.nodes))
	for _, n := range d.host.nodes {
		s := n.Status()
		nodes = append(nodes, admin.Node{
			Name: s.Node, Address: s.Address, Up: s.Up, Since: s.Since, LastError: s.LastError,
			Connects: s.Connects, Restarts: s.Restarts, EventsLost: s.EventsLost,
		})
	}
	return nodes
}
