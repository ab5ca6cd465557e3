package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/queue"
)

// Letters shows what is kept, such as pushes, and decides about it. L describes one of
// many, and Shown one alone.
type Letters[L, Shown any] interface {
	// List returns the oldest that a query selects, and how many there are.
	List(context.Context, durable.Query) (list []L, total uint64, err error)
	Show(ctx context.Context, id string) (Shown, error)
	// Retry has them tried at once, and returns how many.
	Retry(context.Context, durable.Query) (n int, err error)
	// Drop removes them, and returns how many.
	Drop(context.Context, durable.Query) (n int, err error)
}

// The Letters of the outbox and of the queues.
type (
	Pushes   = Letters[outbox.Letter, outbox.Delivery]
	Messages = Letters[queue.Letter, queue.Letter]
)

// listed has some of the letters that a query selects.
type listed[L any] struct {
	List  []L    `json:"list"`
	Total uint64 `json:"total"`
}

func letterRoutes[L, Shown any](mux *http.ServeMux, at string, letters Letters[L, Shown]) {
	post(mux, at+"/list", func(ctx context.Context, q durable.Query) (any, error) {
		list, total, err := letters.List(ctx, q)
		return listed[L]{list, total}, err
	})
	post(mux, at+"/retry", func(ctx context.Context, q durable.Query) (any, error) { return letters.Retry(ctx, q) })
	post(mux, at+"/drop", func(ctx context.Context, q durable.Query) (any, error) { return letters.Drop(ctx, q) })
	mux.HandleFunc("GET "+at+"/show", func(w http.ResponseWriter, r *http.Request) {
		shown, err := letters.Show(r.Context(), r.URL.Query().Get("id"))
		reply(w, shown, err)
	})
}

// Pushes returns those of the running eslua.
func (c *Client) Pushes() Pushes { return remote[outbox.Letter, outbox.Delivery]{c, "/outbox"} }

// Messages returns those of the running eslua.
func (c *Client) Messages() Messages { return remote[queue.Letter, queue.Letter]{c, "/queue"} }

// remote asks the running eslua about its Letters.
type remote[L, Shown any] struct {
	*Client
	at string
}

func (r remote[L, Shown]) List(ctx context.Context, q durable.Query) ([]L, uint64, error) {
	var l listed[L]
	err := r.ask(ctx, r.at+"/list", q, &l)
	return l.List, l.Total, err
}

func (r remote[L, Shown]) Show(ctx context.Context, id string) (shown Shown, err error) {
	err = r.get(ctx, r.at+"/show", url.Values{"id": {id}}, &shown)
	return shown, err
}

func (r remote[L, Shown]) Retry(ctx context.Context, q durable.Query) (n int, err error) {
	err = r.ask(ctx, r.at+"/retry", q, &n)
	return n, err
}

func (r remote[L, Shown]) Drop(ctx context.Context, q durable.Query) (n int, err error) {
	err = r.ask(ctx, r.at+"/drop", q, &n)
	return n, err
}
