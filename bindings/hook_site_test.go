package bindings_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A hookSite runs the scripts under hooks/ of a tree that the test replaces.
type hookSite struct {
	t      testing.TB
	source *job.Source
	links  []*node.Link
	log    *slog.Logger
	claim  func(ctx context.Context, name string) (bool, error)

	mu      sync.Mutex
	tree    *store.Generation
	changed chan struct{}
}

// save replaces the tree.
func (s *hookSite) save(files map[string]string) {
	s.t.Helper()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	scripts, err := store.OpenFS(tree, store.Config{}, vm.Compile, slog.New(slog.DiscardHandler), clock.System())
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tree = scripts.Current()
	if s.changed != nil {
		close(s.changed)
	}
	s.changed = make(chan struct{})
}

func (s *hookSite) stable(string) *store.Generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tree
}

func (s *hookSite) changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// run connects the nodes and runs the hooks until the test stops them.
func (s *hookSite) run(cfg config.Config, nodes []node.Node, options node.Options, more ...bindings.Module) (stop func()) {
	s.t.Helper()
	clk := clock.System()
	for _, n := range nodes {
		s.links = append(s.links, node.New(n, s.log, clk, options))
	}
	set := bindings.New(bindings.Deps{Nodes: s.links}, more...)
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.source = job.New(cfg, job.Deps{
		Choose: func(string, string) (*store.Generation, func() func(bool)) {
			return s.stable(""), func() func(bool) { return func(bool) {} }
		},
		Stable: s.stable, Hooks: func() []string { return s.stable("").HookNames() }, Changed: s.changes, Claim: s.claim, Refusal: func() string { return "" },
		Runner: host.New(host.Deps{Machine: machine, Binder: set, Clock: clk}), Nodes: s.links, Log: s.log, Clock: clk,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, l := range s.links {
		all.Go(func() { _ = l.Run(ctx) })
	}
	all.Go(func() { _ = s.source.Run(ctx) })
	return func() {
		s.source.StopHooks()
		cancel()
		all.Wait()
	}
}

// A loadedLog tells when a hook's script is loaded, and gets its events.
type loadedLog struct {
	slog.Handler
	loaded chan struct{} // holds one signal
}

func (l loadedLog) Enabled(context.Context, slog.Level) bool { return true }

func (l loadedLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "a hook's script is loaded" {
		select {
		case l.loaded <- struct{}{}:
		default:
		}
	}
	return l.Handler.Handle(ctx, r)
}

func (l loadedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return loadedLog{l.Handler.WithAttrs(attrs), l.loaded}
}

// A teller gives scripts the function tell, which calls the test's.
type teller func(text string)

func (t teller) Bind(*host.Env) any { return t }

func (teller) Declare() *vm.Module {
	return &vm.Module{Funcs: []vm.Func{{Name: "tell", Params: []vm.Param{{Name: "text", Kind: vm.String}}, Go: func(a *vm.Args) error {
		a.Instance().(teller)(strings.Clone(a.String(0)))
		return nil
	}}}}
}

// A socketNode is the event socket of a FreeSWITCH that sends what the test has.
type socketNode struct {
	core atomic.Pointer[string]

	mu       sync.Mutex
	conn     net.Conn
	accepted chan struct{} // gets one value for each login
}

// serve answers the commands of each connection.
func (n *socketNode) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		n.greet(conn)
	}
}

func (n *socketNode) greet(conn net.Conn) {
	in := bufio.NewReader(conn)
	n.mu.Lock()
	n.conn = conn
	n.mu.Unlock()
	_, _ = conn.Write([]byte("Content-Type: auth/request\n\n"))
	go func() {
		defer conn.Close()
		command := ""
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimRight(line, "\r\n") + "\n"; line != "\n" {
				command += line
				continue
			}
			answer := "Content-Type: command/reply\nReply-Text: +OK\n\n"
			if strings.HasPrefix(command, "api ") {
				core := *n.core.Load()
				answer = fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(core), core)
			}
			n.send(conn, []byte(answer))
			if strings.HasPrefix(command, "auth ") && n.accepted != nil {
				n.accepted <- struct{}{}
			}
			command = ""
		}
	}()
}

func (n *socketNode) send(conn net.Conn, text []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if conn == nil {
		conn = n.conn
	}
	if conn != nil {
		_, _ = conn.Write(text)
	}
}

// cut ends the connection.
func (n *socketNode) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn != nil {
		_ = n.conn.Close()
		n.conn = nil
	}
}

// framed returns an event as FreeSWITCH sends it.
func framed(text string) string {
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(text), text)
}
