package node

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Link is the connection to one node, whether it stands at the moment or not.
type Link struct {
	node Node
	log  *slog.Logger
	clk  clock.Clock
	o    Options

	more     chan struct{} // holds one signal: listeners want other events
	inFlight atomic.Int32  // API commands FreeSWITCH is busy with
	answered atomic.Bool   // one was answered since it was last asked
	tried    chan struct{} // closed when the first attempt has succeeded or failed
	once     sync.Once     // closes it

	mu        sync.Mutex
	conn      *esl.Conn // nil while the node is down
	down      error     // why
	status    Status
	lost      uint64 // events, by connections and listeners that are gone
	listeners []*Subscription
}

// New makes a Link; Run connects it.
func New(node Node, log *slog.Logger, clk clock.Clock, o Options) *Link {
	return &Link{
		node:   node,
		log:    log.With("node", node.Name),
		clk:    clk,
		o:      o.withDefaults(),
		more:   make(chan struct{}, 1),
		tried:  make(chan struct{}),
		status: Status{Node: node.Name, Address: node.address(), Since: clk.Now()},
	}
}

// Name is the node's name.
func (l *Link) Name() string { return l.node.Name }

// Run connects, and reconnects with growing pauses, until ctx ends. It returns
// once everything it started has stopped: nil at the end of ctx, or at once an
// error when the node's settings can never work.
func (l *Link) Run(ctx context.Context) error {
	if err := l.node.check(); err != nil {
		l.setDown(err)
		return fmt.Errorf("node %s: %w", l.node.Name, err)
	}
	again := retry{rand: l.o.Rand}
	var said complaint
	for {
		start := l.clk.Now()
		err := l.attempt(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ended because it was told to
		}
		again.lasted(l.clk.Now().Sub(start))
		pause := again.pause()
		if said.due(l.clk.Now(), err.Error()) {
			l.log.Warn("FreeSWITCH is not connected; trying again", "address", l.node.address(), "error", err, "pause", pause.Round(time.Millisecond))
		}
		if clock.Sleep(ctx, l.clk, pause) != nil {
			return nil
		}
	}
}

// attempt is one connection from its beginning to its end.
func (l *Link) attempt(ctx context.Context) error {
	conn, err := l.connect(ctx)
	if err != nil {
		l.setDown(err)
		return err
	}
	s := session{link: l, conn: conn, asked: map[string]bool{}}
	err = s.run(ctx)
	_ = conn.Close() // before anybody is told: who waits for an answer gets the end now
	l.setDown(err)
	return err
}

func (l *Link) setUp(conn *esl.Conn) {
	l.mu.Lock()
	l.conn, l.down = conn, nil
	l.status.Up, l.status.Since = true, l.clk.Now()
	l.status.Connects++
	l.mu.Unlock()
	l.once.Do(func() { close(l.tried) })
	l.log.Info("connected to FreeSWITCH", "address", l.node.address())
}

func (l *Link) setDown(err error) {
	defer l.once.Do(func() { close(l.tried) })
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.lost += l.conn.Dropped()
		l.conn = nil
		l.status.Up, l.status.Since = false, l.clk.Now()
	}
	l.down = err
	l.status.LastError = err.Error()
}

// noteCore learns which life of the FreeSWITCH process this is.
func (l *Link) noteCore(id string) {
	if id == "" {
		return
	}
	l.mu.Lock()
	before := l.status.CoreUUID
	restarted := before != "" && id != before
	if restarted {
		l.status.Restarts++
	}
	l.status.CoreUUID = id
	l.mu.Unlock()
	if restarted {
		l.log.Warn("FreeSWITCH was restarted: its calls, jobs and registrations of before are gone", "core", id, "before", before)
	}
}

// Up tells whether the node is connected, authenticated and subscribed.
func (l *Link) Up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

// Await waits until the first attempt to connect has succeeded or failed. The
// error is a *DownError that says why the node is not up, or ctx's.
func (l *Link) Await(ctx context.Context) error {
	select {
	case <-l.tried:
		_, err := l.connected()
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Status is a snapshot for the admin.
type Status struct {
	Node       string    `json:"name"`
	Address    string    `json:"address"`
	Up         bool      `json:"up"`
	Since      time.Time `json:"since"`                // when Up last changed
	CoreUUID   string    `json:"core_uuid,omitempty"`  // names one life of the FreeSWITCH process
	Connects   int       `json:"connects"`             // successful connects, the first included
	Restarts   int       `json:"restarts"`             // connects that found another Core-UUID
	LastError  string    `json:"last_error,omitempty"` // why it is, or last was, down
	EventsLost uint64    `json:"events_lost"`          // by full queues: the connections' and the listeners'
}

// Status is the Link's state now.
func (l *Link) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.EventsLost = l.lost
	if l.conn != nil {
		s.EventsLost += l.conn.Dropped()
	}
	for _, sub := range l.listeners {
		s.EventsLost += sub.Dropped()
	}
	return s
}
