package page

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/eslua/eslua/host/trace"
)

func (p *Page) newRoutes() http.Handler {
	document := newDocument()
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", document)
	mux.Handle("GET /page/stream", p.door.guarded(false, p.stream))
	mux.Handle("GET /page/diff", p.door.guarded(false, p.diff))
	mux.Handle("GET /page/whoami", p.door.guarded(true, p.whoami))
	mux.Handle("GET /page/calls", p.door.guarded(false, p.find))
	mux.Handle("GET /page/call", p.door.guarded(false, p.ladder))
	for _, o := range orders {
		mux.Handle("POST /page/"+o.what, p.door.guarded(true, func(w http.ResponseWriter, r *http.Request, v visitor) { p.order(w, r, v, o) }))
	}
	return secured(document.policy, p.door.known(mux))
}

// secured has browsers hold to what the page needs.
func secured(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// An answer is the body of what is not a state.
type answer struct {
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client may have gone
}

func fail(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer{Error: text})
}

// whoami tells whose a token is.
func (p *Page) whoami(w http.ResponseWriter, _ *http.Request, v visitor) {
	reply(w, answer{Message: v.name})
}

// find looks for calls.
func (p *Page) find(w http.ResponseWriter, r *http.Request, _ visitor) {
	if p.deps.Traces == nil {
		reply(w, []Call{})
		return
	}
	reply(w, find(p.deps.Traces, r.URL.Query().Get("q")))
}

// ladder shows one call, which is named by its id or by its UUID.
func (p *Page) ladder(w http.ResponseWriter, r *http.Request, _ visitor) {
	q := trace.Query{UUID: r.URL.Query().Get("uuid")}
	q.ID, _ = strconv.ParseUint(r.URL.Query().Get("id"), 10, 64)
	if p.deps.Traces == nil || q == (trace.Query{}) {
		fail(w, http.StatusNotFound, "eslua has no trace of such a call")
		return
	}
	l, err := p.deps.Traces.Ladder(q)
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	reply(w, ladderOf(l))
}
