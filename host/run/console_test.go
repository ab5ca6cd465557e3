package run

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/logbound"
)

// newConsole returns a console in a bounded log.
func newConsole(t *testing.T) (*Console, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	text := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})
	log := logbound.New(text, 100, clock.NewManual(time.Unix(1000, 0)))
	t.Cleanup(log.Close)
	return NewConsole(slog.New(log), nil), &out
}

// What a script writes without end does not fill a disk.
func TestConsoleIsBounded(t *testing.T) {
	c, out := newConsole(t)
	huge := strings.Repeat("x", 1<<20)
	for range 5000 {
		c.Write("INFO", "line")
		c.WriteFrom("INFO", huge, huge, 1, huge)
	}
	if n := strings.Count(out.String(), "msg=line"); n == 0 || out.Len() > 2<<20 {
		t.Errorf("%d lines are left; %d bytes were written", n, out.Len())
	}
	if n := testing.AllocsPerRun(100, func() { c.WriteFrom("INFO", "file", "function", 1, huge) }); n > 16 { // 12 under the race detector
		t.Errorf("a line that is left out takes %v allocations", n)
	}
}

func TestConsoleWritesTheLevelAndThePlace(t *testing.T) {
	for level, want := range map[string]string{"err": "ERROR", "CRIT": "ERROR", "warning": "WARN", "NOTICE": "INFO", "console": "INFO", "7": "DEBUG", "4": "WARN", "what": "DEBUG"} {
		c, out := newConsole(t)
		c.WriteFrom(level, "menu.lua", "ask", 12, "no digit\n")
		if want = "level=" + want + ` msg="menu.lua:12 ask: no digit"`; !strings.Contains(out.String(), want) {
			t.Errorf("%s: %s, want %s", level, out.String(), want)
		}
	}
}
