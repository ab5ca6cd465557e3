package node

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A Link keeps one node connected: it connects, reconnects, and passes on commands.
type Link struct {
	node Node
	log  *slog.Logger
	clk  clock.Clock
	o    Options

	board *board

	inFlight      atomic.Int32              // API commands that FreeSWITCH is busy with
	answered      atomic.Bool               // one was answered since the last look for silence
	heard         atomic.Pointer[time.Time] // when anything was last received
	attempted     chan struct{}             // closed when the first attempt has succeeded or failed
	attemptedOnce sync.Once                 // closes it
	arrived       chan struct{}             // closed when the node is connected for the first time

	mu     sync.Mutex
	conn   *esl.Conn // nil while the node is down
	down   error     // why
	status Status
	lost   uint64 // events, by Subscriptions and by connections that have ended

	watch     func(Change)
	restarted *Change    // to be told when the node is connected
	telling   sync.Mutex // held while watch runs
}

// A Change is something that has happened to a node.
type Change struct {
	Kind     ChangeKind
	CoreUUID string // of the FreeSWITCH process; "" if it is not known
	Previous string // that of the one before, if it was Restarted
	Err      error  // why it is Lost
}

// A ChangeKind says what has happened to a node.
type ChangeKind string

// The kinds of changes. A node that was restarted is Connected and then Restarted.
const (
	Connected ChangeKind = "connected"
	Lost      ChangeKind = "lost"
	Restarted ChangeKind = "restarted"
	Drained   ChangeKind = "drained" // an admin has begun to drain it
	Resumed   ChangeKind = "resumed"
)

// Watch has changed called for each change of the node, one after the other. It must not
// wait.
func (l *Link) Watch(changed func(Change)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = changed
}

func (l *Link) tell(c Change) {
	l.mu.Lock()
	watch := l.watch
	l.mu.Unlock()
	if watch != nil {
		l.telling.Lock()
		defer l.telling.Unlock()
		watch(c)
	}
}

// New makes a Link; Run connects it.
func New(node Node, log *slog.Logger, clk clock.Clock, o Options) *Link {
	return &Link{
		node:      node,
		log:       log.With("node", node.Name),
		clk:       clk,
		o:         o.withDefaults(),
		board:     newBoard(),
		attempted: make(chan struct{}),
		arrived:   make(chan struct{}),
		status:    Status{Node: node.Name, Address: node.address(), Tags: node.Tags, Weight: node.Weight, Since: clk.Now()},
	}
}

// Name returns the node's name.
func (l *Link) Name() string { return l.node.Name }

// Tags returns the node's tags.
func (l *Link) Tags() []string { return l.node.Tags }

// Weight returns the node's share of the calls that are distributed.
func (l *Link) Weight() int { return l.node.Weight }

// Run connects, and reconnects with growing pauses, until ctx ends. It returns
// once everything it started has stopped: nil at the end of ctx, or at once an
// error when the node's settings can never work.
func (l *Link) Run(ctx context.Context) error {
	if _, err := l.node.login(); err != nil {
		l.setDown(err)
		return fmt.Errorf("node %s: %w", l.node.Name, err)
	}
	pauses := backoff{rand: l.o.Rand}
	var logged repeatFilter
	for {
		start := l.clk.Now()
		err := l.attempt(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ended on request
		}
		pauses.lasted(l.clk.Now().Sub(start))
		pause := pauses.pause()
		if logged.due(l.clk.Now(), err.Error()) {
			l.log.Warn("FreeSWITCH is not connected; trying again", "address", l.node.address(), "error", err, "pause", pause.Round(time.Millisecond))
		}
		if clock.Pause(ctx, l.clk, pause) != nil {
			return nil
		}
	}
}

// attempt connects once and serves the connection until it ends.
func (l *Link) attempt(ctx context.Context) error {
	conn, err := l.connect(ctx)
	if err != nil {
		l.setDown(err)
		return err
	}
	c := connection{link: l, conn: conn, subscribed: newSubscribed()}
	err = c.run(ctx)
	_ = conn.Close() // before the state changes: callers that wait for a reply get the end now
	l.setDown(err)
	l.board.disconnected()
	return err
}

