package job

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
)

// An Order is a script that an admin has run.
type Order struct {
	Script string   `json:"script"` // its name in the script directory
	Args   []string `json:"args"`   // argv[1] and so on
	Node   string   `json:"node"`   // the FreeSWITCH that it uses; "": one is chosen
	// Print receives what the script prints, and Said what it writes to the log; nil:
	// only the log does.
	Print func(line string)        `json:"-"`
	Said  func(level, line string) `json:"-"`
}

// Check returns an error if there is nothing that could be run.
func (s *Source) Check(o Order) error {
	flow := config.FlowName(o.Script)
	if _, err := (scripts{s.deps.Stable(flow), s.deps.Refusal}).Script(flow); err != nil {
		return fmt.Errorf("%w; a file outside of the script directory runs with eslua exec FILE", err)
	}
	_, err := s.node(o.Node)
	return err
}

// Start has a script run in the background.
func (s *Source) Start(ctx context.Context, o Order) error {
	select {
	case s.background <- func(ctx context.Context) { _ = s.Execute(ctx, o) }: // it has logged the error
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Execute runs a script for an admin.
func (s *Source) Execute(ctx context.Context, o Order) error {
	sw, err := s.node(o.Node)
	if err != nil {
		return err
	}
	return s.run(ctx, job{kind: Command, name: o.Script, args: o.Args, sw: sw, print: o.Print, said: o.Said})
}

// node returns the node of a name, or any if it is "".
func (s *Source) node(name string) (run.Switch, error) {
	if name == "" {
		return s.anyNode(), nil
	}
	l, err := node.Nodes(s.deps.Nodes).Named(name)
	if err != nil {
		return nil, err
	}
	return l, nil
}
