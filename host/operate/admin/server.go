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

	"github.com/eslua/eslua/host/clock"
)

const (
	again     = 2 * time.Second // between two tries to have an address that is taken
	patience  = 5 * time.Second // for answers under way when the host ends
	largest   = 16 << 10        // bytes of a request's header, and of its body
	answering = time.Minute     // a reload of a large tree takes some seconds
)

// Server answers an admin and those who watch.
type Server struct {
	socket  string // path
	metrics string // address; "" is none
	deps    Deps
	log     *slog.Logger
	clk     clock.Clock
	tried   chan struct{} // closed by once
	once    sync.Once

	mu      sync.Mutex
	admin   *socket      // nil while another has the path
	watched net.Listener // nil while it is not open
	yielded bool
}

// New makes a Server for the socket at a path and the metrics at host:port; Run
// opens both. An empty address serves no metrics.
func New(socket, metrics string, d Deps, log *slog.Logger, clk clock.Clock) *Server {
	return &Server{socket: socket, metrics: metrics, deps: d, log: log, clk: clk, tried: make(chan struct{})}
}

// Tried is closed when Run has opened the admin's socket, or could not for now:
// whoever is told then that the host is up can ask it.
func (s *Server) Tried() <-chan struct{} { return s.tried }

// Run serves until ctx ends. An address that another process has is waited for,
// with a warning: calls do not need it.
func (s *Server) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() { s.keep(ctx, "admin socket", s.socket, s.openAdmin, s.adminRoutes()) })
	if s.metrics != "" {
		both.Go(func() { s.keep(ctx, "metrics", s.metrics, s.openMetrics, s.metricsRoutes()) })
	}
	both.Wait()
	return nil
}

// MetricsAddr is where the metrics are served now; "" when they are not.
func (s *Server) MetricsAddr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		return ""
	}
	return s.watched.Addr().String()
}

// yield leaves the addresses to the eslua that takes over. The socket can still
// be reached under its path and this process's number.
func (s *Server) yield() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.yielded = true
	if s.watched != nil {
		_ = s.watched.Close()
		s.watched = nil
	}
	if s.admin == nil {
		return nil
	}
	return s.admin.moveTo(fmt.Sprintf("%s.%d", s.socket, os.Getpid()))
}

// keep serves at one address from when it can be had until ctx ends.
func (s *Server) keep(ctx context.Context, what, address string, open func() (net.Listener, error), routes http.Handler) {
	l := s.have(ctx, what, address, open)
	if l == nil {
		return
	}
	s.log.Debug(what+" is open", "address", l.Addr().String())
	server := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: patience,
		ReadTimeout:       patience,
		WriteTimeout:      answering,
		IdleTimeout:       answering,
		MaxHeaderBytes:    largest,
		ErrorLog:          log.New(quiet{s.log}, "", 0),
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := server.Serve(l); ctx.Err() == nil && !s.gone() {
			s.log.Warn(what+" is closed", "address", address, "error", err)
		}
	}()
	select {
	case <-ctx.Done():
	case <-over: // yielded, or broken
	}
	leave, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	if server.Shutdown(leave) != nil {
		_ = server.Close()
	}
	<-over
}

// have opens an address, as soon as nobody else has it.
func (s *Server) have(ctx context.Context, what, address string, open func() (net.Listener, error)) net.Listener {
	for said := ""; ; {
		l, err := open()
		if err == nil {
			return l
		}
		if s.gone() {
			return nil
		}
		if err.Error() != said && !errors.Is(err, errBusy) {
			said = err.Error()
			s.log.Warn(what+" cannot be opened; trying on. Calls do not need it", "address", address, "error", err)
		}
		if clock.Sleep(ctx, s.clk, again) != nil {
			return nil
		}
	}
}

func (s *Server) openAdmin() (net.Listener, error) {
	defer s.once.Do(func() { close(s.tried) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.yielded {
		return nil, net.ErrClosed
	}
	l, err := listen(s.socket)
	if err != nil {
		return nil, err
	}
	s.admin = l
	return l, nil
}

func (s *Server) openMetrics() (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.yielded {
		return nil, net.ErrClosed
	}
	l, err := net.Listen("tcp", s.metrics)
	if err != nil {
		return nil, err
	}
	s.watched = l
	return l, nil
}

func (s *Server) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.yielded
}

// quiet is where net/http complains of what clients do.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(line []byte) (int, error) {
	q.log.Debug("http: " + string(line))
	return len(line), nil
}
