package run

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
)

func newConsole(t *testing.T) (*Console, *clock.Manual, *bytes.Buffer) {
	t.Helper()
	clk := clock.NewManual(time.Unix(1000, 0))
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return NewConsole(log, clk), clk, &out
}

// A line is cut at 8 KiB, so that a script cannot fill the disk.
func TestConsoleCutsLongLines(t *testing.T) {
	c, _, out := newConsole(t)
	c.Write("INFO", strings.Repeat("x", consoleBytes))
	if n := strings.Count(out.String(), "x"); n < 8<<10 || strings.Contains(out.String(), "xxx...") {
		t.Errorf("a line of 8 KiB has %d bytes left", n)
	}
	out.Reset()
	c.Write("INFO", strings.Repeat("x", 1<<20))
	if n := strings.Count(out.String(), "xx"); n > 4<<10 || !strings.Contains(out.String(), "x...") {
		t.Errorf("a line of 1 MiB was written with %d bytes", out.Len())
	}
}

// A burst of lines is written, then so many a second; the others are counted.
func TestConsoleLimitsTheRate(t *testing.T) {
	c, clk, out := newConsole(t)
	for range consoleBurst + 5 {
		c.Write("INFO", "line")
	}
	if n := strings.Count(out.String(), "msg=line"); n != consoleBurst {
		t.Errorf("%d lines passed at once", n)
	}
	if n := strings.Count(out.String(), "writes too much"); n != 1 {
		t.Errorf("warned %d times", n)
	}
	clk.Advance(time.Second)
	out.Reset()
	for range consoleRate + 5 {
		c.Write("INFO", "line")
	}
	if n := strings.Count(out.String(), "msg=line"); n != consoleRate {
		t.Errorf("%d lines passed in a second", n)
	}
	if !strings.Contains(out.String(), "lines=5") {
		t.Errorf("the log does not say how many lines were left out: %.300s", out.String())
	}
}

func TestConsoleWritesTheLevelAndThePlace(t *testing.T) {
	for level, want := range map[string]string{"err": "ERROR", "CRIT": "ERROR", "warning": "WARN", "NOTICE": "INFO", "console": "INFO", "7": "DEBUG", "4": "WARN", "what": "DEBUG"} {
		c, _, out := newConsole(t)
		c.WriteFrom(level, "menu.lua", "ask", 12, "no digit\n")
		if want = "level=" + want + ` msg="menu.lua:12 ask: no digit"`; !strings.Contains(out.String(), want) {
			t.Errorf("%s: %s, want %s", level, out.String(), want)
		}
	}
}
