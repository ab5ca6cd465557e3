package run

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// The limits of what one script may write to the log: a burst of lines, then a
// rate, and the length of each line. More could fill a disk.
const (
	consoleBurst = 1000
	consoleRate  = 100 // lines per second
	consoleBytes = 8 << 10
)

// Console writes the lines of one script to the log, within limits.
type Console struct {
	log   *slog.Logger
	clock clock.Clock

	started time.Time
	written int // lines since started
	dropped int
}

// NewConsole makes the console of one script.
func NewConsole(log *slog.Logger, clk clock.Clock) *Console { return &Console{log: log, clock: clk} }

// Write writes a line at one of FreeSWITCH's log levels.
func (c *Console) Write(level, text string) {
	now := c.clock.Now()
	if c.started.IsZero() {
		c.started = now
	}
	if allowed := consoleBurst + int(now.Sub(c.started)/time.Second)*consoleRate; c.written >= allowed {
		if c.dropped == 0 {
			c.log.Warn("the script writes too much to the log: lines are left out", "lines_per_second", consoleRate)
		}
		c.dropped++
		return
	}
	if c.dropped > 0 {
		c.log.Warn("lines of the script were left out", "lines", c.dropped)
		c.dropped = 0
	}
	c.written++
	text = strings.TrimRight(text, "\n")
	if len(text) > consoleBytes {
		text = text[:consoleBytes] + "..."
	}
	c.log.Log(context.Background(), severity(level), text)
}

// WriteFrom writes a line that names the place in the script it comes from.
func (c *Console) WriteFrom(level, file, function string, line int, text string) {
	c.Write(level, fmt.Sprintf("%s:%d %s: %s", file, line, function, text))
}

// severity reads a level, a name or a number, as switch_log_str2level does; an
// unknown one is DEBUG.
func severity(level string) slog.Level {
	names := [...]string{"CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO"}
	severities := [...]slog.Level{slog.LevelInfo, slog.LevelError, slog.LevelError, slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelInfo}
	for i, name := range names {
		if strings.EqualFold(level, name) || level == strconv.Itoa(i) {
			return severities[i]
		}
	}
	return slog.LevelDebug
}
