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

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
)

const (
	// ackWait limits how long a host may be silent about a push that it has taken, before
	// another one takes it; each beat it says that it still has it.
	ackWait = 15 * time.Second
	beat    = 4 * time.Second
	// laterWait lets a push rest that cannot be decided about.
	laterWait = time.Second
	// heldWait lets a push rest at first whose turn has not come; it is woken before that
	// when its turn comes.
	heldWait    = 10 * time.Second
	longestHeld = time.Minute
)

// An endpoint delivers what waits for one HTTP server.
type endpoint struct {
	*Outbox
	name    string
	setting config.Endpoint
	pace    *pace
	lanes   *lanes

	mu       sync.Mutex
	consumer jetstream.Consumer
}

func newEndpoint(o *Outbox, name string, c config.Endpoint) *endpoint {
	return &endpoint{Outbox: o, name: name, setting: c, pace: newPace(o.Clock), lanes: newLanes()}
}

// run delivers until ctx ends.
func (e *endpoint) run(ctx context.Context) {
	if js, err := e.Store.JetStream(); err == nil {
		// No error is possible but that of a connection that is closed.
		if turns, err := js.Conn().Subscribe(turnSubject+e.name, func(m *nats.Msg) { e.wake(js, string(m.Data)) }); err == nil {
			defer func() { _ = turns.Unsubscribe() }()
		}
	}
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
			_ = clock.Sleep(ctx, e.Clock, time.Second)
		}
		return
	}
	if err := e.try(ctx, js, m); err != nil {
		e.pace.idle()
		e.Log.Warn("a push is tried later, for the outbox cannot be asked", "endpoint", e.name, "error", err)
		_ = m.NakWithDelay(laterWait)
	}
}

