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
	mux.HandleFunc("POST /node", func(w http.ResponseWriter, r *http.Request) {
		var o NodeOrder
		if !question(w, r, &o) {
			return
		}
		if o.Drain {
			reply(w, answer{}, s.deps.Nodes.Drain(r.Context(), o.Node, o.Pause))
		} else {
			reply(w, answer{}, s.deps.Nodes.Resume(r.Context(), o.Node))
		}
	})
}

// OrderNode drains a node, or ends that.
func (c *Client) OrderNode(ctx context.Context, o NodeOrder) error {
	return c.ask(ctx, "/node", o, &answer{})
}
