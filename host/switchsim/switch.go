package switchsim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// Switch is one simulated FreeSWITCH.
type Switch struct {
	cfg      Config
	clk      clock.Clock
	log      *slog.Logger
	bus      *bus
	sched    *scheduler
	rooms    rooms
	journal  *journal
	apps     map[string]application
	apis     map[string]apiCommand
	identity [5]wire.Header // Core-UUID ... FreeSWITCH-IPv6
	started  time.Time
	sessions atomic.Int64
	buffers  sync.Pool

	ln      net.Listener
	closing chan struct{}
	ctx     context.Context // ends dials when the switch closes
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	channels  map[string]*channel
	peak      int
	listeners map[*listener]struct{}
	dialplan  Dialplan
	endpoints []Endpoint
	globals   map[string]string
	fault     Fault
}

// New makes a switch; nothing runs before Start.
func New(cfg Config) *Switch {
	s := &Switch{
		cfg: cfg, clk: cfg.Clock, log: cfg.Log, bus: newBus(),
		closing: make(chan struct{}), channels: map[string]*channel{},
		listeners: map[*listener]struct{}{}, dialplan: Dialplan{}, globals: map[string]string{},
	}
	if s.clk == nil {
		s.clk = clock.System()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	host := cfg.Hostname
	if host == "" {
		host = "switchsim"
	}
	s.identity = [5]wire.Header{
		{Name: "Core-UUID", Value: s.newUUID()},
		{Name: "FreeSWITCH-Hostname", Value: host},
		{Name: "FreeSWITCH-Switchname", Value: host},
		{Name: "FreeSWITCH-IPv4", Value: "127.0.0.1"},
		{Name: "FreeSWITCH-IPv6", Value: "::1"},
	}
	for context, extensions := range cfg.Dialplan {
		s.dialplan[context] = append([]Extension(nil), extensions...)
	}
	for name, value := range cfg.Globals {
		s.globals[name] = value
	}
	s.globals["hostname"], s.globals["local_ip_v4"] = host, "127.0.0.1"
	s.endpoints = append(s.endpoints, cfg.Endpoints...)
	s.sched = newScheduler(s)
	s.rooms.byName = map[string]*room{}
	s.apps, s.apis = applicationTable(), apiTable()
	s.journal = newJournal(cfg.Trace, cfg.NoJournal)
	return s
}

// Start listens and begins to serve.
func (s *Switch) Start() error {
	s.started = s.clk.Now()
	if addr := s.cfg.Listen; addr != "-" {
		if addr == "" {
			addr = "127.0.0.1:0"
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("simulated event socket: %w", err)
		}
		s.ln = ln
		s.spawn(func() { s.accept(ln) })
	}
	s.spawn(s.sched.run)
	s.startHeartbeat()
	return nil
}

// Close hangs every channel up (SYSTEM_SHUTDOWN), closes every connection and
// waits for all goroutines of the switch.
func (s *Switch) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	channels := make([]*channel, 0, len(s.channels))
	for _, c := range s.channels {
		channels = append(channels, c)
	}
	s.mu.Unlock()
	close(s.closing)
	s.cancel()
	if s.ln != nil {
		s.ln.Close()
	}
	for _, c := range channels {
		c.hangup("SYSTEM_SHUTDOWN")
	}
	for _, l := range s.allListeners() {
		l.cut()
	}
	s.wg.Wait()
	return nil
}

// Addr is host:port of the inbound event socket, known after Start.
func (s *Switch) Addr() string {
	if s.ln == nil {
		return ""
	}
	return s.ln.Addr().String()
}

// API runs an API command line as the console would and returns its output.
func (s *Switch) API(line string) string {
	cmd, args, _ := strings.Cut(line, " ")
	return s.runAPI(cmd, args, nil)
}

// Originate runs "originate <args>" and returns the new channel's UUID, or an
// error that holds the cause ("USER_BUSY"). It returns when the call is
// answered or has failed, in the switch's time.
func (s *Switch) Originate(args string) (uuid string, err error) {
	out := strings.TrimSuffix(s.API("originate "+args), "\n")
	if uuid, ok := strings.CutPrefix(out, "+OK "); ok {
		return uuid, nil
	}
	return "", errors.New(strings.TrimPrefix(out, "-ERR "))
}

// SetExtension adds or replaces an extension (matched by its Match).
func (s *Switch) SetExtension(context string, e Extension) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := append([]Extension(nil), s.dialplan[context]...)
	for i := range list {
		if list[i].Match == e.Match {
			list[i] = e
			s.dialplan[context] = list
			return
		}
	}
	s.dialplan[context] = append(list, e)
}

// SetEndpoint adds or replaces an endpoint (matched by its Dial).
func (s *Switch) SetEndpoint(e Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := append([]Endpoint(nil), s.endpoints...)
	for i := range list {
		if list[i].Dial == e.Dial {
			list[i] = e
			s.endpoints = list
			return
		}
	}
	s.endpoints = append(list, e)
}

// spawn runs fn in a goroutine that Close waits for; once the switch is closed
// it runs nothing and reports false.
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

func (s *Switch) dial(addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(s.ctx, "tcp", addr)
}

func (s *Switch) password() string {
	if s.cfg.Password == "" {
		return "ClueCon"
	}
	return s.cfg.Password
}

func (s *Switch) authTimeout() time.Duration {
	if s.cfg.AuthTimeout > 0 {
		return s.cfg.AuthTimeout
	}
	return 25 * time.Second
}

// seconds is the time until the n-th next whole second: FreeSWITCH's scheduler
// and time-outs count in epoch seconds, so that n seconds take n-1 to n.
func (s *Switch) seconds(n int) time.Duration {
	now := s.clk.Now()
	return now.Truncate(time.Second).Add(time.Duration(n) * time.Second).Sub(now)
}

func (s *Switch) newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *Switch) global(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.globals[name]
}
