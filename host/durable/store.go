package durable

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// ErrNowhere means that the configuration names no place for what is durable.
var ErrNowhere = errors.New("there is no place for what must not be lost; write state: DIRECTORY, or nats: {servers: [nats://HOST:4222]}, into the configuration")

// MostBytes bounds a message.
const MostBytes = 1 << 20

// A Network has the Unix socket through which hosts on one machine share the files. The
// zero value is the machine's.
type Network struct {
	Listen func(network, address string) (net.Listener, error)
	Dial   func(ctx context.Context, address string) (net.Conn, error)
	// First is called before the first use; nil: nothing is.
	First func()
}

// A Store gives access to JetStream. Its methods may be called from any goroutine.
type Store struct {
	config config.NATS
	first  func()
	holder *holder // nil: a cluster keeps it, or nobody
	log    *slog.Logger

	mu     sync.Mutex
	link   *link         // nil: there is none yet
	wanted chan struct{} // closed by the first use
	once   sync.Once
}

// New returns the Store of a configuration; dir is the directory of its files if it
// names no cluster, and "" if there is none. Nothing is opened before Run, and nothing
// is made on the disk before the first use.
func New(c config.NATS, dir string, network Network, log *slog.Logger, clk clock.Clock) *Store {
	if network.Listen == nil {
		network.Listen = net.Listen
	}
	if network.Dial == nil {
		network.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", address)
		}
	}
	s := &Store{config: c, first: network.First, log: log, wanted: make(chan struct{})}
	if len(c.Servers) == 0 && dir != "" {
		s.holder = newHolder(dir, int64(c.Size), network, log, clk)
		if s.holder.exists() {
			s.want()
		}
	}
	return s
}

// used reports whether there may be anything.
func (s *Store) used() bool {
	if s.Check() != nil {
		return false
	}
	if s.holder == nil {
		return true
	}
	select {
	case <-s.wanted:
		return true
	default:
		return false
	}
}

func (s *Store) want() {
	s.once.Do(func() {
		if s.first != nil {
			s.first()
		}
		close(s.wanted)
	})
}

// Check returns ErrNowhere if there is no place for anything.
func (s *Store) Check() error {
	if s == nil || s.holder == nil && len(s.config.Servers) == 0 {
		return ErrNowhere
	}
	return nil
}

// Problem returns why nothing can be kept at present; nil if that is not known, as while the
// files go from one host to the next.
func (s *Store) Problem() error {
	if s.holder == nil {
		return nil
	}
	return s.holder.trouble()
}

// Replicas returns how many servers keep each message.
func (s *Store) Replicas() int {
	if s.holder != nil {
		return 1
	}
	return s.config.Replicas
}

// Bounded returns the most bytes that a stream may have, if it wants so many: a server
// inside this process gives it an eighth of what it may keep, since JetStream refuses
// streams that together may have more than there is.
func (s *Store) Bounded(bytes int64) int64 {
	if s.holder == nil {
		return bytes
	}
	return min(bytes, int64(s.config.Size)/8)
}

// Room returns how many bytes all streams together may have that have no bound of their own.
func (s *Store) Room(ctx context.Context, js jetstream.JetStream) (int64, error) {
	info, err := js.AccountInfo(ctx)
	if err != nil {
		return 0, err
	}
	most := info.Limits.MaxStore
	if s.holder != nil {
		most = s.holder.size
	}
	if most <= 0 { // the cluster's admin has set none
		return math.MaxInt64, nil
	}
	return most - int64(info.ReservedStore), nil
}

// Run holds the files from the first use on, as long as no other host wants them, until
// ctx ends.
func (s *Store) Run(ctx context.Context) error {
	defer s.close()
	if s.holder == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-s.wanted:
	case <-ctx.Done():
		return nil
	}
	return s.holder.run(ctx)
}

// Yield lets a host that waits for the files have them: this one is about to end.
func (s *Store) Yield() {
	if s.holder != nil {
		s.holder.yield()
	}
}

// A Status describes the Store.
type Status struct {
	Kind      string `json:"kind"`             // "embedded", "cluster", or "" if there is none
	Server    string `json:"server,omitempty"` // of a cluster
	Connected bool   `json:"connected"`
	Holds     bool   `json:"holds"`          // this process has the files of an embedded server
	Bytes     uint64 `json:"bytes"`          // on the disk, of an embedded server
	Lost      int    `json:"lost,omitempty"` // messages, because files were damaged, since this process began
	Problem   string `json:"problem,omitempty"`
}

// Status describes the Store now.
func (s *Store) Status() (st Status) {
	if s.Check() != nil {
		return st
	}
	st.Kind = "cluster"
	conn := s.conn()
	if conn != nil {
		st.Connected = conn.IsConnected()
	}
	if s.holder != nil {
		st.Kind = "embedded"
		s.holder.describe(&st)
	} else if st.Connected {
		st.Server = conn.ConnectedUrlRedacted()
	}
	return st
}
