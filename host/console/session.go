package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// A session is one console.
type session struct {
	*Consoles
	opening  Opening
	who      string
	conn     io.ReadWriteCloser
	log      *slog.Logger
	requests chan Request
	pace     pace

	mu        sync.Mutex
	interrupt context.CancelCauseFunc // ends what runs; nil: nothing does

	env      *run.Env
	printed  int           // bytes, by the present line
	duration time.Duration // of one line at most; 0: no limit
}

var errInterrupted = errors.New("interrupted")

// mostPrinted limits the bytes that one line prints.
const mostPrinted = 16 << 20

var errFlood = fmt.Errorf("a line may print %d MiB, and this one has", mostPrinted>>20)

// serve serves the requests until the connection or ctx ends.
func (s *session) serve(ctx context.Context, stop context.CancelFunc) {
	var reading sync.WaitGroup
	defer reading.Wait()
	defer func() { _ = s.conn.Close() }()
	defer stop()
	reading.Go(func() { s.read(stop) })
	if s.greet() != nil {
		return
	}
	s.log.Info("a console was opened", s.attributes()...)
	defer s.log.Info("a console was closed")
	for served := true; served && ctx.Err() == nil; {
		served = false
		err := s.deps.Open(ctx, job.Prompt{
			Flow: s.opening.Flow, Node: s.opening.Node, Channel: s.opening.Call, Log: s.log,
			Print: s.print,
			Said:  func(level, line string) { s.tell(Answer{Level: level, Said: line}) },
			Serve: func(env *run.Env, duration time.Duration) error {
				s.env, s.duration = env, duration
				if err := s.attach(ctx); err != nil {
					return err
				}
				served = true
				return s.answerAll(ctx)
			},
		})
		if ctx.Err() == nil {
			s.tell(Answer{Done: true, Error: err.Error(), Over: true})
		}
	}
}

func (s *session) greet() error {
	g := Greeting{Version: s.deps.Version, PID: os.Getpid(), Flow: s.opening.Flow, Call: s.opening.Call, Who: s.who}
	for _, l := range s.nodes() {
		g.Nodes = append(g.Nodes, l.Name())
	}
	return send(s.conn, g)
}

// attributes returns what the log says of the Opening.
func (s *session) attributes() (named []any) {
	for _, a := range [][2]string{{"node", s.opening.Node}, {"flow", s.opening.Flow}, {"uuid", s.opening.Call}} {
		if a[1] != "" {
			named = append(named, a[0], a[1])
		}
	}
	return named
}

// nodes returns the nodes that the console uses.
func (s *session) nodes() node.Nodes {
	if l, err := s.deps.Nodes.Named(s.opening.Node); err == nil {
		return node.Nodes{l}
	}
	return s.deps.Nodes
}

// read reads the requests, and ends what runs if one says so. The end of the connection ends
// everything.
func (s *session) read(stop context.CancelFunc) {
	defer stop()
	lines := bufio.NewScanner(s.conn)
	lines.Buffer(nil, mostRequest)
	for lines.Scan() {
		var r Request
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			return
		}
		if r.Interrupt {
			s.end(errInterrupted)
			continue
		}
		select {
		case s.requests <- r:
		default: // it was to wait for the Answer
			return
		}
	}
}

// attach makes the session of the call that the console was opened for.
func (s *session) attach(ctx context.Context) error {
	if s.opening.Call == "" {
		return nil
	}
	_, err := s.env.State.Eval(ctx, "console", fmt.Sprintf("session = freeswitch.Session(%q)", s.opening.Call))
	return err
}

// answerAll answers requests until ctx ends, or the state is over.
func (s *session) answerAll(ctx context.Context) error {
	for {
		select {
		case r := <-s.requests:
			a := s.answer(ctx, r)
			if err := s.env.State.Ended(); err != nil {
				return err
			}
			a.Done = true
			s.tell(a)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// answer does what a request asks for.
func (s *session) answer(ctx context.Context, r Request) (a Answer) {
	if r.Complete != nil {
		a.From, a.Names = s.env.State.Complete(*r.Complete)
		return a
	}
	if s.pace.wait(ctx, s.deps.Clock) != nil {
		return a
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.interrupt = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.interrupt = nil
		s.mu.Unlock()
	}()
	var err error
	switch {
	case r.Lua != nil:
		s.log.Info("a console runs Lua", "code", *r.Lua)
		a.Values, err = s.eval(ctx, cancel, *r.Lua)
	case r.API != nil:
		s.log.Info("a console runs a command of FreeSWITCH", "command", *r.API)
		a.Output, err = s.env.Switch.BgAPI(ctx, *r.API)
	case r.Events != nil:
		s.log.Info("a console watches events", "pattern", *r.Events)
		err = s.watch(ctx, *r.Events)
	}
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errInterrupted):
		a.Error = errInterrupted.Error()
	case err != nil:
		a.Error = err.Error()
	}
	return a
}

// eval runs a line with the budgets of a script.
func (s *session) eval(ctx context.Context, cancel context.CancelCauseFunc, line string) (string, error) {
	if s.duration > 0 {
		defer s.deps.Clock.AfterFunc(s.duration, func() {
			cancel(&guard.LimitError{Limit: "duration", Figure: s.duration.String()})
		}).Stop()
	}
	s.printed = 0
	s.env.State.Renew()
	s.env.Quota.Renew()
	s.env.Burden.Renew()
	values, err := s.env.State.Eval(ctx, "console", line)
	var failed *vm.ScriptError
	if errors.As(err, &failed) && isDeep(failed.Traceback) {
		err = fmt.Errorf("%w\n%s", err, failed.Traceback)
	}
	return values, err
}

// isDeep reports whether a traceback says more than its error: whether the line has called a
// function of Lua.
func isDeep(traceback string) bool {
	return strings.Count(traceback, "\n\t")-strings.Count(traceback, "\n\t[C]") > 1
}

// print sends what a script prints, and ends one that prints too much.
func (s *session) print(line string) {
	s.tell(Answer{Print: &line})
	if s.printed += len(line) + 1; s.printed > mostPrinted {
		s.end(errFlood)
	}
}

// end ends what runs.
func (s *session) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.interrupt != nil {
		s.interrupt(why)
	}
}

// tell sends an Answer. While the client does not read, the script waits. A connection that
// is broken ends in read.
func (s *session) tell(a Answer) {
	if s.env != nil {
		blocker := clock.BlockerOf(s.env.State.Context())
		blocker.Block()
		defer blocker.Unblock()
	}
	_ = send(s.conn, a)
}
