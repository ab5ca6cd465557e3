package admin

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flock"
)

const (
	retryPause      = 2 * time.Second // between attempts to open an address that is taken
	shutdownTimeout = 5 * time.Second // for requests in progress when the host ends
	readTimeout     = 5 * time.Second
	requestTimeout  = time.Minute // a reload of a large tree takes some seconds
	maxRequest      = 16 << 10    // bytes of a request's header, and of its body
)

// Deps give a Server its answers.
type Deps struct {
	StatusSource
	ScriptControl
	ProcessControl
	Jobs      JobControl
	Outbox    Pushes
	Queues    Messages
	Campaigns CampaignControl
	Nodes     NodeControl
	Traces    Traces
	Consoles  ConsoleControl
	Page      Page // nil: there is none
	Metrics   prometheus.Gatherer
	// Listen opens the addresses; nil: on this machine, and the socket for this user only.
	Listen func(network, address string) (net.Listener, error)
}

// Server answers the admin on a Unix socket, and monitoring on a TCP address.
type Server struct {
	socketPath  string
	metricsAddr string // "" serves no metrics
	deps        Deps
	log         *slog.Logger
	clk         clock.Clock
	tried       chan struct{} // closed by once
	once        sync.Once
	consoles    sync.WaitGroup // whose connections net/http does not know

	mu      sync.Mutex   // guards these
	socket  *socket      // nil while another process has the path
	metrics net.Listener // nil while it is not open
	yielded bool
}

// New makes a Server for the admin socket at a path and for metrics at host:port;
// Run opens both. Without metricsAddr it serves no metrics.
func New(socketPath, metricsAddr string, d Deps, log *slog.Logger, clk clock.Clock) *Server {
	return &Server{socketPath: socketPath, metricsAddr: metricsAddr, deps: d, log: log, clk: clk, tried: make(chan struct{})}
}

// Tried returns a channel that is closed after Run's first attempt to open the admin
// socket, successful or not.
func (s *Server) Tried() <-chan struct{} { return s.tried }

// Run serves until ctx ends. It waits for an address that another process has,
// with a warning: calls do not need it.
func (s *Server) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() { s.serve(ctx, "admin socket", s.socketPath, s.openSocket, s.adminRoutes()) })
	if s.metricsAddr != "" {
		both.Go(func() { s.serve(ctx, "metrics", s.metricsAddr, s.openMetrics, s.metricsRoutes()) })
	}
	if s.metricsAddr != "" && s.deps.Page != nil {
		both.Go(func() { s.deps.Page.Run(ctx) })
	}
	both.Wait()
	s.consoles.Wait()
	return nil
}

// MetricsAddr returns the address at which metrics are served now, or "".
func (s *Server) MetricsAddr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.metrics == nil {
		return ""
	}
	return s.metrics.Addr().String()
}

// yield leaves the addresses to the eslua that takes over. The socket can still
// be reached under its path with this process's number.
func (s *Server) yield() error {
	s.mu.Lock()
	s.yielded = true
	socket, metrics := s.socket, s.metrics
	s.metrics = nil
	s.mu.Unlock()
	if metrics != nil {
		_ = metrics.Close()
	}
	if socket == nil {
		return nil
	}
	return socket.moveTo(fmt.Sprintf("%s.%d", s.socketPath, os.Getpid()))
}

// serve opens an address as soon as it is free and serves there until ctx ends.
func (s *Server) serve(ctx context.Context, what, address string, open func() (net.Listener, error), routes http.Handler) {
	l := s.await(ctx, what, address, open)
	if l == nil {
		return
	}
	s.log.Debug(what+" is open", "address", l.Addr().String())
	server := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       requestTimeout,
		MaxHeaderBytes:    maxRequest,
		ConnState:         newCrowd(maxConnections).see,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(httpLog{s.log}, "", 0),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(l); ctx.Err() == nil && !s.hasYielded() {
			s.log.Warn(what+" is closed", "address", address, "error", err)
		}
	}()
	select {
	case <-ctx.Done():
	case <-served: // yielded, or broken
	}
	shutdown, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer stop()
	if server.Shutdown(shutdown) != nil {
		_ = server.Close()
	}
	<-served
}

// await opens an address as soon as no other process has it. It returns nil when
// ctx ends first, or when the addresses are another process's by now.
func (s *Server) await(ctx context.Context, what, address string, open func() (net.Listener, error)) net.Listener {
	for logged := ""; ; {
		l, err := open()
		if err == nil {
			return l
		}
		if s.hasYielded() {
			return nil
		}
		if err.Error() != logged && !errors.Is(err, flock.ErrLocked) {
			logged = err.Error()
			s.log.Warn(what+" cannot be opened; eslua keeps trying and takes calls without it", "address", address, "error", err)
		}
		if clock.Sleep(ctx, s.clk, retryPause) != nil {
			return nil
		}
	}
}

func (s *Server) openSocket() (net.Listener, error) {
	defer s.once.Do(func() { close(s.tried) })
	if s.hasYielded() {
		return nil, net.ErrClosed
	}
	if s.deps.Listen != nil {
		return s.deps.Listen("unix", s.socketPath)
	}
	l, err := listen(s.socketPath)
	if err != nil {
		return nil, err
	}
	return l, s.publish(l, func() { s.socket = l })
}

func (s *Server) openMetrics() (net.Listener, error) {
	if s.hasYielded() {
		return nil, net.ErrClosed
	}
	open := s.deps.Listen
	if open == nil {
		open = net.Listen
	}
	l, err := open("tcp", s.metricsAddr)
	if err != nil {
		return nil, err
	}
	return l, s.publish(l, func() { s.metrics = l })
}

// publish keeps a new listener by set, or closes it if the addresses were yielded
// while it was opened.
func (s *Server) publish(l net.Listener, set func()) error {
	s.mu.Lock()
	yielded := s.yielded
	if !yielded {
		set()
	}
	s.mu.Unlock()
	if yielded {
		_ = l.Close()
		return net.ErrClosed
	}
	return nil
}

func (s *Server) hasYielded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.yielded
}

// httpLog receives net/http's complaints about clients.
type httpLog struct{ log *slog.Logger }

func (h httpLog) Write(line []byte) (int, error) {
	h.log.Debug("http: " + string(line))
	return len(line), nil
}
