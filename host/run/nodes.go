package run

import (
	"context"
	"errors"

	"github.com/eslua/eslua/host/freeswitch/node"
)

// ErrNoNode says that the FreeSWITCH of a call is no node of the configuration.
var ErrNoNode = errors.New("eslua has no control connection to this script's FreeSWITCH; add it to the configuration as nodes: [{address: HOST:8021, password: PASSWORD}]")

// Home returns the node of the run: that of its call, by its Core-UUID, or that of its job.
func (e *Env) Home(ctx context.Context, nodes node.Nodes) (*node.Link, error) {
	if sw, ok := e.Switch.(interface {
		Node(ctx context.Context) (*node.Link, error)
	}); ok { // a script without a call
		return sw.Node(ctx)
	}
	if l := nodes.OfCore(e.core()); l != nil {
		return l, nil
	}
	return nil, ErrNoNode
}

// IsHome reports whether a node is that of the run.
func (e *Env) IsHome(l *node.Link) bool {
	switch sw := e.Switch.(type) {
	case *node.Link:
		return sw == l
	case *node.Any:
		return sw.Has(l)
	}
	core := e.core()
	return core != "" && l.Status().CoreUUID == core
}

// core returns the Core-UUID of the call's FreeSWITCH; "" without a call.
func (e *Env) core() string {
	if e.Call == nil {
		return ""
	}
	return e.Call.Snapshot().Get("Core-UUID")
}

// NamedNode returns a node that the script names.
func (e *Env) NamedNode(nodes node.Nodes, name string) (*node.Link, error) {
	l, err := nodes.Named(name)
	if err != nil {
		return nil, err
	}
	return l, e.MayUse(l)
}

// TaggedNode chooses, for new calls, one of the nodes with a tag that the script may use.
func (e *Env) TaggedNode(nodes node.Nodes, tag string) (*node.Link, error) {
	tagged := nodes.Tagged(tag)
	if len(tagged) == 0 {
		return nil, errors.New("no node has this tag; tags stand in the configuration (nodes: tags:)")
	}
	var mine node.Nodes
	var refused error
	for _, l := range tagged {
		if err := e.MayUse(l); err == nil {
			mine = append(mine, l)
		} else if refused == nil {
			refused = err
		}
	}
	if len(mine) == 0 {
		return nil, refused
	}
	return mine.Pick()
}

// MayUse returns nil if the script may use a node: its own, one that was chosen for it, or
// one that the flow is granted.
func (e *Env) MayUse(l *node.Link) error {
	if e.met[l] || e.IsHome(l) {
		return nil
	}
	return e.Grants.CheckNode(l.Name())
}

// Meet lets the script use a node that was chosen for it.
func (e *Env) Meet(l *node.Link) {
	if e.met == nil {
		e.met = map[*node.Link]bool{}
	}
	e.met[l] = true
}

// On returns the environment for commands to a node.
func (e *Env) On(l *node.Link) *Env {
	there := *e
	there.Switch, there.Call, there.scriptDir = l, nil, nil
	return &there
}
