package admin

import (
	"cmp"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/push"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/trace"
)

// Parts holds what a Service reports on and controls.
type Parts struct {
	Scripts *store.Store
	History *store.History
	Rollout *rollout.Rollout
	Runs    *run.Account
	Traces  *trace.Recorder
	Jobs    *job.Source
	Calls   *outbound.Server
	Nodes   []*node.Link
	// Jobs and Databases may be nil.
	Databases *database.Databases
	// HTTP may be nil.
	HTTP *network.Client
	// Durable, Outbox, Buckets, Campaigns and Queues may be nil.
	Durable   *durable.Store
	Outbox    *outbox.Outbox
	Buckets   *kv.Buckets
	Campaigns *campaign.Campaigns
	Pushes    *push.Pushes // may be nil
	Queues    *queue.Queues
}

// Service answers an admin's questions from what the parts of eslua report, and
// passes decisions about scripts on to them. It is a StatusSource and a
// ScriptControl.
type Service struct {
	parts   Parts
	version string
	log     *slog.Logger
	clk     clock.Clock
	started time.Time

	mu       sync.Mutex // guards these
	listen   string
	draining *Draining
	config   Config
	named    []config.NamedFlow // by the configuration in force
	limits   func(flow string) config.Limits
}

// NewService makes a Service for the program of a version.
func NewService(p Parts, version string, log *slog.Logger, clk clock.Clock) *Service {
	now := clk.Now()
	return &Service{parts: p, version: version, log: log, clk: clk, started: now, config: Config{Loaded: now}}
}

// SetListen records the address at which calls arrive.
func (s *Service) SetListen(addr net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listen = addr.String()
}

// SetDraining records that no new calls are taken, and when the remaining ones
// are given back to their dialplans.
func (s *Service) SetDraining(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining == nil {
		s.draining = &Draining{Since: s.clk.Now(), Until: until}
	}
}

// SetConfig records the configuration in force, the file it is from, and the settings
// in it that wait for a restart. It warns of settings that name flows that do not
// exist.
func (s *Service) SetConfig(file string, cfg config.Config, restart []string) {
	s.mu.Lock()
	s.config = Config{File: file, Loaded: s.clk.Now(), Restart: restart}
	s.named, s.limits = cfg.NamedFlows(), cfg.LimitsOf
	s.mu.Unlock()
	if missing := s.missingFlows(); len(missing) > 0 {
		s.log.Warn("the configuration names flows that do not exist", "settings", strings.Join(missing, ", "))
	}
}

// Limits returns what one call of a flow may use by the configuration in force.
func (s *Service) Limits(flow string) config.Limits {
	s.mu.Lock()
	limits := s.limits
	s.mu.Unlock()
	if limits == nil {
		return config.Limits{}
	}
	return limits(flow)
}

// missingFlows returns the settings that name flows that do not exist, so that
// their calls fail or the settings have no effect. The answer can change with
// every change of the scripts.
func (s *Service) missingFlows() (settings []string) {
	s.mu.Lock()
	named := s.named
	s.mu.Unlock()
	scripts := s.parts.Scripts.Current()
	for _, n := range named {
		if !n.Exists(func(flow string) bool { return scripts.Version(flow) != "" }) {
			settings = append(settings, n.Setting+": "+n.Flow)
		}
	}
	return slices.Compact(settings)
}

// SetConfigProblem records why the configuration file as it is now is not in force.
func (s *Service) SetConfigProblem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config.Problem == "" {
		s.config.Since = s.clk.Now()
	}
	s.config.Problem = err.Error()
}

// Status returns a snapshot.
func (s *Service) Status(calls bool) Status {
	st := Status{
		Version: s.version,
		PID:     os.Getpid(),
		Now:     s.clk.Now(),
		Started: s.started,
		Scripts: s.parts.Scripts.Status(),
		Rollout: s.parts.Rollout.Status(),
		Calls:   s.parts.Calls.Status(),
		Nodes:   []node.Status{},
	}
	st.Flows, st.NoFlow = s.flows(st.Rollout)
	st.Unnamed, st.Limited = s.parts.Runs.Unnamed(), s.parts.Runs.Limited()
	for _, n := range s.parts.Nodes {
		st.Nodes = append(st.Nodes, n.Status())
	}
	if s.parts.Jobs != nil {
		st.Jobs = s.parts.Jobs.Status()
	}
	if s.parts.Databases != nil {
		st.Databases = s.parts.Databases.Status()
	}
	if s.parts.HTTP != nil {
		st.HTTP = s.parts.HTTP.Status()
	}
	if s.parts.Queues != nil {
		st.Queues = s.parts.Queues.Status()
	}
	if s.parts.Campaigns != nil {
		st.Campaigns = s.parts.Campaigns.Status()
	}
	if s.parts.Buckets != nil {
		st.Buckets = s.parts.Buckets.Status()
	}
	if s.parts.Outbox != nil {
		st.Outbox, st.Durable = s.parts.Outbox.Status(), s.parts.Durable.Status()
	}
	if s.parts.Pushes.Wanted() {
		st.Pushes, st.Missed = s.parts.Pushes.Status(), s.parts.Pushes.Missed()
	}
	if calls {
		st.Running = s.parts.Runs.Running()
	}
	s.mu.Lock()
	st.Listen, st.Draining, st.Config = s.listen, s.draining, s.config
	s.mu.Unlock()
	st.Config.Strays = s.missingFlows()
	return st
}

// flows returns the flows of the script directory and those of which only calls
// or overrides remain, and the calls that named no flow.
func (s *Service) flows(decided rollout.Status) (flows []Flow, unknown run.Counts) {
	byName := map[string]*Flow{}
	flow := func(name string) *Flow {
		if byName[name] == nil {
			g := s.parts.Rollout.Stable(name)
			byName[name] = &Flow{Counts: run.Counts{Flow: name}, Version: g.Version(name), Generation: g.Name(), Gone: true}
		}
		return byName[name]
	}
	for _, f := range s.parts.Scripts.Current().Flows() {
		known := flow(f.Name)
		known.Gone, known.Module = false, f.Module
	}
	for _, o := range decided.Overrides {
		if o.Flow != "" {
			flow(o.Flow)
		}
	}
	for _, c := range s.parts.Runs.Counts() {
		if c.Flow == "" {
			unknown = c
			continue
		}
		flow(c.Flow).Counts = c
	}
	flows = make([]Flow, 0, len(byName))
	for _, f := range byName {
		flows = append(flows, *f)
	}
	slices.SortFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Flow, b.Flow) })
	return flows, unknown
}
