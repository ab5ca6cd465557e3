package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A Request is one question to an HTTP server.
type Request struct {
	Flow    string // that asks: the failures of others are not its own; "": it is sent whatever failed before
	Method  string // "": GET
	URL     string
	Header  http.Header
	Body    []byte
	Retries int  // how often a request that failed is sent again, if that is safe
	Stay    bool // a redirect is an answer like another
	Brief   int  // only the first bytes of the answer's body matter, and what is wrong after its headers does not; 0: all
	// How long a connection and how long the answer may take; 0: as configured.
	Connect, Response time.Duration
}

// An Answer holds what a server said.
type Answer struct {
	Status int
	Line   string // "HTTP/1.1 200 OK"
	Header http.Header
	Body   []byte
}

// mostRedirects bounds the redirects that a request follows.
const mostRedirects = 5

// mostHeader limits the bytes of the headers of an answer.
const mostHeader = 64 << 10

// retryAfter is the wait before the first repetition; each further one waits twice as long.
const retryAfter = 100 * time.Millisecond

// A Client asks HTTP servers. Its methods may be called from any goroutine.
type Client struct {
	config    config.HTTP
	tls       *tls.Config
	clock     clock.Clock
	endpoints endpoints
	places    *places
	metrics   metrics
	dial      dialFunc
	plain     bool // https goes without TLS

	mu         sync.Mutex
	transports map[string]*http.Transport // by the hosts that are permitted: connections are not shared beyond
}

// mostTransports bounds the transports; there is one for each way in which hosts are granted.
const mostTransports = 64

// A dialFunc connects to a host that is permitted.
type dialFunc func(ctx context.Context, may Permits, host string, port uint16) (net.Conn, error)

// NewClient returns a client.
func NewClient(c config.HTTP, clk clock.Clock) (*Client, error) { return NewClientOver(c, clk, dial) }

// NewClientOver returns a client over another network than the machine's.
func NewClientOver(c config.HTTP, clk clock.Clock, dial dialFunc) (*Client, error) {
	tls, err := tlsConfig(c)
	if err != nil {
		return nil, err
	}
	return &Client{
		config: c, tls: tls, clock: clk, metrics: newMetrics(), dial: dial,
		places:    &places{clock: clk, most: c.Connections, long: time.Duration(c.Response), by: map[string]*line{}},
		endpoints: endpoints{by: map[string]*record{}}, transports: map[string]*http.Transport{},
	}, nil
}

// WithoutTLS has the client speak plain HTTP to https servers too, for a network that has
// them all inside this process.
func (c *Client) WithoutTLS() *Client {
	c.plain = true
	return c
}

// Close closes the connections that are not in use.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
	clear(c.transports)
}

// transport returns the connections for whoever may connect to the same hosts, of which
// key is a text.
func (c *Client) transport(may Permits, key string) *http.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.transports[key]; t != nil {
		return t
	}
	if len(c.transports) == mostTransports {
		for _, t := range c.transports {
			t.CloseIdleConnections()
		}
		clear(c.transports)
	}
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, port, err := split(address)
			if err != nil {
				return nil, err
			}
			return c.dial(ctx, may, host, port)
		},
		TLSClientConfig: c.tls, DisableCompression: true, // nobody sends a bomb that is not asked for
		MaxIdleConnsPerHost: c.config.Connections, MaxIdleConns: 4 * c.config.Connections,
		IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: mostHeader,
	}
	if c.plain {
		t.DialTLSContext = t.DialContext
	}
	c.transports[key] = t
	return t
}

// Do asks a server, and once more if that is safe and the request says so.
func (c *Client) Do(ctx context.Context, may Permits, r Request) (*Answer, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Connect <= 0 {
		r.Connect = time.Duration(c.config.Connect)
	}
	if r.Response <= 0 {
		r.Response = time.Duration(c.config.Response)
	}
	u, err := check(may, r.URL)
	if err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		answer, sent, err := c.once(ctx, may, u, r)
		if err == nil || ctx.Err() != nil || tries >= r.Retries || sent && !idempotent(r.Method) || errors.Is(err, errBody) || errors.Is(err, errRedirects) {
			return answer, err
		}
		if err := clock.Sleep(ctx, c.clock, retryAfter<<min(tries, 10)); err != nil {
			return nil, because(ctx, err)
		}
	}
}

// idempotent reports whether to send a request twice is the same as to send it once.
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// Check checks whether a URL can be asked: a *URLError says that it is none.
func Check(may Permits, text string) error {
	_, err := check(may, text)
	return err
}

// A URLError says that a text is no URL of an HTTP server.
type URLError struct{ text string }

func (e *URLError) Error() string { return e.text }

func check(may Permits, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, &URLError{"this is no URL: " + err.(*url.Error).Err.Error()}
	}
	return u, checkURL(may, u)
}

func checkURL(may Permits, u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return &URLError{fmt.Sprintf("%.100q is no URL of an HTTP server; write http://HOST/PATH or https://HOST/PATH", u.Redacted())}
	}
	_, port, err := split(endpoint(u))
	if err != nil {
		return &URLError{err.Error()}
	}
	return may.CheckHost(u.Hostname(), port)
}

// endpoint returns the host and port of a URL.
func endpoint(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func split(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q is no port from 1 to 65535", text)
	}
	return host, uint16(n), nil
}

