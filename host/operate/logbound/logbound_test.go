package logbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A book is a bounded log, and what was written to it.
type book struct {
	*Handler
	log *slog.Logger
	clk *clock.Manual

	mu  sync.Mutex
	buf bytes.Buffer
}

func newBook(rate int) *book {
	b := &book{clk: clock.NewManual(time.Unix(1000, 0))}
	b.Handler = New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}), rate, b.clk)
	b.log = slog.New(b.Handler)
	return b
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take returns what was written since the last take.
func (b *book) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}

// second lets a second pass and waits for the report that is due.
func (b *book) second() {
	b.limits.mu.Lock()
	reported := b.limits.reported
	b.limits.mu.Unlock()
	b.clk.Advance(time.Second)
	if reported != nil {
		<-reported
	}
}

func (b *book) dropped() float64 { return testutil.ToFloat64(b.limits.dropped) }

// Ten thousand calls with the same trouble make ten lines and a count.
func TestTheSameMessageFromManyCalls(t *testing.T) {
	b := newBook(100)
	var calls sync.WaitGroup
	for i := range 10_000 {
		calls.Go(func() {
			b.log.With("uuid", i).Error("the flow failed", "error", fmt.Errorf("call %d has gone", i))
		})
	}
	calls.Wait()
	b.log.Error("another message")
	if got := b.take(); strings.Count(got, "the flow failed") != 10 || !strings.Contains(got, "another message") {
		t.Errorf("written:\n%s", got)
	}
	b.second()
	if got := b.take(); !strings.Contains(got, `level=WARN msg="lines with the same message were left out of the log" lines=9990 message="the flow failed"`) || strings.Count(got, "\n") != 1 {
		t.Errorf("reported:\n%s", got)
	}
	b.second()
	for range 11 {
		b.log.Error("the flow failed")
	}
	if got := b.take(); strings.Count(got, "\n") != 10 {
		t.Errorf("after the flood:\n%s", got)
	}
	b.Close()
	if got := b.take(); !strings.Contains(got, "lines=1 ") || b.dropped() != 9991 {
		t.Errorf("at the end, of %v lines: %s", b.dropped(), got)
	}
}

// A message that comes again and again is reported once a second.
func TestALastingFloodIsReportedOnceASecond(t *testing.T) {
	b := newBook(100)
	for range 5 {
		for range 100 {
			b.log.Warn("again")
		}
		b.second()
	}
	if got := b.take(); strings.Count(got, "were left out") != 5 || strings.Count(got, "lines=90 ") != 5 || strings.Count(got, "msg=again") != 50 {
		t.Errorf("written:\n%s", got)
	}
}

// Messages that differ each time have limits of their own only up to a number.
func TestManyMessages(t *testing.T) {
	b := newBook(100)
	for i := range 100_000 {
		b.log.Warn(fmt.Sprint("message ", i))
	}
	if got := strings.Count(b.take(), "\n"); got != maxMessages+messageBurst {
		t.Errorf("%d lines", got)
	}
	b.second()
	if got := b.take(); !strings.Contains(got, `msg="lines with many different messages were left out of the log" lines=99734`) {
		t.Errorf("reported:\n%s", got)
	}
	b.log.Warn("a new message")
	if got := b.take(); got == "" || len(b.limits.messages) != 1 {
		t.Errorf("afterwards: %q, and %d messages are known", got, len(b.limits.messages))
	}
}

// One script gets 20 lines, one more a second, and its share of what all share. A
// script that writes without end takes from none that writes little.
func TestScripts(t *testing.T) {
	b := newBook(100)
	flood := Script(b.log.With("uuid", "flood"))
	for i := range 5000 {
		flood.Info(fmt.Sprint("line ", i))
	}
	if got := strings.Count(b.take(), "uuid=flood"); got != scriptBurst+1000 {
		t.Errorf("at once it wrote %d lines", got)
	}
	honest := Script(b.log.With("uuid", "honest"))
	for i := range 20 {
		honest.Info(fmt.Sprint("step ", i))
	}
	if got := strings.Count(b.take(), "uuid=honest"); got != 20 {
		t.Errorf("beside it another wrote %d of 20 lines", got)
	}
	b.second()
	if got := b.take(); !strings.Contains(got, `msg="lines of this script were left out of the log; the setting log.rate limits them" uuid=flood lines=3980`) {
		t.Errorf("reported:\n%s", got)
	}
	for range 5000 {
		flood.Info("line")
	}
	if got := strings.Count(b.take(), "\n"); got != 1+100 {
		t.Errorf("in a second it wrote %d lines", got)
	}
	b.Close()
}

