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

// anyNode returns one of the nodes for a script that is given none; nil: there is none.
func (s *Source) anyNode() run.Switch { return switchOf(node.Nodes(s.deps.Nodes).Any(false)) }

// patiently returns a node for a script that runs when eslua starts, perhaps before
// FreeSWITCH does: what the script asks of it waits until a node has been connected once.
func (s *Source) patiently() run.Switch { return switchOf(node.Nodes(s.deps.Nodes).Any(true)) }

func switchOf(a *node.Any) run.Switch {
	if a == nil {
		return nil
	}
	return a
}
