package call

import (
	"context"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spans"
	"github.com/eslua/eslua/host/trace"
)

// record begins the trace of a call, which ends when FreeSWITCH has it back. It returns nil
// if none is kept.
func (s *Source) record(c *outbound.Call, stamp checkpoint.Stamp, args []string) *trace.Call {
	if s.deps.Recorder.Off() {
		return nil
	}
	var v [3]string
	c.Snapshot().Pick([]string{"Caller-Caller-ID-Number", "Caller-Destination-Number", "Answer-State"}, v[:])
	t := s.deps.Recorder.Begin(trace.Arrival{
		UUID: c.UUID(), Flow: stamp.Flow, Generation: stamp.Generation, Version: stamp.Version,
		Args: args, Caller: v[0], Destination: v[1], Answered: v[2] == "answered",
	})
	if t != nil {
		c.Watch(t.Watch)
		c.Finally(func(context.Context) { t.End() })
	}
	return t
}

// span begins the span of a call, nil if no collector is told of it.
func (s *Source) span(c *outbound.Call, stamp checkpoint.Stamp) *spans.Call {
	span := s.deps.Spans.Begin(c.UUID(), stamp.Flow, stamp.Generation)
	if span != nil {
		c.Finally(func(context.Context) {
			cause, _ := c.HungUp()
			span.End(cause)
		})
	}
	return span
}

// tracer returns what sees the functions that the script calls, nil if nothing does.
func (s *Source) tracer(c *outbound.Call, recorded *trace.Call, span *spans.Call) vm.Tracer {
	var all tracers
	if s.deps.Pace != nil {
		all = append(all, s.deps.Pace)
	}
	if recorded != nil {
		all = append(all, recorded)
	}
	if span != nil {
		all = append(all, span)
	}
	if s.deps.Trace != nil {
		all = append(all, vm.Traces(s.deps.Clock, func(t vm.Trace) { s.deps.Trace(c, t) }))
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// tracers show each call to several.
type tracers []vm.Tracer

func (all tracers) Enter(a *vm.Args) {
	for _, t := range all {
		t.Enter(a)
	}
}

func (all tracers) Leave(a *vm.Args, err error) {
	for _, t := range all {
		t.Leave(a, err)
	}
}
