// Package logbound bounds what is written to the log, so that no script, caller or
// peer can fill the disk with it or hide what others write: how many lines come in
// a second, and how long each is. What is left out is counted, in the log itself
// and in a metric.
package logbound

import (
	"cmp"
	"context"
	"log/slog"
)

// A Handler passes the lines of a log on to another handler, within limits. Each
// message has a limit of its own, whatever its attributes are, so that ten thousand
// calls with the same trouble make a few lines and a count. The lines of one script
// have one limit together: see Script.
type Handler struct {
	next   slog.Handler
	limits *limits
	script *limit // of the script whose lines these are; nil: each message has its own
	key    string // by which the limit is found instead of the message; "": the message
}

// Together returns a logger whose lines have one limit, that of a message, with all
// other lines of the same key. If no Handler bounds log, it returns log itself.
func Together(log *slog.Logger, key string) *slog.Logger {
	h, ok := log.Handler().(*Handler)
	if !ok {
		return log
	}
	return slog.New(&Handler{next: h.next, limits: h.limits, key: key})
}

// Script returns a logger for the lines of one script, or of the scripts that share one
// which Script has returned before. If no Handler bounds log, it returns log itself.
func Script(log *slog.Logger) *slog.Logger {
	h, ok := log.Handler().(*Handler)
	if !ok || h.script != nil {
		return log
	}
	its := newLimit(scriptRate, scriptBurst, h.next)
	its.script = true
	return slog.New(&Handler{next: h.next, limits: h.limits, script: its})
}

// Enabled reports whether the other handler takes lines of a level.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle passes a line on, shortened if it is long, or counts it. What is left out
// is never formatted.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if !h.limits.admit(h.script, cmp.Or(h.key, r.Message), r) {
		return nil
	}
	short := slog.NewRecord(r.Time, r.Level, Cut(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		short.AddAttrs(cutAttr(a))
		return true
	})
	return h.next.Handle(ctx, short)
}

// WithAttrs returns a Handler whose lines have more attributes and the same limits.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	short := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		short[i] = cutAttr(a)
	}
	return &Handler{next: h.next.WithAttrs(short), limits: h.limits, script: h.script, key: h.key}
}

// WithGroup returns a Handler with the same limits.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(name), limits: h.limits, script: h.script, key: h.key}
}
