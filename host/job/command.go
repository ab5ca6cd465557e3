package job

import (
	"context"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
)

// An Order is a script that an admin has run.
type Order struct {
	Script string   `json:"script"` // its name in the script directory
	Args   []string `json:"args"`   // argv[1] and so on
	Node   string   `json:"node"`   // the FreeSWITCH that it uses; "": the first
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

// node returns the node of a name.
func (s *Source) node(name string) (run.Switch, error) {
	if name == "" {
		return s.firstNode(), nil
	}
	var names []string
	for _, l := range s.deps.Nodes {
		if l.Name() == name {
			return l, nil
		}
		names = append(names, l.Name())
	}
	return nil, fmt.Errorf("there is no node %q; the nodes are %s", name, strings.Join(names, ", "))
}
