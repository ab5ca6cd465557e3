package admin

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func (s *Server) metricsRoutes() http.Handler {
	mux := http.NewServeMux()
	// One metric that cannot be collected must not hide the others.
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.deps.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, ErrorLog: scrapeLog{s.log}}))
	if s.deps.Page != nil {
		mux.Handle("/", s.deps.Page)
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := s.deps.Works(r.Context()); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "connections are accepted, and scripts run")
	})
	ready := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		st := s.status(false)
		if d := st.Draining; d != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, "draining since %s, %d calls remaining\n", d.Since.Format(time.RFC3339), st.Calls.Running)
			return
		}
		fmt.Fprintf(w, "taking calls on %s, %d running\n", st.Listen, st.Calls.Running)
	}
	mux.HandleFunc("GET /health", ready)
	mux.HandleFunc("GET /readyz", ready)
	return mux
}

// scrapeLog receives promhttp's errors.
type scrapeLog struct{ log *slog.Logger }

func (l scrapeLog) Println(v ...any) {
	for _, of := range v {
		if err, ok := of.(error); ok && errors.As(err, new(*net.OpError)) {
			l.log.Debug("a client left before it had all metrics", "error", err)
			return
		}
	}
	l.log.Error("not all metrics can be collected", "error", fmt.Sprint(v...))
}
