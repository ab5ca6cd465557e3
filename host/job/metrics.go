package job

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/run"
)

var (
	handledDesc = prometheus.NewDesc("eslua_hook_events_seconds", "Time from the arrival of an event until the hook has handled it.", []string{"hook"}, nil)
	failedDesc  = prometheus.NewDesc("eslua_hook_failures_total", "Events and timers for which the hook has failed.", []string{"hook"}, nil)
	waitingDesc = prometheus.NewDesc("eslua_hook_events_waiting", "Events that wait for the hook's script.", []string{"hook"}, nil)
	lostDesc    = prometheus.NewDesc("eslua_hook_events_lost_total", "Events that were dropped because the hook's queue was full.", []string{"hook"}, nil)
)

// Register registers the metrics of the jobs.
func (s *Source) Register(r prometheus.Registerer) {
	for kind, account := range s.accounts {
		account.Register(prometheus.WrapRegistererWith(prometheus.Labels{"job": string(kind)}, r), func() []string { return nil })
	}
	r.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		for name, f := range s.hooks.figures() {
			ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(f.Waiting), name)
			ch <- prometheus.MustNewConstMetric(lostDesc, prometheus.CounterValue, float64(f.Lost), name)
			ch <- prometheus.MustNewConstMetric(failedDesc, prometheus.CounterValue, float64(f.Failed), name)
			ch <- prometheus.MustNewConstHistogram(handledDesc, f.Handled, f.figures.seconds, f.figures.cumulated(), name)
		}
	}))
}

// A Status tells what the jobs of one kind are doing.
type Status struct {
	Kind    Kind          `json:"kind"`
	Scripts []run.Counts  `json:"scripts"` // that have run
	Hooks   []HookFigures `json:"hooks,omitempty"`
	Running []run.Running `json:"running,omitempty"`
}

// Status returns what jobs have run and run now, by kind.
func (s *Source) Status() (list []Status) {
	for _, k := range kinds {
		st := Status{Kind: k, Scripts: s.accounts[k].Counts(), Running: s.accounts[k].Running()}
		if k == Hook {
			figures := s.hooks.figures()
			for _, name := range slices.Sorted(maps.Keys(figures)) {
				st.Hooks = append(st.Hooks, figures[name])
			}
		}
		if len(st.Scripts)+len(st.Hooks) > 0 {
			list = append(list, st)
		}
	}
	return list
}

// HookFigures tell how a hook keeps up with its events.
type HookFigures struct {
	Hook       string        `json:"hook"`
	Generation string        `json:"generation,omitempty"` // of a script under hooks/
	Workers    int           `json:"workers"`
	Waiting    int           `json:"waiting"`
	Handled    uint64        `json:"handled"`
	Failed     uint64        `json:"failed"`
	Lost       uint64        `json:"lost"`
	Restarts   uint64        `json:"restarts,omitempty"` // of the script, after a limit has ended it
	Half       time.Duration `json:"latency_half"`       // of the last events was handled within this time
	Most       time.Duration `json:"latency_most"`
	Last       *run.Failure  `json:"last_failure,omitempty"`
	Problem    *run.Failure  `json:"problem,omitempty"` // why the newest version does not run

	figures figures
}

func (f *HookFigures) count(c figures) {
	f.figures.add(c)
	f.Handled, f.Failed, f.Lost, f.Last = f.figures.handled, f.figures.failed, f.figures.lost, f.figures.last
	f.Half, f.Most = f.figures.latency()
}

// figures returns how the hooks keep up, by their labels. Hooks that are alike are counted
// together.
func (h *hooks) figures() map[string]HookFigures {
	h.mu.Lock()
	running := slices.Clone(h.running)
	h.mu.Unlock()
	all := map[string]HookFigures{}
	for _, o := range running {
		f := all[o.label()]
		counted, waiting := o.events.snapshot()
		f.Hook = o.label()
		f.Workers += o.Parallel
		f.Waiting += waiting
		f.count(counted)
		all[f.Hook] = f
	}
	h.eachScripted(func(s *scripted) { all[s.name] = s.figures() })
	return all
}

// figures returns how the script keeps up.
func (s *scripted) figures() HookFigures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := HookFigures{Hook: s.name, Restarts: s.restarts, Problem: s.problem}
	f.count(s.past)
	if s.now != nil && s.now.before != nil {
		counted, waiting := s.now.before.events.snapshot()
		f.Waiting = waiting
		f.count(counted)
	}
	if s.now != nil {
		counted, waiting := s.now.events.snapshot()
		f.Generation, f.Workers, f.Waiting = s.now.generation.Name(), s.now.wanted.workers, f.Waiting+waiting
		f.count(counted)
	}
	return f
}
