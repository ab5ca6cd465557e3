package switchsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/media"
	"github.com/eslua/eslua/host/switchsim/scheduler"
	"github.com/eslua/eslua/host/switchsim/wire"
	"github.com/google/uuid"
)

// A Switch simulates one FreeSWITCH.
type Switch struct {
	cfg      Config
	clk      clock.Clock
	log      *slog.Logger
	bus      *bus.Bus
	sched    *scheduler.Scheduler
	media    media.Library
	journal  *journal
	apps     map[string]application
	apis     map[string]apiCommand
	identity [5]wire.Header // Core-UUID ... FreeSWITCH-IPv6
	started  time.Time
	sessions atomic.Int64
	buffers  sync.Pool

	conferences conferences
	hash        hashTable

	ln      net.Listener
	closing chan struct{}
	ctx     context.Context // ends dials when the switch closes
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu          sync.Mutex // no channel and no connection is locked under it
	closed      bool
	channels    map[string]*channel
	peak        int
	connections map[*connection]struct{}
	dialplan    Dialplan
	endpoints   []Endpoint
	globals     map[string]string
	fault       Fault
}

// New returns a switch; nothing runs before Start.
func New(cfg Config) *Switch {
	s := &Switch{
		cfg: cfg, clk: cfg.Clock, log: cfg.Log, bus: bus.New(), apps: applications(), apis: apiCommands(),
		media:   media.Library{Lengths: cfg.Media, Default: cfg.DefaultMedia, Strict: cfg.StrictMedia, Ask: cfg.Length},
		journal: newJournal(cfg.Trace, cfg.NoJournal),
		closing: make(chan struct{}), channels: map[string]*channel{}, connections: map[*connection]struct{}{},
		dialplan: Dialplan{}, endpoints: slices.Clone(cfg.Endpoints), globals: map[string]string{},
		conferences: conferences{byName: map[string]*conference{}}, hash: hashTable{values: map[string]string{}},
	}
	if s.clk == nil {
		s.clk = clock.System()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	host := cmp.Or(cfg.Hostname, "switchsim")
	s.identity = [5]wire.Header{
		{Name: "Core-UUID", Value: s.newUUID()},
		{Name: "FreeSWITCH-Hostname", Value: host},
		{Name: "FreeSWITCH-Switchname", Value: host},
		{Name: "FreeSWITCH-IPv4", Value: "127.0.0.1"},
		{Name: "FreeSWITCH-IPv6", Value: "::1"},
	}
	for context, extensions := range cfg.Dialplan {
		s.dialplan[context] = extensions
	}
	maps.Copy(s.globals, cfg.Globals)
	s.globals["core_uuid"], s.globals["hostname"], s.globals["local_ip_v4"] = s.identity[0].Value, host, "127.0.0.1"
	s.sched = s.newScheduler()
	return s
}

// Start opens the event socket and starts the switch.
func (s *Switch) Start() error {
	s.started = s.clk.Now()
	s.ln = s.cfg.Listener
	if addr := s.cfg.Listen; s.ln == nil && addr != "-" {
		ln, err := net.Listen("tcp", cmp.Or(addr, "127.0.0.1:0"))
		if err != nil {
			return fmt.Errorf("simulated event socket: %w", err)
		}
		s.ln = ln
	}
	if s.ln != nil {
		s.spawn(func() { s.accept(s.ln) })
	}
	s.spawn(func() { s.sched.Run(s.closing) })
	s.startHeartbeat()
	return nil
}

// Close hangs every channel up (SYSTEM_SHUTDOWN), closes every connection and
// waits for all goroutines of the switch.
func (s *Switch) Close() error {
	if swap(&s.mu, &s.closed, true) {
		return nil
	}
	close(s.closing)
	s.cancel()
	if s.ln != nil {
		s.ln.Close()
	}
	for _, c := range s.allChannels() {
		c.hangup("SYSTEM_SHUTDOWN")
	}
	for _, l := range s.allConnections() {
		l.cut()
	}
	s.wg.Wait()
	return nil
}

// Addr returns host:port of the inbound event socket, after Start.
func (s *Switch) Addr() string {
	if s.ln == nil {
		return ""
	}
	return s.ln.Addr().String()
}

// Originate runs "originate <args>" and returns the new channel's UUID, or the
// cause ("USER_BUSY") as an error. It returns when the call is answered or has
// failed, in the switch's time.
func (s *Switch) Originate(args string) (uuid string, err error) {
	out := strings.TrimSuffix(s.API("originate "+args), "\n")
	if uuid, ok := strings.CutPrefix(out, "+OK "); ok {
		return uuid, nil
	}
	return "", errors.New(strings.TrimPrefix(out, "-ERR "))
}

// spawn runs fn in a goroutine that Close waits for. It reports false, and runs
// nothing, once the switch is closed.
func (s *Switch) spawn(fn func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		fn()
	}()
	return true
}

func (s *Switch) dialSocket(addr string) (net.Conn, error) {
	if s.cfg.Dial != nil {
		return s.cfg.Dial(s.ctx, addr)
	}
	var d net.Dialer
	return d.DialContext(s.ctx, "tcp", addr)
}

// seconds returns the time until the n-th next whole second: FreeSWITCH's scheduler
// and time-outs count epoch seconds, so that n seconds take n-1 to n.
func (s *Switch) seconds(n int) time.Duration {
	now := s.clk.Now()
	return now.Truncate(time.Second).Add(time.Duration(n) * time.Second).Sub(now)
}

func (s *Switch) newUUID() string { return uuid.NewString() }
