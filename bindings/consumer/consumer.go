// Package consumer owns freeswitch.EventConsumer: a queue of the switch's events. They
// come over the control connection to the node, where all consumers share what they ask
// FreeSWITCH for.
package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// The limits of one run.
const (
	mostConsumers = 16
	defaultLength = 5000 // events in a queue, as in mod_lua
)

// consumer implements freeswitch.EventConsumer (switch_cpp.cpp).
type consumer struct {
	sub     *node.Subscription // nil after cleanup
	lost    uint64             // events, when it was last asked
	bound   int
	filters int
}

// Holds returns the object's own size: the queue is its run's, whatever the script forgets.
func (c *consumer) Holds(func(lua.LValue)) int { return int(unsafe.Sizeof(*c)) }

// consumers holds the event consumers of a run.
type consumers struct {
	env   *run.Env
	nodes []*node.Link
	list  []*consumer // not cleaned up
}

// Holds returns the bytes of the queues, and of what says which events go there.
func (r *consumers) Holds(func(lua.LValue)) (bytes int) {
	for _, c := range r.list {
		bytes += c.sub.Size() + c.entries()*entrySize
	}
	return bytes
}

// entrySize is the memory that an event with a filter takes.
const entrySize = 512

// entries returns how many the consumer has: each filter is noted with each event.
func (c *consumer) entries() int { return c.bound * max(1, c.filters) }

// chargeEntries charges what noting all of them again takes.
func (c *consumer) chargeEntries(a *vm.Args) {
	a.ChargeMemory((c.bound + max(1, c.filters)) * entrySize)
	a.ChargeCPU(c.entries() * 50)
}

// End takes the subscriptions back.
func (r *consumers) End(context.Context) {
	for len(r.list) > 0 {
		r.cleanup(r.list[0])
	}
}

func (r *consumers) cleanup(c *consumer) {
	for i, other := range r.list {
		if other == c {
			r.list = append(r.list[:i:i], r.list[i+1:]...)
			c.lost = c.sub.Lost()
			c.sub.Close()
			c.sub = nil
			return
		}
	}
}

// construct makes a consumer.
func construct(a *vm.Args) error {
	r := a.Instance().(*consumers)
	if len(r.list) >= mostConsumers {
		return fmt.Errorf("a script may have %d consumers of events at a time: call cleanup() on one that it no longer needs", mostConsumers)
	}
	n, err := r.env.Home(a.Context(), r.nodes)
	if errors.Is(err, run.ErrNoNode) {
		return fmt.Errorf("the events of this script's FreeSWITCH cannot be had: %w", err)
	}
	if err != nil {
		return err
	}
	length := defaultLength
	if a.Has(2) {
		length = min(max(a.Int(2), 1), defaultLength)
	}
	c := &consumer{sub: n.Subscribe(node.Bounds{Events: length})}
	r.list = append(r.list, c)
	if a.String(0) != "" {
		if _, err := r.bind(a, c, a.String(0), a.String(1)); err != nil {
			r.cleanup(c)
			return err
		}
	}
	a.Return(a.State().NewObject("EventConsumer", c))
	return nil
}

// maxBound limits the events that one consumer is bound to, as mod_lua does
// (switch_cpp.h: EventConsumer::enodes).
const maxBound = 95

// bind adds an event, and waits until FreeSWITCH sends it.
func (r *consumers) bind(a *vm.Args, c *consumer, name, subclass string) (bound bool, err error) {
	if c.sub == nil {
		return false, nil
	}
	event, ok := syntax.EventName(name)
	if !ok {
		r.env.Log.Warn("EventConsumer: there is no such event", "event", name)
		return false, nil
	}
	if c.bound >= maxBound {
		r.env.Log.Error("EventConsumer: it is bound to too many events", "event", name, "most", maxBound)
		return false, nil
	}
	if err := r.env.Grants.CheckHearing(event, subclass); err != nil {
		return false, err
	}
	if subclass != "" && event != "CUSTOM" {
		r.env.Log.Warn("EventConsumer: only events of the type CUSTOM have a subclass, so no event will come", "event", event, "subclass", subclass)
		c.bound++
		return true, nil
	}
	if err := c.sub.Add(node.Interest{Event: event, Subclass: subclass}); err != nil {
		return false, err
	}
	c.bound++
	c.chargeEntries(a)
	ctx, stop := r.env.Aside(a.Context())
	defer stop()
	var down *node.DownError
	var refused *esl.ReplyError
	switch err := c.sub.Confirm(ctx); {
	case errors.As(err, &down):
		r.env.Log.Warn("EventConsumer: the events come as soon as the node is connected", "event", event, "error", err)
	case errors.As(err, &refused):
		r.env.Log.Error("EventConsumer: FreeSWITCH refuses the event", "event", event, "error", err)
		return false, nil
	}
	return true, nil
}

// pop takes the next event, if there is one, or waits for it.
func pop(a *vm.Args) error {
	r, c := a.Instance().(*consumers), a.Self().(*consumer)
	a.Return(lua.LNil)
	if c.sub == nil {
		return nil
	}
	e, ok := c.sub.Poll()
	if !ok && a.Int(0) != 0 {
		e, ok = r.await(a, c)
	}
	if ok {
		a.Return(a.State().NewObject("Event", taken{e}))
	}
	return nil
}

// taken is an event of the script's own, which it may fire again.
type taken struct{ event esl.Event }

// Popped returns the event.
func (t taken) Popped() esl.Event { return t.event }

// await waits for an event until the time is up or the call hangs up. After the hangup
// it waits for a time that the script gives, and not without one.
func (r *consumers) await(a *vm.Args, c *consumer) (esl.Event, bool) {
	timeout := time.Duration(max(a.Int(1), 0)) * time.Millisecond
	if timeout == 0 && r.env.Call != nil && r.env.Call.Gone() {
		return esl.Event{}, false
	}
	ctx, stop := r.env.Aside(a.Context())
	defer stop()
	if timeout > 0 {
		timed, cancel := context.WithCancel(ctx)
		defer cancel()
		defer r.env.Clock.AfterFunc(timeout, cancel).Stop()
		ctx = timed
	}
	e, err := c.sub.Next(ctx)
	return e, err == nil
}

// maxFilters limits the filters of a consumer, and maxFilter the bytes of each.
const (
	maxFilters = 64
	maxFilter  = 1 << 10
)

func (c *consumer) addFilter(a *vm.Args, header, value string) error {
	switch {
	case header == "":
		return errors.New("a filter needs the name of a header: write consumer:filter(\"Unique-ID\", session:get_uuid())")
	case c.filters == maxFilters || len(header)+len(value) > maxFilter:
		return fmt.Errorf("a consumer may have %d filters of %d bytes", maxFilters, maxFilter)
	}
	c.filters++
	c.chargeEntries(a)
	c.sub.Filter(header, value)
	return nil
}
