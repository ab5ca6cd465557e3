package outbox

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
)

const (
	// ackWait limits how long a host may be silent about a push that it has taken, before
	// another one takes it.
	ackWait = time.Minute
	// nextWait limits how long a host waits for a push at a time.
	nextWait = 30 * time.Second
	// blockedWait is the rest of a push whose turn has not come, if it is not known
	// when the one before it is tried.
	blockedWait = time.Second
	// underWayWait is its rest while that one is being delivered.
	underWayWait = 50 * time.Millisecond
)

// An endpoint delivers what waits for one HTTP server.
type endpoint struct {
	*Outbox
	name    string
	setting config.Endpoint
	pace    *pace

	mu       sync.Mutex
	consumer jetstream.Consumer
	underWay map[string]time.Time // by order: when its first push is tried; zero: it is being delivered
}

func newEndpoint(o *Outbox, name string, c config.Endpoint) *endpoint {
	return &endpoint{Outbox: o, name: name, setting: c, pace: newPace(o.Clock), underWay: map[string]time.Time{}}
}

// run delivers until ctx ends.
func (e *endpoint) run(ctx context.Context) {
	var work sync.WaitGroup
	for range e.setting.Parallel {
		work.Go(func() {
			for ctx.Err() == nil {
				e.deliverOne(ctx)
			}
		})
	}
	work.Wait()
}

// deliverOne waits for a push and tries to deliver it.
func (e *endpoint) deliverOne(ctx context.Context) {
	if e.pace.wait(ctx) != nil {
		return
	}
	js, m, err := e.next(ctx)
	if err != nil || m == nil {
		e.pace.idle()
		if err != nil {
			e.noteMissing(err)
			_ = clock.Sleep(ctx, e.Clock, time.Second)
		}
		return
	}
	if err := e.try(ctx, js, m); err != nil {
		e.pace.idle()
		e.Log.Warn("a push is tried later, for the outbox cannot be asked", "endpoint", e.name, "error", err)
		_ = m.NakWithDelay(blockedWait)
	}
}

// next returns the next push that is due, nil if there is none for a while.
func (e *endpoint) next(ctx context.Context) (jetstream.JetStream, jetstream.Msg, error) {
	js, err := e.streams(ctx)
	if err != nil {
		return nil, nil, err
	}
	consumer, err := e.consumerOf(ctx, js)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithTimeout(ctx, nextWait)
	defer stop()
	m, err := consumer.Next(jetstream.FetchContext(ctx))
	if err != nil && ctx.Err() != nil {
		return js, nil, nil // nothing came
	}
	if err != nil {
		e.mu.Lock()
		e.consumer = nil
		e.mu.Unlock()
	}
	return js, m, err
}

// consumerOf returns JetStream's consumer of the endpoint, and makes it at first.
func (e *endpoint) consumerOf(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	e.mu.Lock()
	consumer := e.consumer
	e.mu.Unlock()
	if consumer != nil {
		return consumer, nil
	}
	ctx, stop := context.WithTimeout(ctx, keepWait)
	defer stop()
	consumer, err := js.CreateOrUpdateConsumer(ctx, outStream, jetstream.ConsumerConfig{
		Durable: e.name, FilterSubject: outSubject + e.name + ".>",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: -1, MaxWaiting: 4096,
	})
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.consumer = consumer
	e.mu.Unlock()
	return consumer, nil
}

