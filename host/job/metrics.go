package job

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/run"
)

var (
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

// HookFigures tell how a hook keeps up with its events.
type HookFigures struct {
	Hook    string `json:"hook"`
	Waiting int    `json:"waiting"`
	Lost    uint64 `json:"lost"`
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

// figures returns how the running hooks keep up, by their labels. Hooks that are alike
// are counted together.
func (h *hooks) figures() map[string]HookFigures {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]HookFigures{}
	for _, o := range h.running {
		f := all[o.label()]
		waiting, lost := o.lanes.Figures()
		for _, sub := range o.subscriptions {
			lost += sub.Lost()
		}
		all[o.label()] = HookFigures{o.label(), f.Waiting + waiting, f.Lost + lost}
	}
	return all
}
