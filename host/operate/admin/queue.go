package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/eslua/eslua/host/queue"
)

// QueueControl shows the messages that are kept, and decides about them.
type QueueControl interface {
	List(context.Context, queue.Query) (list []queue.Letter, total uint64, err error)
	Show(ctx context.Context, id string) (queue.Letter, error)
	Retry(context.Context, queue.Query) (n int, err error)
	Drop(context.Context, queue.Query) (n int, err error)
}

// Messages holds what eslua queue shows of the messages of one state.
type Messages struct {
	Messages []queue.Letter `json:"messages"` // the oldest of each queue
	Total    uint64         `json:"total"`
}

// A Letter is one message with its value.
type Letter struct {
	queue.Letter
	Text string `json:"value"`
}

func (s *Server) queueRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /queue/list", func(w http.ResponseWriter, r *http.Request) {
		var q queue.Query
		if !question(w, r, &q) {
			return
		}
		list, total, err := s.deps.Queues.List(r.Context(), q)
		reply(w, Messages{list, total}, err)
	})
	mux.HandleFunc("GET /queue/show", func(w http.ResponseWriter, r *http.Request) {
		l, err := s.deps.Queues.Show(r.Context(), r.URL.Query().Get("id"))
		reply(w, Letter{l, string(l.Value)}, err)
	})
	for path, decide := range map[string]func(QueueControl, context.Context, queue.Query) (int, error){"/queue/retry": QueueControl.Retry, "/queue/drop": QueueControl.Drop} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var q queue.Query
			if !question(w, r, &q) {
				return
			}
			n, err := decide(s.deps.Queues, r.Context(), q)
			reply(w, n, err)
		})
	}
}

// Messages returns the oldest messages that a query selects.
func (c *Client) Messages(ctx context.Context, q queue.Query) (m Messages, err error) {
	err = c.ask(ctx, "/queue/list", q, &m)
	return m, err
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, id string) (l Letter, err error) {
	err = c.get(ctx, "/queue/show", url.Values{"id": {id}}, &l)
	return l, err
}

// RetryMessages has messages tried at once, and returns how many.
func (c *Client) RetryMessages(ctx context.Context, q queue.Query) (n int, err error) {
	err = c.ask(ctx, "/queue/retry", q, &n)
	return n, err
}

// DropMessages removes messages, and returns how many.
func (c *Client) DropMessages(ctx context.Context, q queue.Query) (n int, err error) {
	err = c.ask(ctx, "/queue/drop", q, &n)
	return n, err
}
