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

// Client talks to a running eslua through its admin socket.
type Client struct {
	path string
	dial Dialer
	http http.Client
}

// A Dialer connects to a socket.
type Dialer func(ctx context.Context, path string) (net.Conn, error)

// NewClient makes a Client for the socket at path. Each request has its own
// connection, so there is nothing to close.
func NewClient(path string) *Client { return NewClientOver(path, dialSocket) }

func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	if err := checkDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// NewClientOver does what NewClient does, with connections of another kind.
func NewClientOver(path string, dial Dialer) *Client {
	c := &Client{path: path, dial: dial}
	c.http = http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				nc, err := dial(ctx, path)
				if err != nil {
					return nil, &NotRunningError{Path: path, Err: err}
				}
				return nc, nil
			},
		},
	}
	return c
}

// NotRunningError means that no eslua listens on the socket.
type NotRunningError struct {
	Path string
	Err  error
}

func (e *NotRunningError) Error() string {
	why := e.Err.Error()
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		why = e.Path + " does not exist"
	case isDead(e.Err):
		why = e.Path + " was left by an eslua that has died"
	case errors.Is(e.Err, fs.ErrPermission):
		why = e.Path + " belongs to another user; run this as that user, or as root"
	}
	return "eslua is not running, or its socket is elsewhere: " + why
}

func (e *NotRunningError) Unwrap() error { return e.Err }

// Status returns a snapshot, with or without each running call.
func (c *Client) Status(ctx context.Context, calls bool) (st Status, err error) {
	query := url.Values{}
	if calls {
		query.Set("calls", "1")
	}
	err = c.get(ctx, "/status", query, &st)
	return st, err
}

// Departing returns the status of each eslua that has handed this socket over and
// still has calls.
func (c *Client) Departing(ctx context.Context) (departing []Status) {
	for _, path := range siblings(c.path) {
		if st, err := NewClientOver(path, c.dial).Status(ctx, false); err == nil {
			departing = append(departing, st)
		}
	}
	return departing
}

// History calls ScriptControl's History.
func (c *Client) History(ctx context.Context, flow string) (changes []Change, err error) {
	err = c.get(ctx, "/scripts/history", url.Values{"flow": {flow}}, &changes)
	return changes, err
}

// Diff calls ScriptControl's Diff.
func (c *Client) Diff(ctx context.Context, flow, from, to string) (string, error) {
	var a answer
	err := c.get(ctx, "/scripts/diff", url.Values{"flow": {flow}, "from": {from}, "to": {to}}, &a)
	return a.Message, err
}

// Rollback calls ScriptControl's Rollback.
func (c *Client) Rollback(ctx context.Context, flow, generation string) (string, error) {
	return c.post(ctx, "/scripts/rollback", order{Flow: flow, Generation: generation})
}

// Pin calls ScriptControl's Pin.
func (c *Client) Pin(ctx context.Context, flow, generation string) (string, error) {
	return c.post(ctx, "/scripts/pin", order{Flow: flow, Generation: generation})
}

// Unpin calls ScriptControl's Unpin.
func (c *Client) Unpin(ctx context.Context, flow string) (string, error) {
	return c.post(ctx, "/scripts/unpin", order{Flow: flow})
}

// Drain makes eslua take no new calls and end after the last one. With handover
// it first leaves its socket and its metrics address to the caller.
func (c *Client) Drain(ctx context.Context, handover bool) (string, error) {
	return c.post(ctx, "/drain", order{Handover: handover})
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, into)
}

// ask sends a question as JSON.
func (c *Client) ask(ctx context.Context, path string, question, into any) error {
	return c.do(ctx, http.MethodPost, path, question, into)
}

func (c *Client) post(ctx context.Context, path string, o order) (string, error) {
	var a answer
	err := c.ask(ctx, path, o, &a)
	return a.Message, err
}

// do asks, with a question as JSON unless that is nil, and reads the whole answer.
func (c *Client) do(ctx context.Context, method, path string, question, into any) error {
	answer, err := c.send(ctx, &c.http, method, path, question)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	body, err := io.ReadAll(answer)
	if err != nil {
		return fmt.Errorf("eslua did not complete its answer: %w", err)
	}
	return json.Unmarshal(body, into)
}

// lines asks, however long the answer takes, and has next read it line by line until that
// is its end.
func (c *Client) lines(ctx context.Context, method, path string, question any, next func(*json.Decoder) (end bool, err error)) error {
	answer, err := c.send(ctx, &http.Client{Transport: c.http.Transport}, method, path, question)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	for lines := json.NewDecoder(answer); ; {
		if end, err := next(lines); end || err != nil {
			return err
		}
	}
}

func (c *Client) send(ctx context.Context, by *http.Client, method, path string, question any) (answer io.ReadCloser, err error) {
	var body []byte
	if question != nil {
		if body, err = json.Marshal(question); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://eslua"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	w, err := by.Do(r)
	if err != nil {
		return nil, c.explain(err)
	}
	if w.StatusCode != http.StatusOK {
		defer func() { _ = w.Body.Close() }()
		return nil, c.refusal(w)
	}
	return w.Body, nil
}

// refusal returns the error in an answer.
func (c *Client) refusal(w *http.Response) error {
	body, err := io.ReadAll(w.Body)
	if err != nil {
		return fmt.Errorf("eslua did not complete its answer: %w", err)
	}
	var a answer
	if json.Unmarshal(body, &a) == nil && a.Error != "" {
		return errors.New(a.Error)
	}
	return fmt.Errorf("%s answered %s to %s %s: %s", c.path, w.Status, w.Request.Method, w.Request.URL.Path, strings.TrimSpace(string(body)))
}

// explain distinguishes an eslua that does not run from one that does not answer.
func (c *Client) explain(err error) error {
	if absent := (*NotRunningError)(nil); errors.As(err, &absent) {
		return absent
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return fmt.Errorf("eslua does not answer at %s: %w", c.path, u.Err)
	}
	return err
}
