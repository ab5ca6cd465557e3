package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/run"
)

// mostOpen limits the consoles that are open at a time: each holds a state.
const mostOpen = 8

// Deps lists everything that Consoles need.
type Deps struct {
	// Open makes a state in which an admin types.
	Open    func(context.Context, job.Prompt) error
	Nodes   node.Nodes
	Running func() []run.Running // the calls
	HasFlow func(name string) bool
	Version string
	Log     *slog.Logger
	Clock   clock.Clock
}

// Consoles opens the consoles of one host and knows which are open.
type Consoles struct {
	deps Deps

	mu     sync.Mutex
	opened uint64
	open   map[uint64]string // who has opened it, by its number
}

// New returns Consoles without any.
func New(d Deps) *Consoles { return &Consoles{deps: d, open: map[uint64]string{}} }

// Serve serves a console over a connection, which it closes, until that ends or ctx does.
func (c *Consoles) Serve(ctx context.Context, conn io.ReadWriteCloser, o Opening, who string) {
	defer func() { _ = conn.Close() }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	number, err := c.enter(who)
	defer c.leave(number)
	var s *session
	if err == nil {
		s, err = c.prepare(ctx, conn, o, who, number)
	}
	if err != nil {
		_ = send(conn, Greeting{Error: err.Error()})
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	s.serve(ctx, stop)
}

// enter counts a console that is opened.
func (c *Consoles) enter(who string) (number uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= mostOpen {
		var others []string
		for _, n := range slices.Sorted(keys(c.open)) {
			others = append(others, c.open[n])
		}
		return 0, fmt.Errorf("%d consoles are open, and eslua has no more: close one of those of %s", mostOpen, strings.Join(others, ", "))
	}
	c.opened++
	c.open[c.opened] = who
	return c.opened, nil
}

func keys(m map[uint64]string) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for n := range m {
			if !yield(n) {
				return
			}
		}
	}
}

func (c *Consoles) leave(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, number)
}

// prepare finds what a console is opened for.
func (c *Consoles) prepare(ctx context.Context, conn io.ReadWriteCloser, o Opening, who string, number uint64) (*session, error) {
	if o.Node != "" {
		if _, err := c.deps.Nodes.Named(o.Node); err != nil {
			return nil, err
		}
	}
	if o.Call != "" {
		if err := c.find(ctx, &o); err != nil {
			return nil, err
		}
	}
	if o.Flow != "" && !c.deps.HasFlow(o.Flow) {
		return nil, fmt.Errorf("there is no flow %.64q; eslua status lists them", o.Flow)
	}
	log := logbound.Together(c.deps.Log, fmt.Sprint("console ", number)).With("console", number, "who", who)
	return &session{Consoles: c, opening: o, who: who, conn: conn, log: log, requests: make(chan Request, 1)}, nil
}

// find completes an Opening by the channel that it names.
func (c *Consoles) find(ctx context.Context, o *Opening) error {
	var found []run.Running
	for _, r := range c.deps.Running() {
		if strings.HasPrefix(r.UUID, o.Call) {
			found = append(found, r)
		}
	}
	switch {
	case len(found) > 1:
		return fmt.Errorf("%d running calls begin with %s: write more of the UUID", len(found), o.Call)
	case len(found) == 1:
		o.Call, o.Flow = found[0].UUID, cmp.Or(o.Flow, found[0].Flow)
	}
	nodes := c.deps.Nodes
	if o.Node != "" {
		l, err := nodes.Named(o.Node)
		if err != nil {
			return err
		}
		nodes = node.Nodes{l}
	}
	if len(nodes) == 0 {
		return run.ErrNoNode
	}
	var why error
	for _, l := range nodes {
		answer, err := l.API(ctx, syntax.ForChannel("uuid_exists", o.Call, ""))
		if err == nil && strings.TrimSpace(answer) == "true" {
			o.Node = l.Name()
			return nil
		}
		why = cmp.Or(why, err)
	}
	if why != nil {
		return why
	}
	return fmt.Errorf("no node has a channel %.64q now; eslua calls --running lists the calls", o.Call)
}