// next returns the next push that is due, nil if there is none for a while.
func (e *endpoint) next(ctx context.Context) (asked jetstream.JetStream, m jetstream.Msg, err error) {
	var consumer jetstream.Consumer
	err = e.stream.Try(ctx, func(ctx context.Context, js jetstream.JetStream, _ jetstream.Stream) (err error) {
		asked = js
		consumer, err = e.consumerOf(ctx, js)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if m, err = durable.Next(ctx, consumer); err != nil {
		e.stream.NoteMissing(err)
		e.mu.Lock()
		e.consumer = nil
		e.mu.Unlock()
	}
	return asked, m, err
}

// consumerOf returns JetStream's consumer of the endpoint, and makes it at first.
func (e *endpoint) consumerOf(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	e.mu.Lock()
	consumer := e.consumer
	e.mu.Unlock()
	if consumer != nil {
		return consumer, nil
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, outStream, jetstream.ConsumerConfig{
		Durable: e.name, FilterSubject: outSubject + e.name + ".>",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: mostHeld, MaxWaiting: 4096,
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
	if rest := before.Next.Sub(now); rest > 0 { // a host that has died may have left it early
		e.pace.idle()
		return m.NakWithDelay(rest)
	}
	if line := p.line(); line != "" {
		if ok, err := e.turn(ctx, js, m, line, meta); err != nil {
			return err
		} else if !ok {
			e.pace.idle()
			return nil
		}
	}
	a := Attempt{Number: before.Number + 1, Start: now}
	release := e.keepHold(m)
	answer, err := e.HTTP.Do(ctx, anywhere{}, e.request(p, now))
	release()
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
		return e.end(ctx, js, m, p, meta.Sequence.Stream)
	}
	random := e.Rand()
	e.pace.failed(a.blames(err), asked, random)
	if gone := a.Status == http.StatusGone; gone || now.Sub(p.Accepted) >= time.Duration(e.setting.GiveUp) {
		return e.bury(ctx, js, m, p, a, meta.Sequence.Stream)
	}
	wait := max(durable.Backoff(a.Number, random), asked)
	a.Next = now.Add(wait)
	e.record(js, p.ID, a)
	e.lanes.postpone(p.line(), a.Next)
	e.Log.Warn("a push was not delivered and is tried again", "endpoint", e.name, "push", p.ID, "attempt", a.Number, "next", a.Next, "error", a.Error)
	return m.NakWithDelay(wait)
}

// turn reports whether no push with the same order waits that was accepted before this
// one. Otherwise it lets this one rest until that has ended.
func (e *endpoint) turn(ctx context.Context, js jetstream.JetStream, m jetstream.Msg, order string, meta *jetstream.MsgMetadata) (bool, error) {
	ends, next := e.lanes.look(order)
	if first, err := e.isFirst(ctx, js, order, meta); first || err != nil {
		return first, err
	}
	now := e.Clock.Now()
	rest := max(next.Sub(now), 0) + min(heldWait*time.Duration(meta.NumDelivered), longestHeld)
	if err := m.NakWithDelay(rest); err != nil {
		return false, err
	}
	if !e.lanes.hold(order, held{meta.Sequence.Stream, m.Reply(), now.Add(rest - laterWait)}, ends) {
		return false, nil
	}
	if first, err := e.isFirst(ctx, js, order, meta); first && err == nil {
		e.wake(js, order)
	}
	return false, nil
}

func (e *endpoint) isFirst(ctx context.Context, js jetstream.JetStream, order string, meta *jetstream.MsgMetadata) (bool, error) {
	stream, err := js.Stream(ctx, outStream)
	if err != nil {
		return false, err
	}
	first, err := stream.GetMsg(ctx, 0, jetstream.WithGetMsgSubject(outSubject+e.name+"."+orderToken(order)+".*"))
	return err == nil && first.Sequence >= meta.Sequence.Stream, err
}

// end removes a push, and wakes the next one with the same order, on whichever host it is
// held.
func (e *endpoint) end(ctx context.Context, js jetstream.JetStream, m jetstream.Msg, p Push, sequence uint64) error {
	if err := m.DoubleAck(ctx); err != nil {
		return err
	}
	e.shares.remove(p.Flow, sequence)
	tellTurn(js, e.name, p.line())
	return nil
}

// tellTurn tells all hosts that a push has ended. If one does not hear it, the next push
// with the same order comes back by itself.
func tellTurn(js jetstream.JetStream, endpoint, order string) {
	if order != "" {
		_ = js.Conn().Publish(turnSubject+endpoint, []byte(order))
	}
}

// wake has JetStream hand out the next push of an order, if this host holds one.
func (e *endpoint) wake(js jetstream.JetStream, order string) {
	if reply := e.lanes.next(order, e.Clock.Now()); reply != "" {
		_ = js.Conn().Publish(reply, []byte("-NAK"))
	}
}

// keepHold tells JetStream that this host still has a push, until release is called.
func (e *endpoint) keepHold(m jetstream.Msg) (release func()) {
	ctx, stop := context.WithCancel(context.Background())
	var beats sync.WaitGroup
	beats.Go(func() {
		for clock.Sleep(ctx, e.Clock, beat) == nil {
			_ = m.InProgress()
		}
	})
	return func() { stop(); beats.Wait() }
}

// bury makes a push a dead letter.
func (e *endpoint) bury(ctx context.Context, js jetstream.JetStream, m jetstream.Msg, p Push, a Attempt, sequence uint64) error {
	letter := p.message(deadSubject+p.Endpoint+"."+p.ID, "dead."+p.Endpoint+"."+p.ID)
	letter.Header.Set(headerError, durable.Reason(a.Error))
	if _, err := js.PublishMsg(ctx, letter); err != nil {
		return err
	}
	e.record(js, p.ID, a)
	e.metrics.dead.WithLabelValues(e.name).Inc()
	e.Log.Error("a push was given up and is a dead letter now; see eslua outbox", "endpoint", e.name, "push", p.ID, "attempts", a.Number, "error", a.Error)
	return e.end(ctx, js, m, p, sequence)
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
	return network.Request{Method: p.Method, URL: withQuery(e.setting.URL, p.Query), Header: header, Body: p.Body, Stay: true, Brief: mostRead}
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
