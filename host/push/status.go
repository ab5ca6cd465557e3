package push

import "github.com/prometheus/client_golang/prometheus"

// A Status tells how a push keeps up.
type Status struct {
	Push    string `json:"push"`
	Waiting int    `json:"waiting"` // to be kept
	Kept    uint64 `json:"kept"`
	Dropped uint64 `json:"dropped"` // by the script
	Lost    uint64 `json:"lost"`    // not kept: the queue was full, the script failed, or the outbox refused them
}

// Status describes the pushes. Those that are alike are counted together.
func (p *Pushes) Status() (list []Status) {
	for _, l := range *p.lines.Load() {
		waiting, lost := l.tasks.Figures()
		list = append(list, Status{l.Label(), waiting, l.kept.Load(), l.dropped.Load(), lost + l.failed.Load()})
	}
	return list
}

// Missed returns how many events of calls were lost before they became pushes.
func (p *Pushes) Missed() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.missed.Load()
	for _, s := range p.subs {
		n += s.Lost()
	}
	return n
}

var (
	documentsDesc = prometheus.NewDesc("eslua_push_documents_total", "Documents for endpoints that were kept, dropped by their script, or lost.", []string{"push", "result"}, nil)
	waitingDesc   = prometheus.NewDesc("eslua_push_waiting", "Documents that wait to be kept.", []string{"push"}, nil)
	missedDesc    = prometheus.NewDesc("eslua_push_events_missed_total", "Events that were lost before they became documents.", nil, nil)
)

// Register registers the metrics.
func (p *Pushes) Register(r prometheus.Registerer) {
	r.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		ch <- prometheus.MustNewConstMetric(missedDesc, prometheus.CounterValue, float64(p.Missed()))
		all := map[string]Status{}
		for _, s := range p.Status() {
			sum := all[s.Push]
			all[s.Push] = Status{s.Push, sum.Waiting + s.Waiting, sum.Kept + s.Kept, sum.Dropped + s.Dropped, sum.Lost + s.Lost}
		}
		for name, s := range all {
			ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(s.Waiting), name)
			for result, n := range map[string]uint64{"kept": s.Kept, "dropped": s.Dropped, "lost": s.Lost} {
				ch <- prometheus.MustNewConstMetric(documentsDesc, prometheus.CounterValue, float64(n), name, result)
			}
		}
	}))
}
