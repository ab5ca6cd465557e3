package logbound

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	messageRate, messageBurst = 10, 10     // lines of one message
	debugRate, debugBurst     = 1000, 1000 // the same at debug, where an admin asked for many
	scriptRate, scriptBurst   = 1, 20      // lines of one script, before it takes from what all share
	sharedSeconds             = 10         // for so long the shared rate may be saved up

	maxMessages = 256         // messages with a limit of their own; further ones share one
	keyBytes    = 200         // by which messages are told apart
	maxNotices  = 10          // scripts named at a time as those whose lines were left out
	noticeAfter = time.Second // how long lines are left out before the log says so
)

// limits hold the limits of a whole log.
type limits struct {
	root    slog.Handler
	clk     clock.Clock
	dropped prometheus.Counter

	mu       sync.Mutex // guards these and every limit
	messages map[string]*limit
	swept    time.Time // when messages that are rare were forgotten
	others   *limit    // of messages beyond maxMessages
	shared   *limit    // of what scripts write beyond their own limits
	flooded  []*limit  // those with lines that were left out and not reported
	timer    *clock.Timer
	reported chan struct{} // closed when the report that timer starts is written
}

// New returns a Handler that passes lines on to next. All scripts together may
// write scriptLines a second beyond those that each may write in any case.
func New(next slog.Handler, scriptLines int, clk clock.Clock) *Handler {
	return &Handler{next: next, limits: &limits{
		root: next, clk: clk,
		dropped:  prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_log_lines_dropped_total", Help: "Lines that were left out of the log because too many came at once."}),
		messages: map[string]*limit{},
		others:   newLimit(messageRate, messageBurst, next),
		shared:   newLimit(scriptLines, scriptLines*sharedSeconds, nil),
	}}
}

// Register registers the metric of the lines that were left out.
func (h *Handler) Register(r prometheus.Registerer) { r.MustRegister(h.limits.dropped) }

// Close logs what was left out and not reported yet.
func (h *Handler) Close() {
	l := h.limits
	l.mu.Lock()
	timer, reported := l.timer, l.reported
	l.mu.Unlock()
	if timer == nil {
		return
	}
	if timer.Stop() {
		l.report()
	}
	<-reported
}

// admit decides whether a line is written, and counts it if not. script is nil for
// a line of eslua itself, whose limit is found by a key.
func (l *limits) admit(script *limit, key string, r slog.Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clk.Now()
	its, lines := script, 1
	if script == nil {
		its = l.of(key, r.Level, now)
	} else {
		lines += min(len(r.Message), maxBytes) >> 10 // a long line counts as several
	}
	if its.allow(now, lines) || script != nil && l.shared.allow(now, lines) {
		return true
	}
	l.dropped.Inc()
	if its.dropped++; its.dropped == 1 {
		l.flooded = append(l.flooded, its)
	}
	if l.timer == nil {
		l.reported = make(chan struct{})
		l.timer = l.clk.AfterFunc(noticeAfter, l.report)
	}
	return false
}

// of returns the limit of a message. The caller holds mu.
func (l *limits) of(key string, level slog.Level, now time.Time) *limit {
	key = key[:min(len(key), keyBytes)]
	if known := l.messages[key]; known != nil {
		return known
	}
	if len(l.messages) >= maxMessages && now.Sub(l.swept) >= noticeAfter {
		l.swept = now
		maps.DeleteFunc(l.messages, func(_ string, m *limit) bool { return m.dropped == 0 && !m.full.After(now) })
	}
	if len(l.messages) >= maxMessages {
		return l.others
	}
	its := newLimit(messageRate, messageBurst, l.root)
	if level < slog.LevelInfo {
		its = newLimit(debugRate, debugBurst, l.root)
	}
	its.message = strings.Clone(key) // it may be the beginning of something huge
	l.messages[its.message] = its
	return its
}

// report logs how many lines were left out since the last report.
func (l *limits) report() {
	l.mu.Lock()
	reported := l.reported
	defer close(reported)
	var notices []notice
	scripts, more := 0, 0
	for _, its := range l.flooded {
		if its.script {
			scripts++
		}
		if its.script && scripts > maxNotices {
			more += its.dropped
		} else {
			notices = append(notices, its.notice())
		}
		its.dropped = 0
	}
	if more > 0 {
		notices = append(notices, notice{l.root, "lines of more scripts were left out of the log; the setting log.rate limits them", []slog.Attr{slog.Int("lines", more)}})
	}
	l.flooded, l.timer = nil, nil
	now := l.clk.Now()
	l.mu.Unlock()
	for _, n := range notices {
		n.write(now)
	}
}

// A notice says how many lines were left out of the log.
type notice struct {
	to    slog.Handler
	text  string
	attrs []slog.Attr
}

func (n notice) write(now time.Time) {
	if !n.to.Enabled(context.Background(), slog.LevelWarn) {
		return
	}
	r := slog.NewRecord(now, slog.LevelWarn, n.text, 0)
	r.AddAttrs(n.attrs...)
	_ = n.to.Handle(context.Background(), r) // a log that cannot be written has nowhere to say so
}

// A limit bounds lines by a rate: burst lines at once, and one more after each
// time. The mu of limits guards it.
type limit struct {
	each, burst time.Duration
	full        time.Time    // when burst lines may be written again
	dropped     int          // lines since the last report
	script      bool         // it bounds the lines of a script
	message     string       // whose lines it bounds; "" for a script, and for many messages together
	to          slog.Handler // where the report goes: the log itself, or that of a script
}

func newLimit(rate, burst int, to slog.Handler) *limit {
	l := &limit{to: to}
	if rate = min(rate, 1_000_000); rate > 0 {
		l.each = time.Second / time.Duration(rate)
		l.burst = l.each * time.Duration(burst)
	}
	return l
}

// notice describes the lines that were left out.
func (l *limit) notice() notice {
	lines := slog.Int("lines", l.dropped)
	switch {
	case l.script:
		return notice{l.to, "lines of this script were left out of the log; the setting log.rate limits them", []slog.Attr{lines}}
	case l.message == "":
		return notice{l.to, "lines with many different messages were left out of the log", []slog.Attr{lines}}
	}
	return notice{l.to, "lines with the same message were left out of the log", []slog.Attr{lines, slog.String("message", l.message)}}
}

// allow takes lines from the limit. The last ones may exceed it, and are then
// missing later.
func (l *limit) allow(now time.Time, lines int) bool {
	if l.full.Before(now) {
		l.full = now
	}
	if l.full.Sub(now) > l.burst-l.each || l.burst == 0 {
		return false
	}
	l.full = l.full.Add(l.each * time.Duration(lines))
	return true
}
