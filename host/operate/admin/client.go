package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
)

// Client asks a running eslua through its socket.
type Client struct {
	path string
	http http.Client
}

// NewClient makes a Client of the socket at path. Each request has a connection
// of its own, so there is nothing to close.
func NewClient(path string) *Client {
	c := &Client{path: path}
	c.http = http.Client{
		Timeout: answering,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				err := trusted(filepath.Dir(path))
				if err == nil {
					var nc net.Conn
					if nc, err = new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
						return nc, nil
					}
				}
				return nil, &NotRunningError{Path: path, Err: err}
			},
		},
	}
	return c
}

// NotRunningError says that nobody answers at the socket.
type NotRunningError struct {
	Path string
	Err  error
}

func (e *NotRunningError) Error() string {
	why := e.Err.Error()
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		why = e.Path + " is not there"
	case nobody(e.Err):
		why = e.Path + " was left by an eslua that is dead"
	case errors.Is(e.Err, fs.ErrPermission):
		why = e.Path + " is another user's; run this as that user, or as root"
	}
	return "eslua is not running, or its socket is elsewhere: " + why
}

func (e *NotRunningError) Unwrap() error { return e.Err }

// Status is the host now, with or without each running call.
func (c *Client) Status(ctx context.Context, calls bool) (st Status, err error) {
	err = c.get(ctx, "/status", withCalls(calls), &st)
	return st, err
}

// Departing are the eslua that left this socket to another and still have calls.
func (c *Client) Departing(ctx context.Context) (departing []Status) {
	for _, path := range siblings(c.path) {
		if st, err := NewClient(path).Status(ctx, false); err == nil {
			departing = append(departing, st)
		}
	}
	return departing
}

// List is the flows and the generations they serve.
func (c *Client) List(ctx context.Context, calls bool) (l List, err error) {
	err = c.get(ctx, "/scripts", withCalls(calls), &l)
	return l, err
}

func withCalls(calls bool) url.Values {
	if calls {
		return url.Values{"calls": {"1"}}
	}
	return nil
}

// History is as Kept's.
func (c *Client) History(ctx context.Context, flow string) (changes []Change, err error) {
	err = c.get(ctx, "/scripts/history", url.Values{"flow": {flow}}, &changes)
	return changes, err
}

// Diff is as Kept's.
func (c *Client) Diff(ctx context.Context, flow, from, to string) (string, error) {
	var a answer
	err := c.get(ctx, "/scripts/diff", url.Values{"flow": {flow}, "from": {from}, "to": {to}}, &a)
	return a.Message, err
}

// Rollback is as Kept's.
func (c *Client) Rollback(ctx context.Context, flow, generation string) (string, error) {
	return c.post(ctx, "/scripts/rollback", order{Flow: flow, Generation: generation})
}

// Pin is as Kept's.
func (c *Client) Pin(ctx context.Context, flow, generation string) (string, error) {
	return c.post(ctx, "/scripts/pin", order{Flow: flow, Generation: generation})
}

// Unpin is as Kept's.
func (c *Client) Unpin(ctx context.Context, flow string) (string, error) {
	return c.post(ctx, "/scripts/unpin", order{Flow: flow})
}

// Reload reads configuration and scripts anew.
func (c *Client) Reload(ctx context.Context) (string, error) {
	return c.post(ctx, "/reload", order{})
}

// Drain lets eslua end with its last call. With handover it leaves its socket
// and its metrics address to the caller first.
func (c *Client) Drain(ctx context.Context, handover bool) (string, error) {
	return c.post(ctx, "/drain", order{Handover: handover})
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	if query != nil {
		path += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://eslua"+path, nil)
	if err != nil {
		return err
	}
	return c.do(r, into)
}

func (c *Client) post(ctx context.Context, path string, o order) (string, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://eslua"+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	var a answer
	err = c.do(r, &a)
	return a.Message, err
}

func (c *Client) do(r *http.Request, into any) error {
	w, err := c.http.Do(r)
	if err != nil {
		return c.explain(err)
	}
	defer func() { _ = w.Body.Close() }() // it is read to its end
	body, err := io.ReadAll(w.Body)
	if err != nil {
		return fmt.Errorf("eslua broke off its answer: %w", err)
	}
	if w.StatusCode == http.StatusOK {
		return json.Unmarshal(body, into)
	}
	var a answer
	if json.Unmarshal(body, &a) == nil && a.Error != "" {
		return errors.New(a.Error)
	}
	return fmt.Errorf("%s answers %s to %s %s: %s", c.path, w.Status, r.Method, r.URL.Path, strings.TrimSpace(string(body)))
}

// explain tells an eslua that is not there from one that does not answer.
func (c *Client) explain(err error) error {
	if gone := (*NotRunningError)(nil); errors.As(err, &gone) {
		return gone
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return fmt.Errorf("eslua does not answer at %s: %w", c.path, u.Err)
	}
	return err
}
