package spans

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// queued limits the spans that wait for the collector. Further ones are lost: no call waits.
const queued = 4096

// An Exporter sends spans to a collector. A nil one makes none.
type Exporter struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	clock    clock.Clock
}

// New returns an Exporter, nil if the configuration names no collector.
func New(cfg config.OTLP, version string, log *slog.Logger, clk clock.Clock) (*Exporter, error) {
	if cfg.URL == "" {
		return nil, nil
	}
	client, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(cfg.URL), otlptracehttp.WithHeaders(cfg.Headers), otlptracehttp.WithTimeout(10*time.Second))
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	host, _ := os.Hostname()
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(logged{client, log}, sdk.WithMaxQueueSize(queued)),
		sdk.WithSampler(sdk.TraceIDRatioBased(float64(cfg.Share)/100)),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "eslua"), attribute.String("service.version", version), attribute.String("host.name", host))),
	)
	return &Exporter{provider: provider, tracer: provider.Tracer("github.com/eslua/eslua"), clock: clk}, nil
}

// Close sends what waits, until ctx ends.
func (e *Exporter) Close(ctx context.Context) {
	if e != nil {
		_ = e.provider.Shutdown(ctx) // logged has told
	}
}

// logged logs that spans did not arrive.
type logged struct {
	sdk.SpanExporter
	log *slog.Logger
}

func (l logged) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := l.SpanExporter.ExportSpans(ctx, spans); err != nil {
		l.log.Warn("spans did not reach the collector", "spans", len(spans), "error", err)
	}
	return nil
}
