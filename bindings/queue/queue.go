// Package queue owns the table queue, with which scripts publish messages and work them
// off. host/queue keeps them.
package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table queue.
type Module struct{ Queues *queue.Queues } // nil: there are none

// mostHeld bounds the messages that a script works on at a time.
const mostHeld = 100

// work holds what one run does with queues.
type work struct {
	env    *run.Env
	queues *queue.Queues
	pace   *durable.Pace
	held   map[*message]bool // neither acknowledged nor failed
}

// Bind returns what the run publishes and works off.
func (m Module) Bind(env *run.Env) any {
	return &work{env: env, queues: m.Queues, pace: durable.NewPace(env.Clock), held: map[*message]bool{}}
}

// End fails the messages that the script has left: it may have failed itself.
func (w *work) End(ctx context.Context) {
	stopped := ctx.Err() != nil
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), run.KeptWithin)
	defer stop()
	for m := range w.held {
		if stopped {
			m.delivery.Return()
		} else if err := m.delivery.Fail(ctx, "the script ended before it acknowledged the message", 0); err != nil {
			w.env.Log.Error("a message is tried later, for its failure is not noted", "queue", m.delivery.Queue, "message", m.delivery.ID, "error", err)
		}
	}
}

// message wraps one that the script works on.
type message struct {
	of       *work
	delivery *queue.Delivery
	value    lua.LValue
	end      func() // it is not held any more
}

// Holds visits the value, unless the run counts the message.
func (m *message) Holds(visit func(lua.LValue)) int {
	visit(m.value)
	if m.of.held[m] {
		return 0
	}
	return m.size()
}

func (m *message) size() int { return len(m.delivery.Value) + 512 }

// Holds counts the messages that the script works on, also those that it has forgotten.
func (w *work) Holds(visit func(lua.LValue)) (bytes int) {
	for m := range w.held {
		visit(m.value)
		bytes += m.size()
	}
	return bytes
}

// check returns an error if the script may not use a queue.
func (w *work) check(name string) error {
	if err := w.env.Grants.CheckQueue(name); err != nil {
		return err
	}
	if w.queues == nil {
		return errors.New("queue: messages are kept by eslua serve only")
	}
	return w.queues.Check(name)
}

// format writes numbers so that they are read as they were.
var format = &luajson.Format{Digits: 17}

func publish(a *vm.Args) error {
	w, m := a.Instance().(*work), queue.Message{Queue: a.String(0), Flow: a.Instance().(*work).env.Flow}
	if err := w.check(m.Queue); err != nil {
		return err
	}
	switch v := a.Value(1).(type) {
	case lua.LString:
		a.ChargeCPU(len(v) / 64)
		m.Value = []byte(v)
	default:
		text, err := format.Encode(a, v)
		if err != nil {
			return fmt.Errorf("queue.publish: %w", err)
		}
		m.Value, m.JSON = []byte(text), true
	}
	var err error
	if t := a.Table(2); t != nil {
		a.FillLibrary(t)
		t.ForEach(func(k, v lua.LValue) {
			a.ChargeCPU(8)
			if k != lua.LString("id") || !lua.LVCanConvToString(v) {
				err = fmt.Errorf("queue.publish: %.40s is no option; write {id = TEXT}", k.String())
				return
			}
			m.ID = lua.LVAsString(v)
		})
	}
	if err != nil {
		return err
	}
	if err := w.queues.CheckMessage(m); err != nil {
		return fmt.Errorf("queue.publish: %w", err)
	}
	a.ChargeCPU(durable.RequestCost)
	ctx, stop := w.env.AsideToKeep(a.Context())
	defer stop()
	if err := w.pace.Wait(ctx); err != nil {
		return failed(a, w, err)
	}
	id, err := w.queues.Publish(ctx, m)
	if err != nil {
		return failed(a, w, err)
	}
	a.ReturnString(id)
	return nil
}

// failed returns nil and the reason to the script.
func failed(a *vm.Args, w *work, err error) error {
	w.env.Log.Warn("queue: a script could not do what it wanted", "error", err)
	a.Return(lua.LNil, lua.LString(err.Error()))
	return nil
}