func (l *Link) setUp(conn *esl.Conn) {
	l.mu.Lock()
	l.conn, l.down = conn, nil
	l.status.Up, l.status.Since = true, l.clk.Now()
	l.status.Connects++
	isFirst, core, restarted := l.status.Connects == 1, l.status.CoreUUID, l.restarted
	l.restarted = nil
	l.mu.Unlock()
	if isFirst {
		close(l.arrived)
	}
	l.attemptedOnce.Do(func() { close(l.attempted) })
	l.log.Info("connected to FreeSWITCH", "address", l.node.address())
	l.tell(Change{Kind: Connected, CoreUUID: core})
	if restarted != nil {
		l.tell(*restarted)
	}
}

func (l *Link) setDown(err error) {
	defer l.attemptedOnce.Do(func() { close(l.attempted) })
	l.mu.Lock()
	wasUp, core := l.conn != nil, l.status.CoreUUID
	if wasUp {
		l.lost += l.conn.Dropped()
		l.conn = nil
		l.status.Up, l.status.Since = false, l.clk.Now()
	}
	l.down = err
	l.status.LastError = shorten(err.Error())
	l.mu.Unlock()
	if wasUp {
		l.tell(Change{Kind: Lost, CoreUUID: core, Err: err})
	}
}

func (l *Link) addLost(events int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost += uint64(events)
}

// shorten bounds an error's text, which a peer may have sent.
func shorten(text string) string {
	const most = 500
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// noteCore records the id of the running FreeSWITCH process, by which a restart
// is noticed.
func (l *Link) noteCore(id string) {
	if id == "" {
		return
	}
	l.mu.Lock()
	previous := l.status.CoreUUID
	restarted := previous != "" && id != previous
	if restarted {
		l.status.Restarts++
	}
	l.status.CoreUUID = id
	change := Change{Kind: Restarted, CoreUUID: id, Previous: previous}
	isUp := l.conn != nil
	if restarted && !isUp {
		l.restarted = &change
	}
	l.mu.Unlock()
	if restarted {
		l.log.Warn("FreeSWITCH was restarted: its earlier calls, jobs and registrations are gone", "core", id, "previous_core", previous)
		if isUp {
			l.tell(change)
		}
	}
}

// Up reports whether the node is connected, authenticated and subscribed.
func (l *Link) Up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

// Await waits until the first attempt to connect has succeeded or failed. The
// error is a *DownError that says why the node is not up, or ctx's.
func (l *Link) Await(ctx context.Context) error {
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-l.attempted:
		_, err := l.connected()
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Node returns the node itself, also of what stands for it in a run without a call.
func (l *Link) Node(context.Context) (*Link, error) { return l, nil }

// AwaitFirst waits until the node has been connected once; the error is ctx's.
func (l *Link) AwaitFirst(ctx context.Context) error {
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-l.arrived:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Status is a snapshot of a Link for the admin.
type Status struct {
	Node       string    `json:"name"`
	Address    string    `json:"address"`
	Tags       []string  `json:"tags,omitempty"`
	Weight     int       `json:"weight"`
	Up         bool      `json:"up"`
	Since      time.Time `json:"since"`                // when Up last changed
	CoreUUID   string    `json:"core_uuid,omitempty"`  // of the running FreeSWITCH process
	Connects   int       `json:"connects"`             // successful connects, the first included
	Restarts   int       `json:"restarts"`             // connects that found another Core-UUID
	LastError  string    `json:"last_error,omitempty"` // why it is, or was, down
	EventsLost uint64    `json:"events_lost"`          // by full queues of connections
	Draining   *Draining `json:"draining,omitempty"`   // nil: it gets new calls
	Commands   *Commands `json:"commands,omitempty"`   // of scripts; nil: they are not bounded
	Health     `json:"health"`
}

// Status returns the state of the Link.
func (l *Link) Status() Status {
	var commands *Commands
	if gate := l.Gate(); gate != nil {
		c := gate.Status()
		commands = &c
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.EventsLost, s.Commands = l.lost, commands
	if l.conn != nil {
		s.EventsLost += l.conn.Dropped()
	}
	if heard := l.heard.Load(); heard != nil {
		s.Heard = *heard
	}
	return s
}
