package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/eslua/eslua/host/outbox"
)

// OutboxControl shows the pushes that are kept, and decides about them.
type OutboxControl interface {
	List(context.Context, outbox.Query) (list []outbox.Letter, total uint64, err error)
	Show(ctx context.Context, id string) (outbox.Letter, []outbox.Attempt, error)
	Retry(context.Context, outbox.Query) (n int, err error)
	Drop(context.Context, outbox.Query) (n int, err error)
}

// A Kept is what eslua outbox shows of the pushes of one state.
type Kept struct {
	Pushes []outbox.Letter `json:"pushes"` // the oldest
	Total  uint64          `json:"total"`
}

// A Delivery is one push with the attempts at it.
type Delivery struct {
	outbox.Letter
	Text     string           `json:"body,omitempty"`
	Attempts []outbox.Attempt `json:"attempts"`
}

func (s *Server) outboxRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /outbox/list", func(w http.ResponseWriter, r *http.Request) {
		var q outbox.Query
		if !question(w, r, &q) {
			return
		}
		list, total, err := s.deps.Outbox.List(r.Context(), q)
		reply(w, Kept{list, total}, err)
	})
	mux.HandleFunc("GET /outbox/show", func(w http.ResponseWriter, r *http.Request) {
		letter, attempts, err := s.deps.Outbox.Show(r.Context(), r.URL.Query().Get("id"))
		reply(w, Delivery{letter, string(letter.Body), attempts}, err)
	})
	for path, decide := range map[string]func(OutboxControl, context.Context, outbox.Query) (int, error){"/outbox/retry": OutboxControl.Retry, "/outbox/drop": OutboxControl.Drop} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var q outbox.Query
			if !question(w, r, &q) {
				return
			}
			n, err := decide(s.deps.Outbox, r.Context(), q)
			reply(w, n, err)
		})
	}
}

// question reads the body of a request.
func question(w http.ResponseWriter, r *http.Request, into any) bool {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	body.DisallowUnknownFields()
	if err := body.Decode(into); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		write(w, answer{Error: "bad request body: " + err.Error()})
		return false
	}
	return true
}

// Outbox returns the oldest pushes that a query selects.
func (c *Client) Outbox(ctx context.Context, q outbox.Query) (k Kept, err error) {
	err = c.ask(ctx, "/outbox/list", q, &k)
	return k, err
}

// Push returns one push.
func (c *Client) Push(ctx context.Context, id string) (d Delivery, err error) {
	err = c.get(ctx, "/outbox/show", url.Values{"id": {id}}, &d)
	return d, err
}

// RetryPushes has pushes tried soon, and returns how many.
func (c *Client) RetryPushes(ctx context.Context, q outbox.Query) (n int, err error) {
	err = c.ask(ctx, "/outbox/retry", q, &n)
	return n, err
}

// DropPushes removes pushes, and returns how many.
func (c *Client) DropPushes(ctx context.Context, q outbox.Query) (n int, err error) {
	err = c.ask(ctx, "/outbox/drop", q, &n)
	return n, err
}
