package admin

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/eslua/eslua/host/console"
)

// ConsoleControl opens consoles.
type ConsoleControl interface {
	// Serve serves a console over a connection, until that or ctx ends.
	Serve(ctx context.Context, conn io.ReadWriteCloser, o console.Opening, who string)
}

// consoleRoutes answers GET /console with a connection for a console: see package console.
// The parameters are those of console.Opening: flow, node, call.
func (s *Server) consoleRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /console", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != console.Protocol {
			w.WriteHeader(http.StatusUpgradeRequired)
			write(w, answer{Error: "a console needs a connection of its own: Upgrade: " + console.Protocol})
			return
		}
		s.consoles.Add(1)
		defer s.consoles.Done()
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		q := r.URL.Query()
		if _, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+console.Protocol+"\r\n\r\n"); err != nil {
			_ = conn.Close()
			return
		}
		s.deps.Consoles.Serve(r.Context(), conn, console.Opening{Flow: q.Get("flow"), Node: q.Get("node"), Call: q.Get("call")}, whoIs(conn))
	})
}

// Console opens a console in the running eslua.
func (c *Client) Console(ctx context.Context, o console.Opening) (*console.Client, error) {
	query := url.Values{"flow": {o.Flow}, "node": {o.Node}, "call": {o.Call}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://eslua/console?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", console.Protocol)
	patient := http.Client{Transport: c.http.Transport}
	w, err := patient.Do(r)
	if err != nil {
		return nil, c.explain(err)
	}
	conn, ok := w.Body.(io.ReadWriteCloser)
	if w.StatusCode != http.StatusSwitchingProtocols || !ok {
		defer func() { _ = w.Body.Close() }()
		return nil, c.refusal(w)
	}
	return console.NewClient(conn)
}

// whoIs describes the process at the other end of a connection to the admin socket.
func whoIs(conn net.Conn) string {
	if who, ok := peerOf(conn); ok {
		return who
	}
	return "unknown"
}