// try delivers a push if its turn has come.
func (e *endpoint) try(ctx context.Context, js jetstream.JetStream, m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	p := read(m.Headers(), m.Data())
	var before Attempt
	if meta.NumDelivered > 1 {
		if before, err = e.lastAttempt(ctx, js, p.ID); err != nil {
			return err
		}
	}
	now := e.Clock.Now()
	rest := before.Next.Sub(now) // a host that has died may have left it early
	if p.Order != "" && rest <= 0 {
		if rest, err = e.turn(ctx, js, p, meta.Sequence.Stream); err != nil {
			return err
		}
	}
	if rest > 0 {
		e.pace.idle()
		return m.NakWithDelay(rest)
	}
	defer e.leave(p.Order)
	a := Attempt{Number: before.Number + 1, Start: now}
	answer, err := e.HTTP.Do(ctx, anywhere{}, e.request(p, now))
	if ctx.Err() != nil {
		e.pace.idle()
		return m.Nak() // this host ends; the push may have arrived
	}
	now = e.Clock.Now()
	asked := a.describe(answer, err, now.Sub(a.Start), now)
	e.metrics.attempts.WithLabelValues(e.name, outcome(a)).Inc()
	if a.delivered() {
		e.pace.succeeded()
		e.record(js, p.ID, a)
		e.metrics.seconds.WithLabelValues(e.name).Observe(now.Sub(p.Accepted).Seconds())
		return m.DoubleAck(ctx)
	}
	random := e.Rand()
	e.pace.failed(asked, random)
	if gone := a.Status == http.StatusGone; gone || now.Sub(p.Accepted) >= time.Duration(e.setting.GiveUp) {
		return e.bury(ctx, js, m, p, a)
	}
	wait := max(backoff(a.Number, random), asked)
	a.Next = now.Add(wait)
	e.record(js, p.ID, a)
	e.postpone(p.Order, a.Next)
	e.Log.Warn("a push was not delivered and is tried again", "endpoint", e.name, "push", p.ID, "attempt", a.Number, "next", a.Next, "error", a.Error)
	return m.NakWithDelay(wait)
}

// turn returns how long a push must rest because one with the same order waits that was
// accepted before it; 0: none does, and this one is under way now.
func (e *endpoint) turn(ctx context.Context, js jetstream.JetStream, p Push, seq uint64) (time.Duration, error) {
	stream, err := js.Stream(ctx, outStream)
	if err != nil {
		return 0, err
	}
	first, err := stream.GetMsg(ctx, 0, jetstream.WithGetMsgSubject(outSubject+e.name+"."+orderToken(p.Order)+".*"))
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if first.Sequence >= seq {
		e.underWay[p.Order] = time.Time{}
		return 0, nil
	}
	next, known := e.underWay[p.Order]
	switch {
	case !known:
		return blockedWait, nil
	case next.IsZero():
		return underWayWait, nil
	}
	return max(next.Sub(e.Clock.Now()), 0) + underWayWait, nil
}

// leave notes that the first push of an order is no longer under way.
func (e *endpoint) leave(order string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if next, known := e.underWay[order]; known && next.IsZero() {
		delete(e.underWay, order)
	}
}

// mostPostponed bounds the orders whose next attempt is remembered; others look often.
const mostPostponed = 10000

// postpone notes when the first push of an order is tried again.
func (e *endpoint) postpone(order string, next time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if order != "" && len(e.underWay) < mostPostponed {
		e.underWay[order] = next
	}
}

// bury makes a push a dead letter.
func (e *endpoint) bury(ctx context.Context, js jetstream.JetStream, m jetstream.Msg, p Push, a Attempt) error {
	letter := p.message(deadSubject+p.Endpoint+"."+p.ID, "dead."+p.Endpoint+"."+p.ID)
	letter.Header.Set(headerError, oneLine(a.Error))
	if _, err := js.PublishMsg(ctx, letter); err != nil {
		return err
	}
	e.record(js, p.ID, a)
	e.metrics.dead.WithLabelValues(e.name).Inc()
	e.Log.Error("a push was given up and is a dead letter now; see eslua outbox", "endpoint", e.name, "push", p.ID, "attempts", a.Number, "error", a.Error)
	return m.DoubleAck(ctx)
}

// request returns what the endpoint is sent, signed.
func (e *endpoint) request(p Push, now time.Time) network.Request {
	header := http.Header{}
	for name, value := range e.setting.Headers {
		header.Set(name, value)
	}
	header.Set("Webhook-Id", p.ID)
	header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	if len(e.setting.Secrets) > 0 {
		header.Set("Webhook-Signature", signature(e.setting.Secrets, p.ID, now, p.Body))
	}
	if len(p.Body) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return network.Request{Method: p.Method, URL: withQuery(e.setting.URL, p.Query), Header: header, Body: p.Body, Stay: true}
}

func withQuery(text, query string) string {
	u, err := url.Parse(text)
	if err != nil || query == "" {
		return text
	}
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String()
}

func outcome(a Attempt) string {
	if a.Status == 0 {
		return "none"
	}
	return fmt.Sprintf("%dxx", a.Status/100)
}

// anywhere permits every host: the configuration names the endpoints.
type anywhere struct{}

func (anywhere) CheckHost(string, uint16) error            { return nil }
func (anywhere) CheckAddress(string, netip.AddrPort) error { return nil }
func (anywhere) HostsKey() string                          { return "endpoints" }
