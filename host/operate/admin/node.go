package admin

import (
	"context"
	"net/http"
)

// NodeControl keeps new calls away from nodes.
type NodeControl interface {
	// Drain begins; with pause, FreeSWITCH is told to refuse calls from outside too.
	Drain(ctx context.Context, node string, pause bool) error
	Resume(ctx context.Context, node string) error
}

// A NodeOrder drains a node, or ends that.
type NodeOrder struct {
	Node  string `json:"node"`
	Drain bool   `json:"drain"`
	Pause bool   `json:"pause,omitempty"`
}

func (s *Server) nodeRoutes(mux *http.ServeMux) {
	post(mux, "/node", func(ctx context.Context, o NodeOrder) (any, error) {
		if o.Drain {
			return answer{}, s.deps.Nodes.Drain(ctx, o.Node, o.Pause)
		}
		return answer{}, s.deps.Nodes.Resume(ctx, o.Node)
	})
}

// OrderNode drains a node, or ends that.
func (c *Client) OrderNode(ctx context.Context, o NodeOrder) error {
	return c.ask(ctx, "/node", o, &answer{})
}
