package bindings

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// What one script may write to the log: so many lines at once, then so many a
// second, each of so many bytes. More would fill a disk for everybody.
const (
	consoleBurst = 1000
	consoleRate  = 100
	consoleBytes = 8 << 10
)

// console writes a script's own lines to the log.
type console struct {
	log   *slog.Logger
	clock clock.Clock

	started time.Time
	written int // lines since started
	lost    int
}

func (c *console) write(level, text string) {
	now := c.clock.Now()
	if c.started.IsZero() {
		c.started = now
	}
	if allowed := consoleBurst + int(now.Sub(c.started)/time.Second)*consoleRate; c.written >= allowed {
		if c.lost == 0 {
			c.log.Warn("the script writes too much to the log: lines are left out", "lines_per_second", consoleRate)
		}
		c.lost++
		return
	}
	if c.lost > 0 {
		c.log.Warn("lines of the script were left out", "lines", c.lost)
		c.lost = 0
	}
	c.written++
	text = strings.TrimRight(text, "\n")
	if len(text) > consoleBytes {
		text = text[:consoleBytes] + "..."
	}
	c.log.Log(context.Background(), severity(level), text)
}

// severity reads a level as switch_log_str2level does; what it does not know
// is DEBUG.
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
