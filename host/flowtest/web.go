package flowtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Request is one that a flow sends to an HTTP server, and what the server answers.
type Request struct {
	Method, URL string // "": any; * in the URL stands for anything
	Body        string // expected: a text with * for anything; "": any

	Status  int // of the answer; 0: 200
	Headers map[string]string
	Answer  string
	Delay   float64 // seconds until the answer
	Times   int     // how often it is given; 0: always
}

func (r Request) String() string {
	if r.URL == rest {
		return rest
	}
	text := strings.TrimSpace(cmp.Or(r.Method, "any") + " " + r.URL)
	if r.Body != "" {
		text += " with " + r.Body
	}
	return text
}

// A web has every HTTP server of the world.
type web struct {
	scene  *Scene
	server *http.Server

	mu      sync.Mutex
	answers []*Request
	seen    []Request
	rungs   []Rung
	stray   []Mismatch
	serving sync.WaitGroup
}

func newWeb(s *Scene) *web {
	w := &web{scene: s}
	w.server = &http.Server{Handler: w}
	return w
}

// Answer says what a server answers; the first that fits counts.
func (s *Scene) Answer(r Request) {
	s.web.mu.Lock()
	defer s.web.mu.Unlock()
	s.web.answers = append(s.web.answers, &r)
}

func (w *web) close() {
	_ = w.server.Close()
	w.serving.Wait()
}

// dial connects to a server by its name.
func (w *web) dial(ctx context.Context, address string) (net.Conn, error) {
	if l, err := w.scene.net.ListenOn("unix", address); err == nil { // it is the first connection
		w.serving.Go(func() { _ = w.server.Serve(l) })
	}
	return w.scene.net.Dial(ctx, address)
}

func (w *web) ServeHTTP(to http.ResponseWriter, from *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(from.Body, 1<<20))
	host, port, _ := net.SplitHostPort(from.Context().Value(http.LocalAddrContextKey).(net.Addr).String())
	url := "http://" + net.JoinHostPort(host, port)
	switch port {
	case "443":
		url = "https://" + host
	case "80":
		url = "http://" + host
	}
	r := Request{Method: from.Method, URL: url + from.URL.RequestURI(), Body: string(body)}
	answer := w.take(r)
	what := fmt.Sprintf("%s %s", r.Method, r.URL)
	if answer == nil {
		w.note(r, what+": the test has no answer for it", true)
		http.Error(to, "the test has no answer for "+what, http.StatusNotFound)
		return
	}
	w.note(r, fmt.Sprintf("%s: %d", what, cmp.Or(answer.Status, 200)), false)
	if delay := max(seconds(answer.Delay), w.scene.least()); delay > 0 {
		timer := w.scene.clock.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-from.Context().Done():
			return
		}
	}
	for name, value := range answer.Headers {
		to.Header().Set(name, value)
	}
	to.WriteHeader(cmp.Or(answer.Status, 200))
	_, _ = io.WriteString(to, answer.Answer)
}

// take returns the answer to a request, nil if there is none.
func (w *web) take(r Request) *Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, r)
	for _, a := range w.answers {
		if (a.Method == "" || a.Method == r.Method) && like(a.URL, r.URL) && a.Times >= 0 {
			if a.Times > 0 {
				if a.Times--; a.Times == 0 {
					a.Times = -1
				}
			}
			return a
		}
	}
	return nil
}

func (w *web) note(r Request, what string, stray bool) {
	w.scene.ladder.add(Rung{At: time.Now(), Who: "http", What: what, Kind: "http"})
	w.mu.Lock()
	defer w.mu.Unlock()
	rung := w.scene.ladder.of("", "http")
	w.rungs = append(w.rungs, rung[len(rung)-1])
	if stray {
		w.stray = append(w.stray, Mismatch{What: "request", Text: "the flow asks " + r.Method + " " + r.URL + ", for which the test has no answer (t:http)", rung: rung[len(rung)-1].order + 1})
	}
}

// Strays returns the requests for which the test has no answer.
func (s *Scene) Strays() []Mismatch {
	s.web.mu.Lock()
	defer s.web.mu.Unlock()
	return s.web.stray
}

func (w *web) check(want []Request) []Mismatch {
	w.mu.Lock()
	defer w.mu.Unlock()
	var texts, seen []string
	by := map[string]Request{}
	for _, r := range want {
		texts = append(texts, r.String())
		by[r.String()] = r
	}
	for _, r := range w.seen {
		seen = append(seen, r.String())
		by[r.String()] = r
	}
	return compareWith("request", texts, seen, w.rungs, func(a, b string) bool {
		want, seen := by[a], by[b]
		return (want.Method == "" || want.Method == seen.Method) && like(want.URL, seen.URL) && (want.Body == "" || like(want.Body, seen.Body))
	})
}
