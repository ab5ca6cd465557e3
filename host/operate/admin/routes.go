package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// An order is the body of a POST.
type order struct {
	Flow       string `json:"flow"`       // "" means all flows
	Generation string `json:"generation"` // a prefix of its name
	Handover   bool   `json:"handover"`   // drain only: another eslua takes the addresses
}

// An answer is the body of the response to a POST, and of every error.
type answer struct {
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (s *Server) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		reply(w, s.status(r.URL.Query().Has("calls")), nil)
	})
	mux.HandleFunc("GET /scripts/history", func(w http.ResponseWriter, r *http.Request) {
		changes, err := s.deps.History(r.URL.Query().Get("flow"))
		reply(w, changes, err)
	})
	mux.HandleFunc("GET /scripts/diff", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		diff, err := s.deps.Diff(q.Get("flow"), q.Get("from"), q.Get("to"))
		reply(w, answer{Message: diff}, err)
	})
	decide := func(path string, do func(order) (string, error)) {
		post(mux, path, func(_ context.Context, o order) (any, error) {
			message, err := do(o)
			return answer{Message: message}, err
		})
	}
	decide("/scripts/rollback", func(o order) (string, error) {
		return s.deps.Rollback(o.Flow, o.Generation)
	})
	decide("/scripts/pin", func(o order) (string, error) {
		return s.deps.Pin(o.Flow, o.Generation)
	})
	decide("/scripts/unpin", func(o order) (string, error) {
		return s.deps.Unpin(o.Flow)
	})
	decide("/drain", func(o order) (string, error) {
		if o.Handover {
			if err := s.yield(); err != nil {
				return "", err
			}
		}
		s.deps.Drain(o.Handover)
		return "eslua takes no new calls, and ends after the last one", nil
	})
	mux.HandleFunc("POST /run", s.run)
	letterRoutes(mux, "/outbox", s.deps.Outbox)
	letterRoutes(mux, "/queue", s.deps.Queues)
	s.campaignRoutes(mux)
	s.nodeRoutes(mux)
	s.traceRoutes(mux)
	s.pageRoutes(mux)
	s.consoleRoutes(mux)
	return mux
}

func (s *Server) status(calls bool) Status {
	st := s.deps.Status(calls)
	st.Metrics = s.MetricsAddr()
	return st
}

// post answers requests whose body is an order, as JSON.
func post[Order any](mux *http.ServeMux, path string, do func(context.Context, Order) (any, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		if o, ok := read[Order](w, r); ok {
			result, err := do(r.Context(), o)
			reply(w, result, err)
		}
	})
}

// read reads the body of a request, or answers that it is bad. An empty one is an order of
// zero values.
func read[Order any](w http.ResponseWriter, r *http.Request) (o Order, ok bool) {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		w.WriteHeader(http.StatusBadRequest)
		write(w, answer{Error: "bad request body for " + r.URL.Path + ": " + err.Error()})
		return o, false
	}
	return o, true
}

// reply writes a result, or the error instead.
func reply(w http.ResponseWriter, result any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		result = answer{Error: err.Error()}
	}
	write(w, result)
}

func write(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client may have gone
}
