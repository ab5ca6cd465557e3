package outbound

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Config configures a Server. A zero field has the default.
type Config struct {
	MaxCalls  int           // calls at a time, and connections that have not answered connect; beyond them, dialplans continue at once. 0 means no limit
	Handshake time.Duration // for a new connection to answer `connect`; default 25 s, FreeSWITCH's own limit
	Linger    time.Duration // whole seconds for which FreeSWITCH sends events after a hangup; default 10 s
	Wire      esl.Options
	// Controls returns a connection to the FreeSWITCH with a Core-UUID, for what a script asks
	// of it after the hangup, nil if none is up. It may be nil.
	Controls func(core string) Control
	Tape     func() Tape // returns what records a new connection, nil for one that is not recorded; nil: none is
}

// A Tape records what passes on the connection of a call.
type Tape interface {
	esl.Tap
	// Join has what records a leg be a part of what records the call that dialled it.
	Join(leg esl.Tap)
	// Release is called when the connection is over.
	Release()
}

// A Serve function runs one call, in the goroutine that owns it. When it returns,
// the call is handed back to its dialplan unless it has hung up. ctx ends when the
// Server's does and, with ErrDisplaced as its cause, when the call is displaced.
type Serve func(ctx context.Context, c *Call)

// A Server accepts the calls that FreeSWITCH hands over.
type Server struct {
	cfg         Config
	serve       Serve
	log         *slog.Logger
	clock       clock.Clock
	calls       atomic.Int64
	lobby       lobby
	refused     atomic.Uint64
	unserved    atomic.Uint64
	commands    fixedCommands
	commandsErr error
}

// New returns a Server that runs serve for every call.
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
	s.lobby.most = cmp.Or(cfg.MaxCalls, defaultLobby)
	s.commands, s.commandsErr = newFixedCommands(cfg.Linger)
	return s
}

// Calls returns the number of calls under way.
func (s *Server) Calls() int { return int(s.calls.Load()) }

// Serve accepts calls from l until ctx ends or l is closed, and returns when the
// last of them is over. After l is closed the calls under way may finish. The end
// of ctx aborts them: their contexts end, and each is still handed back to its
// dialplan.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.commandsErr != nil {
		return s.commandsErr
	}
	workers := newWorkers(func(nc net.Conn) { s.serveConn(ctx, nc) })
	defer workers.end()
	stop := context.AfterFunc(ctx, func() {
		_ = l.Close()
		s.lobby.endSilent(s.clock.Now().Add(-patience))
	})
	defer stop()
	for pause := time.Duration(0); ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			workers.serve(nc)
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			// Errors such as EMFILE pass; a server that returned here would be down until it is restarted.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("no call could be accepted; trying again", "error", err, "pause", pause)
			s.lobby.endSilent(s.clock.Now().Add(-patience))
			_ = clock.Sleep(ctx, s.clock, pause)
		}
	}
}

// serveConn serves one connection, or refuses its call if there are too many.
func (s *Server) serveConn(ctx context.Context, nc net.Conn) {
	wire, tape := s.cfg.Wire, Tape(nil)
	if s.cfg.Tape != nil {
		tape = s.cfg.Tape()
	}
	if tape != nil {
		wire.Tap = tape
		defer tape.Release()
	}
	conn := esl.Own(nc, wire)
	defer conn.Close()
	arrived := s.clock.Now()
	leave := s.lobby.enter(conn, arrived)
	defer leave() // a refused call waits there for its end
	connect, last, err := s.connect(ctx, conn)
	if err != nil {
		s.logNoCall(ctx, conn, err)
		return
	}
	if !s.admit() {
		s.refuse(conn, connect)
		return
	}
	defer s.calls.Add(-1)
	leave()
	c := s.accept(ctx, conn, nc.LocalAddr(), connect, last)
	if c == nil {
		return
	}
	c.arrived, c.tape = arrived, tape
	verbose := s.log.Enabled(ctx, slog.LevelDebug) // at info level ten thousand calls would hide the rest
	if verbose {
		c.Log().Debug("call begins", "path", c.path, "peer", conn.RemoteAddr())
	}
	s.runScript(ctx, c)
	s.handBack(ctx, c)
	for _, fn := range c.finally {
		fn(ctx)
	}
	if verbose {
		c.Log().Debug("call over", "cause", c.cause, "hung_up", c.hungUp, "transferred", c.moved, "displaced", c.displaced, "events_lost", conn.Dropped())
	}
}

// runScript calls serve and recovers if it panics, so that a fault ends only its call.
func (s *Server) runScript(ctx context.Context, c *Call) {
	ctx, cancel := c.scriptContext(ctx)
	defer cancel(nil)
	defer func() {
		if fault := recover(); fault != nil {
			c.Log().Error("the call's script crashed inside eslua; its dialplan continues", "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	s.serve(ctx, c)
}
