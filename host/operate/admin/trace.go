package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/eslua/eslua/host/trace"
)

// Traces shows calls: what they do, and did.
type Traces interface {
	// Calls lists the calls that a query selects, the newest first: those that run, and the
	// last ones.
	Calls(trace.Query) []trace.Summary
	// Ladder returns the newest call that a query selects.
	Ladder(trace.Query) (trace.Ladder, error)
	// Await waits until a call has changed since a mark, and returns it with the rungs since.
	Await(ctx context.Context, id uint64, since trace.Mark) (trace.Ladder, error)
	// AwaitCall waits until there is a call that a query selects.
	AwaitCall(context.Context, trace.Query) (trace.Summary, error)
}

// followPause passes between two messages to somebody who follows a call: what happens
// meanwhile is told together.
const followPause = 50 * time.Millisecond

// traceRoutes answers
//
//	GET /calls         the calls, as a list of trace.Summary
//	GET /calls/ladder  the newest call that is asked for, as trace.Ladder
//	GET /calls/follow  that call as it is, then each change of it: a trace.Ladder on a line,
//	                   of which the ladder has what is new. When the call has ended, the
//	                   next one follows, unless one was asked for by uuid or id.
//
// The parameters of all three are those of trace.Query: id, uuid, flow, failed=true,
// running=true, after, most.
func (s *Server) traceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) {
		reply(w, s.deps.Traces.Calls(queryOf(r.URL.Query())), nil)
	})
	mux.HandleFunc("GET /calls/ladder", func(w http.ResponseWriter, r *http.Request) {
		l, err := s.deps.Traces.Ladder(queryOf(r.URL.Query()))
		reply(w, l, err)
	})
	mux.HandleFunc("GET /calls/follow", s.follow)
}

func queryOf(v url.Values) (q trace.Query) {
	q.UUID, q.Flow = v.Get("uuid"), v.Get("flow")
	q.ID, _ = strconv.ParseUint(v.Get("id"), 10, 64)
	q.After, _ = strconv.ParseUint(v.Get("after"), 10, 64)
	q.Most, _ = strconv.Atoi(v.Get("most"))
	q.Failed, _ = strconv.ParseBool(v.Get("failed"))
	q.Running, _ = strconv.ParseBool(v.Get("running"))
	return q
}

func valuesOf(q trace.Query) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"uuid": q.UUID, "flow": q.Flow, "id": number(q.ID), "after": number(q.After), "most": number(uint64(max(0, q.Most))), "failed": truth(q.Failed), "running": truth(q.Running),
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r.URL.Query())
	one := q.UUID != "" || q.ID != 0
	if one {
		if _, err := s.deps.Traces.Ladder(q); err != nil {
			reply(w, nil, err)
			return
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	rc := http.NewResponseController(w)
	_ = rc.Flush() // the client knows that it is heard
	ctx := r.Context()
	for {
		call, err := s.deps.Traces.AwaitCall(ctx, q)
		var seen trace.Mark
		for err == nil {
			var l trace.Ladder
			if l, err = s.deps.Traces.Await(ctx, call.ID, seen); err != nil {
				break
			}
			seen = l.Mark()
			_ = rc.SetWriteDeadline(time.Now().Add(requestTimeout)) // some connections have none
			if to.Encode(l) != nil || rc.Flush() != nil {
				return
			}
			if !l.Until.IsZero() {
				break
			}
			err = s.pause(ctx)
		}
		if one || ctx.Err() != nil {
			return
		}
		q.After = call.ID
	}
}

// pause waits a moment.
func (s *Server) pause(ctx context.Context) error {
	due := make(chan struct{})
	timer := s.clk.AfterFunc(followPause, func() { close(due) })
	defer timer.Stop()
	select {
	case <-due:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Calls lists the calls of which there are traces, and those that run without one.
func (s *Service) Calls(q trace.Query) []trace.Summary {
	most := q.Most
	q.Most = 0
	list := s.parts.Traces.Calls(q)
	if q.ID == 0 && !q.Failed {
		traced := map[string]bool{}
		for _, c := range list {
			traced[c.UUID] = true
		}
		for _, run := range s.parts.Runs.Running() {
			c := trace.Summary{UUID: run.UUID, Flow: run.Flow, Generation: run.Generation, Version: run.Version, Since: run.Since}
			if !traced[run.UUID] && q.Selects(c) {
				list = append(list, c)
			}
		}
		slices.SortStableFunc(list, func(a, b trace.Summary) int { return b.Since.Compare(a.Since) })
	}
	if most > 0 && len(list) > most {
		list = list[:most]
	}
	return list
}

// Ladder, Await and AwaitCall are those of the Recorder.
func (s *Service) Ladder(q trace.Query) (trace.Ladder, error) { return s.parts.Traces.Ladder(q) }

// Await waits for a change of a call.
func (s *Service) Await(ctx context.Context, id uint64, since trace.Mark) (trace.Ladder, error) {
	return s.parts.Traces.Await(ctx, id, since)
}

// AwaitCall waits for a call.
func (s *Service) AwaitCall(ctx context.Context, q trace.Query) (trace.Summary, error) {
	return s.parts.Traces.AwaitCall(ctx, q)
}

// Calls lists calls, the newest first.
func (c *Client) Calls(ctx context.Context, q trace.Query) (list []trace.Summary, err error) {
	err = c.get(ctx, "/calls", valuesOf(q), &list)
	return list, err
}

// Ladder returns the newest call that a query selects.
func (c *Client) Ladder(ctx context.Context, q trace.Query) (l trace.Ladder, err error) {
	err = c.get(ctx, "/calls/ladder", valuesOf(q), &l)
	return l, err
}

// Follow shows each change of a call, and of the calls after it unless the query names one,
// until ctx ends, show returns an error, or the named call has ended.
func (c *Client) Follow(ctx context.Context, q trace.Query, show func(trace.Ladder) error) error {
	return c.lines(ctx, http.MethodGet, "/calls/follow?"+valuesOf(q).Encode(), nil, func(lines *json.Decoder) (end bool, err error) {
		var l trace.Ladder
		if err := lines.Decode(&l); err != nil {
			if ctx.Err() != nil || errors.Is(err, io.EOF) {
				return true, ctx.Err()
			}
			return false, fmt.Errorf("eslua has stopped telling: %w", err)
		}
		return false, show(l)
	})
}
