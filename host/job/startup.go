package job

import (
	"context"
	"errors"
	"sync"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
)

// runStartup runs the startup scripts side by side, each once, and returns when all have
// ended. Retire ends them, as the end of ctx does.
func (s *Source) runStartup(ctx context.Context) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(s.serving, func() { stop(errRetired) })()
	var all sync.WaitGroup
	for _, script := range s.cfg.Load().Startup {
		all.Go(func() {
			_ = s.run(ctx, job{kind: Startup, name: script.Name(), args: script.Args(), sw: s.patiently()}) // it has logged the error
		})
	}
	all.Wait()
}

var errRetired = errors.New("eslua takes no more calls")

// firstNode returns the first node, or nil.
func (s *Source) firstNode() run.Switch {
	if len(s.deps.Nodes) == 0 {
		return nil
	}
	return s.deps.Nodes[0]
}

// patiently returns the first node for a script that runs when eslua starts, perhaps
// before FreeSWITCH does: what the script asks of it waits until the node has been
// connected once.
func (s *Source) patiently() run.Switch {
	if len(s.deps.Nodes) == 0 {
		return nil
	}
	return patient{s.deps.Nodes[0]}
}

type patient struct{ *node.Link }

func (p patient) Node(ctx context.Context) (*node.Link, error) {
	if err := p.AwaitFirst(ctx); err != nil {
		return nil, err
	}
	return p.Link.Node(ctx)
}

func (p patient) API(ctx context.Context, line string) (string, error) {
	if err := p.AwaitFirst(ctx); err != nil {
		return "", err
	}
	return p.Link.API(ctx, line)
}

func (p patient) BgAPI(ctx context.Context, line string) (string, error) {
	if err := p.AwaitFirst(ctx); err != nil {
		return "", err
	}
	return p.Link.BgAPI(ctx, line)
}

func (p patient) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	if err := p.AwaitFirst(ctx); err != nil {
		return err
	}
	return p.Link.SendEvent(ctx, name, headers, body)
}
