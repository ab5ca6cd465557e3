package page

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/run"
)

const (
	points      = 300 // of a Series: five minutes
	flowPoints  = 60  // of a flow
	maxFailures = 40  // kinds of failures that are remembered
)

// A Series holds a point for each of the last seconds, the newest last.
type Series struct {
	Running []int     `json:"running"`
	Started []int64   `json:"started"` // in the second
	Failed  []int64   `json:"failed"`
	CPU     []float64 `json:"cpu"` // processors that scripts kept busy
	Heap    []int64   `json:"heap"`
}

// A sample holds what eslua had counted at a time.
type sample struct {
	at              time.Time
	running         int
	started, failed int64
	cpu             time.Duration
	heap            int64
	flows           []admin.Flow
}

// A history remembers the last minutes.
type history struct {
	last  sample
	all   Series
	flows map[string]*pace
	kinds []*Failure // the last one that happened first
}

// A pace remembers the last minute of a flow.
type pace struct {
	started, failed []int64
	cpu             time.Duration // in the last second
	last            admin.Flow
}

// A Failure tells of calls of a flow that failed with the same message.
type Failure struct {
	Flow  string `json:"flow"`
	Error string `json:"error"`
	First int64  `json:"first"`
	Last  int64  `json:"last"`
	Count int64  `json:"count"`
	ID    uint64 `json:"id,omitempty"` // of the newest of the calls of which a trace is kept
}

func (p *Page) sample(st admin.Status) sample {
	l := p.load(st)
	s := sample{at: st.Now, running: l.Running, started: l.Started, failed: l.Failed, heap: l.Heap, flows: st.Flows}
	for _, f := range st.Flows {
		s.cpu += f.CPU
	}
	return s
}

// add notes a sample. Several in one second count as one.
func (h *history) add(s sample) {
	if h.flows == nil {
		h.flows = map[string]*pace{}
		h.last = s
		h.addFlows(s.flows)
		return
	}
	seconds := s.at.Sub(h.last.at).Seconds()
	if seconds < 0.5 {
		return
	}
	push(&h.all.Running, s.running, points)
	push(&h.all.Started, perSecond(s.started-h.last.started, seconds), points)
	push(&h.all.Failed, s.failed-h.last.failed, points)
	push(&h.all.CPU, float64((s.cpu-h.last.cpu).Milliseconds())/1000/seconds, points)
	push(&h.all.Heap, s.heap, points)
	h.last = s
	h.addFlows(s.flows)
}

func perSecond(n int64, seconds float64) int64 { return int64(float64(n)/seconds + 0.5) }

// push appends to a list of which only the newest are kept.
func push[T any](list *[]T, v T, most int) {
	if len(*list) >= most {
		copy(*list, (*list)[1:])
		(*list)[len(*list)-1] = v
		return
	}
	*list = append(*list, v)
}

func (h *history) addFlows(flows []admin.Flow) {
	for _, f := range flows {
		known := h.flows[f.Flow]
		if known == nil {
			h.flows[f.Flow] = &pace{last: f}
			if f.Last != nil {
				h.fail(f, max(f.Failed, 1))
			}
			continue
		}
		push(&known.started, f.Started-known.last.Started, flowPoints)
		push(&known.failed, f.Failed-known.last.Failed, flowPoints)
		known.cpu = f.CPU - known.last.CPU
		if n := f.Failed - known.last.Failed; n > 0 && f.Last != nil {
			h.fail(f, n)
		}
		known.last = f
	}
	for name := range h.flows {
		if !slices.ContainsFunc(flows, func(f admin.Flow) bool { return f.Flow == name }) {
			delete(h.flows, name)
		}
	}
}

// fail notes that a flow failed n times, the last time as f says.
func (h *history) fail(f admin.Flow, n int64) {
	at := f.Last.At.UnixMilli()
	i := slices.IndexFunc(h.kinds, func(k *Failure) bool { return k.Flow == f.Flow && k.Error == f.Last.Error })
	kind := &Failure{Flow: f.Flow, Error: f.Last.Error, First: at}
	if i >= 0 {
		kind = h.kinds[i]
		h.kinds = slices.Delete(h.kinds, i, i+1)
	}
	kind.Count, kind.Last = kind.Count+n, at
	h.kinds = slices.Insert(h.kinds, 0, kind)
	h.kinds = h.kinds[:min(len(h.kinds), maxFailures)]
}

func (h *history) series() Series {
	return Series{notNil(h.all.Running), notNil(h.all.Started), notNil(h.all.Failed), notNil(h.all.CPU), notNil(h.all.Heap)}
}

// kindOf returns what calls have in common that failed alike. A trace and the account of
// the runs bound the message differently.
func kindOf(flow, message string) string {
	message = run.NewFailure(time.Time{}, errors.New(message)).Error
	return flow + "\n" + message[:min(len(message), 150)]
}

// failures returns the kinds of failures, the newest first, each with a failed call of which
// there is a trace.
func (h *history) failures(traced map[string]Call) []Failure {
	list := make([]Failure, 0, len(h.kinds))
	for _, k := range h.kinds {
		f := *k
		f.ID = traced[kindOf(k.Flow, k.Error)].ID
		f.Flow, f.Error = cut(f.Flow), cut(f.Error)
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b Failure) int { return cmp.Compare(b.Last, a.Last) })
	return list
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
