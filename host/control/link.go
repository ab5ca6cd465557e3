package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/esl"
)

var errSkeleton = errors.New("control: being written")

// Node is one FreeSWITCH to stay connected to.
type Node struct {
	Name      string
	Address   string   // host:port of mod_event_socket, port 8021 if left out
	User      string   // user@domain for userauth; empty: the password of event_socket.conf.xml
	Password  string   //
	Subscribe []string // event names, "CUSTOM <subclass>" or "ALL"; HEARTBEAT and BACKGROUND_JOB are always added
}

// Options of a Link. A zero field has the default.
type Options struct {
	Wire esl.Options
	Rand func() float64                                              // [0,1) for jitter, default math/rand
	Dial func(ctx context.Context, address string) (net.Conn, error) // default TCP
}

// Link is the connection to one node, whether it stands at the moment or not.
type Link struct{ node Node }

// New makes a Link; Run connects it.
func New(node Node, log *slog.Logger, clk clock.Clock, o Options) *Link { return &Link{node: node} }

// Name is the node's name.
func (l *Link) Name() string { return l.node.Name }

// Run connects, and reconnects with growing pauses, until ctx ends. It returns
// once everything it started has stopped.
func (l *Link) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// Up tells whether the node is connected, authenticated and subscribed.
func (l *Link) Up() bool { return false }

// API runs an API command and returns its output ("+OK ...", "-ERR ...").
// It occupies the connection until FreeSWITCH has answered: use BgAPI for
// whatever takes long (originate). *DownError when the node is not connected.
func (l *Link) API(ctx context.Context, line string) (string, error) { return "", errSkeleton }

// BgAPI runs an API command in FreeSWITCH's background and returns its output.
func (l *Link) BgAPI(ctx context.Context, line string) (string, error) { return "", errSkeleton }

// SendEvent fires an event into the node.
func (l *Link) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	return errSkeleton
}

// Listen hands events of these names (event names, "CUSTOM <subclass>", "ALL")
// to one listener through a queue of so many events (0 = 256). What the node is
// not yet subscribed to is added, now and after every reconnect.
func (l *Link) Listen(names []string, queue int) *Subscription { return &Subscription{} }

// Status is a snapshot for the admin.
type Status struct {
	Node       string
	Address    string
	Up         bool
	Since      time.Time // when Up last changed
	CoreUUID   string    // names one life of the FreeSWITCH process
	Connects   int       // successful connects, the first included
	Restarts   int       // reconnects that found another Core-UUID
	LastError  string    // why it is, or last was, down
	EventsLost uint64    // by full queues: the connection's and the listeners'
}

// Status is the Link's state now.
func (l *Link) Status() Status { return Status{} }

// Subscription is one listener's queue.
type Subscription struct{}

// Next waits for the next event. The error is ctx's, or ErrClosed.
func (s *Subscription) Next(ctx context.Context) (esl.Event, error) {
	return esl.Event{}, errSkeleton
}

// ErrClosed is returned by Next after Close.
var ErrClosed = errors.New("subscription closed")

// Dropped is how many events this listener lost because its queue was full.
func (s *Subscription) Dropped() uint64 { return 0 }

// Close ends the subscription; a waiting Next returns ErrClosed.
func (s *Subscription) Close() {}