// A line that is long counts as several.
func TestLongLinesOfScripts(t *testing.T) {
	b := newBook(100)
	flood := Script(b.log)
	long := strings.Repeat("x", 1<<20)
	for range 5000 {
		flood.Info(long)
	}
	if got := len(b.take()); got > 1_200_000 {
		t.Errorf("%d bytes were written", got)
	}
	b.Close()
}

// However many scripts write too much, a report has a few lines.
func TestReportsOfManyScripts(t *testing.T) {
	b := newBook(0)
	for i := range 500 {
		script := Script(b.log.With("uuid", i))
		for range 30 {
			script.Info("line")
		}
	}
	b.take()
	b.Close()
	if got := b.take(); strings.Count(got, "lines=10\n") != maxNotices || !strings.Contains(got, "lines=4900\n") || strings.Count(got, "\n") != maxNotices+1 {
		t.Errorf("reported:\n%s", got)
	}
}

// costly is an error that is expensive to describe.
type costly struct{ described *int }

func (c costly) Error() string { *c.described++; return strings.Repeat("é", 1_000_000) }

// A long text is cut and says how much is missing; what is left out is not
// even described.
func TestLongTextsAreCut(t *testing.T) {
	b := newBook(100)
	described := 0
	huge := strings.Repeat("x", 1_300_000)
	for range 1000 {
		b.log.With("hook", huge).Error(huge, "error", costly{&described}, "names", []string{huge, huge}, slog.Group("in", "side", huge), "n", 7)
	}
	lines := strings.SplitAfter(b.take(), "\n")
	if len(lines) != 11 || described != 10 {
		t.Fatalf("%d lines, the error was described %d times", len(lines)-1, described)
	}
	if n := len(lines[0]); n > 6*maxBytes || !utf8.ValidString(lines[0]) {
		t.Errorf("a line has %d bytes", n)
	}
	for _, want := range []string{" n=7", fmt.Sprintf("x... (%d bytes more)", len(huge)-maxBytes), "é... (1991808 bytes more)", "(2591811 bytes more)"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("the line has no %q", want)
		}
	}
	b.Close()
}

func TestWhatIsShortIsWrittenAsItIs(t *testing.T) {
	var plain bytes.Buffer
	b := newBook(100)
	for _, log := range []*slog.Logger{b.log, slog.New(slog.NewTextHandler(&plain, &slog.HandlerOptions{Level: slog.LevelDebug}))} {
		log.With("a", "b").WithGroup("g").Debug("text\nwith a line", "error", errors.New("x\x1b[1m"), "list", []string{"a"}, "d", time.Second, "none", nil)
	}
	if got, want := b.take(), plain.String(); got[strings.Index(got, "level"):] != want[strings.Index(want, "level"):] {
		t.Errorf("%s\nwant %s", got, want)
	}
	if b.Enabled(context.Background(), slog.LevelDebug-1) {
		t.Error("a level is written that the other handler leaves out")
	}
}

// No text can look like a line of its own, or move the cursor of a terminal.
func TestControlCharactersAreEscaped(t *testing.T) {
	const evil = "x\nlevel=ERROR msg=forged\r\x1b[2J\x7f\u009b1m\u202egnp"
	b := newBook(100)
	b.log.With("uuid", evil).Error(evil, "error", errors.New(evil), "list", []string{evil})
	Script(b.log).Error(evil)
	got := b.take()
	if strings.Count(got, "\n") != 2 || strings.ContainsAny(got, "\r\x1b\x7f\u009b\u202e") {
		t.Errorf("written: %q", got)
	}
}

func TestALogWithoutBound(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	if Script(log) != log {
		t.Error("another logger")
	}
}

func BenchmarkLine(b *testing.B) {
	book := newBook(100)
	log := slog.New(New(slog.DiscardHandler, 100, clock.System()))
	err := errors.New("trouble")
	b.ReportAllocs()
	for b.Loop() {
		log.Error("the flow failed", "error", err, "fallback", "continue")
	}
	book.Close()
}
