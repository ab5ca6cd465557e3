package campaign

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps holds what Campaigns need.
type Deps struct {
	Store *durable.Store
	Nodes []*node.Link
	// Blocked reports whether a bucket has a number.
	Blocked func(ctx context.Context, bucket, number string) (bool, error)
	NewID   func() string
	Log     *slog.Logger
	Clock   clock.Clock
}

// Campaigns has all campaigns that hosts with the same store share, and leads some of them.
// Its methods may be called from any goroutine.
type Campaigns struct {
	deps    Deps
	host    string // its id, another one each time that it starts
	config  atomic.Pointer[config.Campaigns]
	kept    atomic.Pointer[durable.Stream]
	wake    chan struct{} // holds one signal: something has changed that the scheduler must see
	looks   chan struct{} // likewise: a campaign is another one, or has another state
	metrics metrics

	retired context.Context // ends with Retire
	retire  context.CancelFunc

	mu       sync.Mutex
	listener string // at which FreeSWITCH reaches this host; "": it serves no calls
	known    map[string]*campaign
	nodes    []*nodePace
	calls    map[string]*ending // by the UUID of their channel
	running  sync.WaitGroup     // what follows lists and calls
	turns    uint64             // calls that were placed
}

// New returns the Campaigns. Nothing happens before Run.
func New(cfg config.Campaigns, d Deps) *Campaigns {
	c := &Campaigns{deps: d, host: d.NewID(), wake: make(chan struct{}, 1), looks: make(chan struct{}, 1),
		metrics: newMetrics(), known: map[string]*campaign{}, calls: map[string]*ending{}}
	c.retired, c.retire = context.WithCancel(context.Background())
	for _, l := range d.Nodes {
		c.nodes = append(c.nodes, &nodePace{link: l})
	}
	c.Configure(cfg)
	return c
}

// Configure changes the bounds.
func (c *Campaigns) Configure(cfg config.Campaigns) {
	before := c.config.Swap(&cfg)
	if before == nil || before.Size != cfg.Size {
		c.kept.Store(c.newStream())
	}
}

func (c *Campaigns) stream() *durable.Stream { return c.kept.Load() }

// SetListener tells the host:port at which FreeSWITCH reaches this host.
func (c *Campaigns) SetListener(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listener = address
}

// Retire ends the dialling: this host takes no more calls, and another one may go on.
func (c *Campaigns) Retire() {
	c.retire()
	c.lookAtOnce()
}

// wakeUp has the scheduler look again.
func (c *Campaigns) wakeUp() { signal(c.wake) }

// lookAtOnce has those look again who take leases.
func (c *Campaigns) lookAtOnce() {
	signal(c.wake)
	signal(c.looks)
}

func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// A campaign is one that this host knows.
type campaign struct {
	name     string
	record   Record
	sequence uint64 // of the record; 0: it is not known yet
	lease    lease
	lead     *lead // nil: this host does not lead it
}
