package spans

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/eslua/eslua/host/script/vm"
)

const (
	waited  = time.Millisecond // from which on a function has waited
	perCall = 500              // spans of a call; a script that waits in a loop makes no more
)

// A Call is the span of a call, and sees the functions that its script calls. A nil one
// does nothing.
type Call struct {
	exporter *Exporter
	ctx      context.Context
	span     trace.Span
	starts   []time.Time // of the functions that have not returned, one within the other
	spans    int
	omitted  int
}

// Begin begins the span of a call, whose script must be shown to the result. It returns nil
// if there is no collector, or the call is not among its share.
func (e *Exporter) Begin(uuid, flow, generation string) *Call {
	if e == nil {
		return nil
	}
	ctx, span := e.tracer.Start(context.Background(), "call "+flow, trace.WithTimestamp(e.clock.Now()), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("eslua.call", uuid), attribute.String("eslua.flow", flow), attribute.String("eslua.generation", generation)))
	if !span.IsRecording() {
		return nil
	}
	return &Call{exporter: e, ctx: ctx, span: span}
}

// Enter remembers when a function began, as a vm.Tracer.
func (c *Call) Enter(*vm.Args) { c.starts = append(c.starts, c.exporter.clock.Now()) }

// Leave makes a span of a function that has waited, as a vm.Tracer.
func (c *Call) Leave(a *vm.Args, err error) {
	start, now := c.starts[len(c.starts)-1], c.exporter.clock.Now()
	c.starts = c.starts[:len(c.starts)-1]
	switch {
	case now.Sub(start) < waited:
		return
	case c.spans == perCall:
		c.omitted++
		return
	}
	c.spans++
	name, _ := vm.AsCalled(a.Declared())
	file, line := a.Where()
	_, span := c.exporter.tracer.Start(c.ctx, name, trace.WithTimestamp(start), trace.WithAttributes(
		attribute.String("code.file.path", file), attribute.Int("code.line.number", line)))
	if err != nil {
		span.SetStatus(codes.Error, "") // the text may hold what a caller sent
	}
	span.End(trace.WithTimestamp(now))
}

// Failed marks the call as one whose script has failed.
func (c *Call) Failed() {
	if c != nil {
		c.span.SetStatus(codes.Error, "the script failed")
	}
}

// End ends the span. cause is FreeSWITCH's, "" if the call goes on elsewhere.
func (c *Call) End(cause string) {
	if c == nil {
		return
	}
	c.span.SetAttributes(attribute.String("eslua.cause", cause), attribute.Int("eslua.spans_omitted", c.omitted))
	c.span.End(trace.WithTimestamp(c.exporter.clock.Now()))
}