// take waits for a message, as long as a parameter says. With 0 it takes one that is there.
func (w *work) take(a *vm.Args, name string, parameter int) (*message, error) {
	if len(w.held) >= mostHeld {
		return nil, fmt.Errorf("queue: the script has %d messages; acknowledge them first", mostHeld)
	}
	a.ChargeCPU(2 * durable.RequestCost) // and it is acknowledged
	take, least := w.queues.Next, time.Duration(0)
	if a.Has(parameter) && a.Int(parameter) <= 0 {
		take, least = w.queues.Poll, run.KeptWithin
	}
	ctx, stop, err := w.env.AsideFor(a, parameter, least)
	if err != nil {
		return nil, err
	}
	defer stop()
	d, err := take(ctx, name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, run.ErrTimeout
	}
	return w.hold(a, d)
}

// hold makes the script responsible for a message.
func (w *work) hold(a *vm.Args, d *queue.Delivery) (*message, error) {
	m := &message{of: w, delivery: d, value: lua.LString(d.Value)}
	m.end = func() { delete(w.held, m) }
	w.held[m] = true // before anything can raise an error
	a.ChargeMemory(2*len(d.Value) + 1024)
	if d.JSON {
		v, err := format.Decode(a, string(d.Value))
		if err != nil {
			return nil, fmt.Errorf("queue: the message %s is no JSON: %w", d.ID, err)
		}
		m.value = v
	}
	return m, nil
}

func next(a *vm.Args) error {
	w := a.Instance().(*work)
	if err := w.check(a.String(0)); err != nil {
		return err
	}
	m, err := w.take(a, a.String(0), 1)
	switch {
	case errors.Is(err, run.ErrTimeout):
		a.Return(lua.LNil, lua.LString("timeout"))
		return nil
	case err != nil:
		return failed(a, w, err)
	}
	a.Return(a.State().NewObject("delivery", m))
	return nil
}

// process gives one message after the other to a function of the script.
func process(a *vm.Args) error {
	w, name := a.Instance().(*work), a.String(0)
	if err := w.check(name); err != nil {
		return err
	}
	for n := 0; ; n++ {
		m, err := w.take(a, name, 2)
		switch {
		case errors.Is(err, run.ErrTimeout):
			a.ReturnInt(n)
			return nil
		case err != nil:
			return fmt.Errorf("queue: %w", err)
		}
		if err := w.handle(a, m); err != nil {
			return err
		}
	}
}

// handle acknowledges a message if the script's function handles it, unless it has done so
// itself. It returns an error if the script cannot go on.
func (w *work) handle(a *vm.Args, m *message) error {
	_, failure := a.State().Call(a.Function(1), a.State().NewObject("delivery", m))
	if !w.held[m] {
		failure = nil
	}
	ctx, stop := context.WithTimeout(a.Context(), run.KeptWithin)
	defer stop()
	var raised *vm.ScriptError
	switch ended := a.Context().Err() != nil; {
	case ended && errors.As(failure, &raised) && raised.Limit == "":
		return failure // End gives it back
	case failure != nil:
		m.end()
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), run.KeptWithin)
		defer stop()
		if err := m.delivery.Fail(ctx, failure.Error(), 0); err != nil {
			w.env.Log.Error("a message is tried later, for its failure is not noted", "queue", m.delivery.Queue, "message", m.delivery.ID, "error", err)
		}
		if errors.As(failure, &raised) && raised.Limit != "" {
			return failure
		}
	case w.held[m]:
		m.end()
		if err := m.delivery.Ack(ctx); err != nil {
			w.env.Log.Error("a message may come again, for its end is not noted", "queue", m.delivery.Queue, "message", m.delivery.ID, "error", err)
		}
	}
	return nil
}

// finish acknowledges a message, or fails it.
func finish(a *vm.Args, do func(ctx context.Context, d *queue.Delivery) error) error {
	w, m := a.Instance().(*work), a.Self().(*message)
	if !w.held[m] {
		a.Return(lua.LNil, lua.LString("it was acknowledged or failed before"))
		return nil
	}
	m.end()
	ctx, stop := w.env.AsideToKeep(a.Context())
	defer stop()
	if err := do(ctx, m.delivery); err != nil {
		return failed(a, w, err)
	}
	a.ReturnBool(true)
	return nil
}

// given returns the message for which the script runs. Its source decides how it ended.
func given(a *vm.Args) error {
	w := a.Instance().(*work)
	if w.env.Message == nil {
		a.Return(lua.LNil)
		return nil
	}
	m, err := w.hold(a, w.env.Message)
	if err != nil {
		return err
	}
	m.end()
	a.Return(a.State().NewObject("delivery", m))
	return nil
}
