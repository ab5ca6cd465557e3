package page

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps give a Page what it shows and what its orders go to.
type Deps struct {
	admin.StatusSource
	admin.ScriptControl
	admin.ProcessControl
	Traces Traces // nil: single calls are not shown
	// Memory returns what the heap holds, and what it may hold.
	Memory func() (held, limit int64)
	// Limits returns what one call of a flow may use.
	Limits func(flow string) config.Limits
	Log    *slog.Logger
	Clock  clock.Clock
}

// A Page answers the HTTP requests of the operator's page. Its states are as new as Run
// makes them.
type Page struct {
	deps   Deps
	host   string // the machine's name
	door   *door
	routes http.Handler
	seats  seats

	observing sync.Mutex // guards these: one looks at eslua at a time
	history   history
	timeline  timeline
	crowd     crowd

	mu     sync.Mutex // guards these
	state  frame
	fresh  chan struct{} // closed when there is a newer state
	orders []Order       // the newest first
}

// A frame is one state as it is sent.
type frame struct {
	at   time.Time
	text []byte
}

// every passes between two states.
const every = time.Second

// New returns a Page.
func New(cfg config.Page, d Deps) *Page {
	p := &Page{deps: d, fresh: make(chan struct{})}
	p.host, _ = os.Hostname()
	p.door = newDoor(cfg, d.Log)
	p.routes = p.newRoutes()
	return p
}

// Register registers the metrics of the page.
func (p *Page) Register(r prometheus.Registerer) {
	r.MustRegister(p.door.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_pages_open", Help: "Pages of operators that are open now."}, func() float64 { return float64(p.seats.len()) }))
}

// Token returns a token with which who may see and change things until eslua ends.
func (p *Page) Token(who string) string { return p.door.sign(who) }

// Run looks at eslua once a second until ctx ends, whether a page is open or not: a page
// that is opened shows the last minutes.
func (p *Page) Run(ctx context.Context) {
	for {
		p.observe()
		if clock.Sleep(ctx, p.deps.Clock, every) != nil {
			return
		}
	}
}

// observe looks at eslua, and composes a state if somebody watches.
func (p *Page) observe() {
	p.observing.Lock()
	defer p.observing.Unlock()
	watched := p.seats.len() > 0
	st := p.deps.Status(watched)
	p.history.add(p.sample(st))
	if watched {
		p.publish(st.Now, p.compose(st))
	}
}

// publish hands a state to everybody who watches.
func (p *Page) publish(now time.Time, state State) {
	text := encode(state)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = frame{now, text}
	close(p.fresh)
	p.fresh = make(chan struct{})
}

// latest returns the newest state, and a channel that is closed when there is a newer
// one. The first who asks after a while without watchers has it composed.
func (p *Page) latest() (frame, <-chan struct{}) {
	state, fresh := p.published()
	if p.deps.Clock.Now().Sub(state.at) <= 2*every {
		return state, fresh
	}
	p.observing.Lock()
	defer p.observing.Unlock()
	if state, fresh = p.published(); p.deps.Clock.Now().Sub(state.at) > 2*every {
		st := p.deps.Status(true)
		p.publish(st.Now, p.compose(st))
		state, fresh = p.published()
	}
	return state, fresh
}

func (p *Page) published() (frame, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.fresh
}

// ServeHTTP answers a request to the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.routes.ServeHTTP(w, r) }
