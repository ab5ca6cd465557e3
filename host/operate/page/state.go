package page

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eslua/eslua/host/operate/admin"
)

// A State is everything that the page shows at a time, bounded. Times are Unix
// milliseconds, durations are seconds.
type State struct {
	Now      int64     `json:"now"`
	Started  int64     `json:"started"`
	Version  string    `json:"version"`
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Listen   string    `json:"listen"`
	Draining *Draining `json:"draining,omitempty"`
	Config   string    `json:"config_problem,omitempty"`

	Load     Load      `json:"load"`
	Series   Series    `json:"series"`
	Flows    []Flow    `json:"flows"`
	Omitted  int       `json:"flows_omitted,omitempty"`
	Failures []Failure `json:"failures"`
	Calls    []Call    `json:"calls,omitzero"` // nil: single calls are not known
	Waits    []Wait    `json:"waits,omitzero"`
	Nodes    []Node    `json:"nodes"`
	Scripts  Scripts   `json:"scripts"`
	Timeline []Event   `json:"timeline"`
	Canaries []Canary  `json:"canaries"`
	Advice   []string  `json:"advice"`
	Orders   []Order   `json:"orders"`
}

// Draining tells since when no new calls are taken, and when the remaining ones go.
type Draining struct {
	Since int64 `json:"since"`
	Until int64 `json:"until,omitempty"`
}

// Load holds what goes on now, and what limits it.
type Load struct {
	Running int   `json:"running"`
	Max     int   `json:"max"` // 0: no limit
	Waiting int   `json:"waiting"`
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	Failed  int64 `json:"failed"`
	Refused int64 `json:"refused"` // calls that no script got
	Heap    int64 `json:"heap"`
	Memory  int64 `json:"memory"` // that the heap may hold
}

// Scripts tell what the script directory holds.
type Scripts struct {
	Dir        string   `json:"dir"`
	Generation string   `json:"generation"`
	Since      int64    `json:"since"`
	Count      int      `json:"count"`
	Refused    bool     `json:"refused"`
	Problems   []string `json:"problems"`
}

// A Node tells how a FreeSWITCH is.
type Node struct {
	Name     string  `json:"name"`
	Address  string  `json:"address"`
	Up       bool    `json:"up"`
	Draining bool    `json:"draining,omitempty"`
	Sessions int     `json:"sessions"` // of FreeSWITCH, all
	Max      int     `json:"max_sessions"`
	Idle     float64 `json:"idle_cpu"` // per cent
	Ping     float64 `json:"ping"`     // seconds
	Software string  `json:"software,omitempty"`
	Since    int64   `json:"since"`
	Connects int     `json:"connects"`
	Restarts int     `json:"restarts"`
	Lost     uint64  `json:"lost"`
	Error    string  `json:"error,omitempty"`
}

// How many of each a State holds.
const (
	maxFlows    = 60
	maxNodes    = 60
	maxProblems = 20
	maxAdvice   = 20
	maxText     = 500 // bytes
)

// compose describes eslua as st has it.
func (p *Page) compose(st admin.Status) State {
	p.crowd.look(p.deps.Traces, p.deps.Clock.Now)
	s := State{
		Now: st.Now.UnixMilli(), Started: st.Started.UnixMilli(), Version: st.Version, Host: p.host, PID: st.PID, Listen: st.Listen,
		Config: cut(st.Config.Problem),
		Load:   p.load(st),
		Scripts: Scripts{
			Dir: st.Scripts.Dir, Generation: st.Scripts.Generation, Since: st.Scripts.Loaded.UnixMilli(), Count: st.Scripts.Scripts,
			Refused: st.Scripts.Refused, Problems: []string{},
		},
		Series:   p.history.series(),
		Failures: p.history.failures(p.crowd.failed),
		Timeline: p.timeline.events(st, p.deps),
		Canaries: canaries(st),
		Nodes:    []Node{},
		Advice:   []string{},
	}
	if d := st.Draining; d != nil {
		s.Draining = &Draining{Since: d.Since.UnixMilli(), Until: unix(d.Until)}
	}
	s.Flows, s.Omitted = p.flows(st)
	s.Calls, s.Waits = p.crowd.calls, p.crowd.waits
	for _, problem := range first(st.Scripts.Problems, maxProblems) {
		s.Scripts.Problems = append(s.Scripts.Problems, cut(problem.Error()))
	}
	for _, advice := range first(st.Advice(), maxAdvice) {
		s.Advice = append(s.Advice, cut(advice))
	}
	for _, n := range first(st.Nodes, maxNodes) {
		s.Nodes = append(s.Nodes, Node{
			Name: cut(n.Node), Address: cut(n.Address), Up: n.Up, Since: n.Since.UnixMilli(), Connects: n.Connects, Restarts: n.Restarts,
			Lost: n.EventsLost, Error: cut(n.LastError), Draining: n.Draining != nil,
			Sessions: n.Sessions, Max: n.MaxSessions, Idle: n.IdleCPU, Ping: n.RoundTrip.Seconds(), Software: cut(n.Version),
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Orders = slices.Clone(p.orders)
	return s
}

func (p *Page) load(st admin.Status) Load {
	l := Load{
		Running: st.Calls.Running, Max: st.Calls.Max, Waiting: st.Calls.Waiting,
		Refused: int64(st.Calls.Refused) + int64(st.Calls.Unserved) + st.Unnamed + st.Limited + st.NoFlow.Started,
	}
	for _, f := range st.Flows {
		l.Started, l.Ended, l.Failed = l.Started+f.Started, l.Ended+f.Ended, l.Failed+f.Failed
	}
	if p.deps.Memory != nil {
		l.Heap, l.Memory = p.deps.Memory()
	}
	return l
}

// encode returns a state as a server-sent event.
func encode(s State) []byte {
	var text bytes.Buffer
	text.WriteString("data: ")
	_ = json.NewEncoder(&text).Encode(s) // one line, and it can always be encoded
	text.WriteString("\n")
	return text.Bytes()
}

// cut bounds a text that somebody else has written.
func cut(text string) string {
	if len(text) <= maxText {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.ToValidUTF8(text[:end], "\uFFFD") + "…"
}

func first[T any](list []T, most int) []T { return list[:min(len(list), most)] }

// unix returns a time in milliseconds, 0 for none.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
