package outbound

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Config is what a Server is made of. A zero field has the default.
type Config struct {
	MaxCalls  int           // calls at a time; more are sent on to the dialplan. 0 = no bound
	Handshake time.Duration // for a new connection to say who calls; default 25 s, as FreeSWITCH gives us
	Linger    time.Duration // whole seconds FreeSWITCH keeps telling after a hangup; default 10 s
	Wire      esl.Options
}

// Serve runs one call. It is called in the goroutine that owns the call; when
// it returns the call is given back to the dialplan, unless it has hung up.
// Its ctx ends when the Server's does, and with ErrDisplaced as its cause when the
// call is displaced.
type Serve func(ctx context.Context, c *Call)

// Server takes the calls FreeSWITCH hands over.
type Server struct {
	cfg   Config
	serve Serve
	log   *slog.Logger
	clock clock.Clock
	calls atomic.Int64
	over  atomic.Uint64 // calls there was no room for
	full  fullLog
	words words
	err   error // of making them
}

// New makes a Server that runs serve for every call.
func New(cfg Config, serve Serve, log *slog.Logger, clk clock.Clock) *Server {
	if cfg.Handshake <= 0 {
		cfg.Handshake = 25 * time.Second
	}
	if cfg.Linger <= 0 {
		cfg.Linger = 10 * time.Second
	}
	if cfg.Wire.NewUUID == nil {
		cfg.Wire.NewUUID = uuid.NewString
	}
	if cfg.Wire.Log == nil {
		cfg.Wire.Log = log
	}
	s := &Server{cfg: cfg, serve: serve, log: log, clock: clk}
	s.words, s.err = newWords(cfg.Linger)
	return s
}

// Calls is how many calls are under way.
func (s *Server) Calls() int { return int(s.calls.Load()) }

// Refused is how many calls there was no room for.
func (s *Server) Refused() uint64 { return s.over.Load() }

// Serve takes calls from l until ctx ends or l is closed, and returns when the
// last of them is over. Closing l takes no more calls and lets those under way
// finish; the end of ctx aborts them: their flows' contexts end, and each call
// is still given back to its dialplan.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.err != nil {
		return s.err
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for pause := time.Duration(0); ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			calls.Go(func() { s.admit(ctx, nc) })
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			// EMFILE and its like pass; a server that ended here would be down until restarted.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("no call could be accepted; trying again", "error", err, "pause", pause)
			_ = clock.Sleep(ctx, s.clock, pause)
		}
	}
}

// admit runs one connection, if there is room for it.
func (s *Server) admit(ctx context.Context, nc net.Conn) {
	conn := esl.NewConn(nc, s.cfg.Wire)
	defer conn.Close()
	if n := s.calls.Add(1); s.cfg.MaxCalls > 0 && n > int64(s.cfg.MaxCalls) {
		s.calls.Add(-1)
		s.over.Add(1)
		s.dismiss(ctx, conn)
		return
	}
	defer s.calls.Add(-1)
	c := s.greet(ctx, conn, nc.LocalAddr())
	if c == nil {
		return
	}
	tell := s.log.Enabled(ctx, slog.LevelDebug) // not at info: ten thousand calls would drown the rest
	if tell {
		c.Log().Debug("call begins", "path", c.path, "peer", conn.RemoteAddr())
	}
	s.run(ctx, c)
	s.part(ctx, c)
	if tell {
		c.Log().Debug("call over", "cause", c.cause, "hung_up", c.hungUp, "transferred", c.moved, "displaced", c.displaced, "events_lost", conn.Dropped())
	}
}

// run is the border of a call: a fault in its flow ends that call alone.
func (s *Server) run(ctx context.Context, c *Call) {
	ctx, over := c.resumes(ctx)
	defer over(nil)
	defer func() {
		if fault := recover(); fault != nil {
			c.Log().Error("the call's flow broke down; the dialplan goes on", "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	s.serve(ctx, c)
}
