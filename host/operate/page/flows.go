package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/script/rollout"
)

// A Flow tells how a flow goes.
type Flow struct {
	Name       string    `json:"name"`
	Running    int64     `json:"running"`
	Started    int64     `json:"started"`
	Ended      int64     `json:"ended"`
	Failed     int64     `json:"failed"`
	Recent     []int64   `json:"recent"`        // calls that began, in each second of the last minute
	Broken     []int64   `json:"recent_failed"` // calls that failed
	CPU        float64   `json:"cpu"`           // of a call, on average
	CPULimit   float64   `json:"cpu_limit"`
	Memory     int64     `json:"memory"` // of the call that holds most; 0: not known
	Limit      int64     `json:"memory_limit"`
	Generation string    `json:"generation"`
	Version    string    `json:"version"`
	Gone       bool      `json:"gone,omitempty"`
	Override   *Override `json:"override,omitempty"`
	Last       string    `json:"last_error,omitempty"`
	LastAt     int64     `json:"last_failed,omitempty"`
}

// An Override tells of a pin or a rollback.
type Override struct {
	Generation string `json:"generation"`
	Pinned     bool   `json:"pinned"`
	Why        string `json:"why"`
	Since      int64  `json:"since"`
}

// A Canary tells how the trial of a new version goes.
type Canary struct {
	Flow  string `json:"flow"`
	Share int    `json:"share"`
	Since int64  `json:"since"`
	Until int64  `json:"until"`
	Calls int    `json:"calls"`
	Old   Arm    `json:"old"`
	New   Arm    `json:"new"`
}

// An Arm is one of the two versions of a Canary.
type Arm struct {
	Generation string `json:"generation"`
	Started    int64  `json:"started"`
	Ended      int64  `json:"ended"`
	Failed     int64  `json:"failed"`
}

// flows returns the flows, those with calls first, and how many are left out. Modules
// that no call ever used are none.
func (p *Page) flows(st admin.Status) (list []Flow, omitted int) {
	list = []Flow{}
	for _, f := range st.Flows {
		if f.Module && f.Started == 0 || f.Gone && f.Started == 0 && st.Override(f.Flow) == nil {
			continue
		}
		list = append(list, p.flow(f, st.Override(f.Flow)))
	}
	slices.SortStableFunc(list, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(min(b.Started, 1), min(a.Started, 1)), cmp.Compare(a.Name, b.Name))
	})
	omitted = max(len(list)-maxFlows, 0)
	return first(list, maxFlows), omitted
}

func (p *Page) flow(f admin.Flow, o *rollout.Override) Flow {
	flow := Flow{
		Name: cut(f.Flow), Running: f.Started - f.Ended, Started: f.Started, Ended: f.Ended, Failed: f.Failed,
		Recent: []int64{}, Broken: []int64{}, Memory: p.crowd.memory[f.Flow], Generation: f.Generation, Version: f.Version, Gone: f.Gone,
	}
	if pace := p.history.flows[f.Flow]; pace != nil {
		flow.Recent, flow.Broken = notNil(pace.started), notNil(pace.failed)
	}
	if f.Ended > 0 {
		flow.CPU = f.CPU.Seconds() / float64(f.Ended)
	}
	if p.deps.Limits != nil {
		limits := p.deps.Limits(f.Flow)
		flow.CPULimit, flow.Limit = time.Duration(limits.CPU).Seconds(), int64(limits.Memory)
	}
	if o != nil {
		flow.Override = &Override{Generation: o.Generation, Pinned: o.Pinned(), Why: cut(o.Why), Since: o.Since.UnixMilli()}
	}
	if f.Last != nil {
		flow.Last, flow.LastAt = cut(f.Last.Error), f.Last.At.UnixMilli()
	}
	return flow
}

func canaries(st admin.Status) []Canary {
	list := []Canary{}
	for _, c := range first(st.Rollout.Canaries, maxFlows) {
		list = append(list, Canary{
			Flow: cut(c.Flow), Share: c.Share, Since: c.Since.UnixMilli(), Until: c.Until.UnixMilli(), Calls: c.Calls, Old: armOf(c.Old), New: armOf(c.New),
		})
	}
	return list
}

func armOf(a rollout.Arm) Arm { return Arm{a.Generation, a.Started, a.Ended, a.Failed} }
