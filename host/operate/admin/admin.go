package admin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// order is the body of a POST.
type order struct {
	Flow       string `json:"flow"`       // "" is all
	Generation string `json:"generation"` // a prefix of its name
	Handover   bool   `json:"handover"`   // of drain: another eslua takes the addresses
}

// answer is that of a POST, and of everything that fails.
type answer struct {
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (s *Server) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		reply(w, s.status(r.URL.Query().Has("calls")), nil)
	})
	mux.HandleFunc("GET /scripts", func(w http.ResponseWriter, r *http.Request) {
		st := s.status(r.URL.Query().Has("calls"))
		reply(w, List{Now: st.Now, Scripts: st.Scripts, Flows: st.Flows, Running: st.Running}, nil)
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
	post := func(path string, do func(r *http.Request, o order) (string, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var o order
			body := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest))
			body.DisallowUnknownFields()
			if err := body.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
				w.WriteHeader(http.StatusBadRequest)
				write(w, answer{Error: "the body is not what " + path + " takes: " + err.Error()})
				return
			}
			message, err := do(r, o)
			reply(w, answer{Message: message}, err)
		})
	}
	post("/scripts/rollback", func(_ *http.Request, o order) (string, error) {
		return s.deps.Rollback(o.Flow, o.Generation)
	})
	post("/scripts/pin", func(_ *http.Request, o order) (string, error) {
		return s.deps.Pin(o.Flow, o.Generation)
	})
	post("/scripts/unpin", func(_ *http.Request, o order) (string, error) {
		return s.deps.Unpin(o.Flow)
	})
	post("/reload", func(r *http.Request, _ order) (string, error) {
		return "configuration and scripts are read anew", s.deps.Reload(r.Context())
	})
	post("/drain", func(_ *http.Request, o order) (string, error) {
		if o.Handover {
			if err := s.yield(); err != nil {
				return "", err
			}
		}
		s.deps.Drain()
		return "eslua takes no new calls, and ends with the last one", nil
	})
	return mux
}

func (s *Server) status(calls bool) Status {
	st := s.deps.Status(calls)
	st.Metrics = s.MetricsAddr()
	return st
}

// reply is what was asked for, or why it cannot be.
func reply(w http.ResponseWriter, what any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		what = answer{Error: err.Error()}
	}
	write(w, what)
}

func write(w io.Writer, what any) {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	_ = e.Encode(what) // who asked is gone
}