// once sends a request once. sent tells whether the server may have got it.
func (c *Client) once(ctx context.Context, may Permits, u *url.URL, r Request) (_ *Answer, sent bool, err error) {
	name := u.Scheme + "://" + endpoint(u)
	began := c.clock.Now()
	if err := c.endpoints.begin(r.Flow, name, began); err != nil && r.Flow != "" {
		c.metrics.refused.Inc()
		return nil, false, err
	}
	answer, sent, err := c.exchange(ctx, may, name, u, r)
	now := c.clock.Now()
	c.metrics.seconds.Observe(now.Sub(began).Seconds())
	if err != nil {
		c.metrics.failed.Inc()
	}
	if err != nil && !c.blames(ctx, r, err) {
		c.endpoints.abandon(r.Flow, name)
	} else {
		c.endpoints.end(r.Flow, name, err != nil, now)
	}
	return answer, sent, err
}

// blames reports whether an error is the server's. A script that waits for a shorter time
// than is configured, or whose caller hangs up, says nothing of the server to others.
func (c *Client) blames(ctx context.Context, r Request, err error) bool {
	var slow *slowError
	var refused *refusedError
	switch {
	case ctx.Err() != nil, errors.Is(err, errBody), errors.Is(err, errRedirects), errors.Is(err, errCrowded), errors.As(err, &refused):
		return false
	case errors.As(err, &slow):
		return r.Connect >= time.Duration(c.config.Connect) && r.Response >= time.Duration(c.config.Response)
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

var (
	errBody      = errors.New("the answer is too long")
	errRedirects = fmt.Errorf("more than %d redirects", mostRedirects)
)

// A slowError says that a server took too long.
type slowError struct {
	text      string
	connected bool
}

// Unreachable reports whether an error of Do says that there was no connection to the
// server, and not that it did not answer to what it was asked.
func Unreachable(err error) bool {
	var slow *slowError
	if errors.As(err, &slow) {
		return !slow.connected
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, new(*net.DNSError)) || errors.As(err, new(*tls.CertificateVerificationError))
}

func (e *slowError) Error() string { return e.text }

// exchange sends a request to the endpoint of that name and reads the answer.
func (c *Client) exchange(ctx context.Context, may Permits, name string, u *url.URL, r Request) (_ *Answer, got bool, _ error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slow := func(what string, within time.Duration) func() {
		return func() {
			cancel(&slowError{text: fmt.Sprintf("%s://%s: no %s within %v", u.Scheme, u.Host, what, within), connected: what == "answer"})
		}
	}
	timer := c.clock.AfterFunc(r.Connect, slow("connection", r.Connect))
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	hosts := may.HostsKey()
	give, err := c.places.take(ctx, r.Flow, hosts+" "+name, func() { cancel(errCrowded) })
	if err != nil {
		timer.Stop()
		return nil, false, err
	}
	defer give()
	sent := false
	var mu sync.Mutex // the transport may call GotConn from a goroutine of its own
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		timer.Stop()
	}()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		mu.Lock()
		defer mu.Unlock()
		if sent {
			return // of a redirect
		}
		sent = true
		timer.Stop()
		timer = c.clock.AfterFunc(r.Response, slow("answer", r.Response))
	}})
	request := newRequest(u, r).WithContext(ctx)
	client := http.Client{Transport: c.transport(may, hosts), CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if r.Stay {
			return http.ErrUseLastResponse
		}
		return redirect(may, next, before)
	}}
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		var body []byte
		if body, err = c.body(response, r.Brief); err == nil {
			return &Answer{Status: response.StatusCode, Line: response.Proto + " " + response.Status, Header: response.Header, Body: body}, true, nil
		}
	}
	mu.Lock()
	got = sent
	mu.Unlock()
	return nil, got, plain(because(ctx, err))
}

// newRequest does what http.NewRequest does, for a URL that is read already.
func newRequest(u *url.URL, r Request) *http.Request {
	request := &http.Request{Method: r.Method, URL: u, Host: r.Header.Get("Host")}
	if len(r.Header) > 0 {
		request.Header = r.Header.Clone()
	}
	if len(r.Body) > 0 {
		body := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		request.ContentLength, request.GetBody = int64(len(r.Body)), body
		request.Body, _ = body()
	}
	if request.Header == nil {
		request.Header = http.Header{}
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "eslua")
	}
	return request
}

// redirect checks the host that a server names. To another one goes nothing that the
// script has said to the first.
func redirect(may Permits, next *http.Request, before []*http.Request) error {
	if len(before) > mostRedirects {
		return errRedirects
	}
	if err := checkURL(may, next.URL); err != nil {
		return err
	}
	if first := before[0].URL; next.URL.Scheme != first.Scheme || endpoint(next.URL) != endpoint(first) {
		agent := next.Header.Get("User-Agent")
		next.Header = http.Header{"User-Agent": {agent}}
	}
	return nil
}

// body reads an answer of at most the configured length.
func (c *Client) body(r *http.Response, brief int) ([]byte, error) {
	if brief > 0 {
		body, _ := io.ReadAll(io.LimitReader(r.Body, int64(brief)))
		return body, nil
	}
	most := int64(c.config.Body)
	tooLong := fmt.Errorf("%w: more than http.body: %v", errBody, c.config.Body)
	if r.ContentLength > most && r.Request.Method != http.MethodHead {
		return nil, tooLong
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if int64(len(body)) > most {
		return nil, tooLong
	}
	return body, err
}

// plain takes from an error what the script has said itself.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
