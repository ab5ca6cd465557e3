package run

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/operate/logbound"
)

// Console writes the lines of one script to the log.
type Console struct {
	log  *slog.Logger
	own  *slog.Logger // log, with the limit of this script; nil until it writes
	lost func() bool
	said func(level, line string) // see Run.Said
}

// NewConsole makes the console of one script. lost reports that the script's call has
// lost its FreeSWITCH, as all the others then have; it may be nil.
func NewConsole(log *slog.Logger, lost func() bool) *Console { return &Console{log: log, lost: lost} }

// afterLoss names the lines that scripts write when their FreeSWITCH has gone: each
// writes few, but ten thousand do so at once.
const afterLoss = "what scripts say when the connection of their call is gone"

// Write writes a line at one of FreeSWITCH's log levels.
func (c *Console) Write(level, text string) {
	text = strings.TrimRight(logbound.Cut(text), "\n")
	if c.said != nil {
		c.said(severity(level).String(), text)
	}
	to := c.own
	switch {
	case c.lost != nil && c.lost():
		to = logbound.Together(c.log, afterLoss)
	case to == nil:
		c.own = logbound.Script(c.log)
		to = c.own
	}
	to.Log(context.Background(), severity(level), text)
}

// WriteFrom writes a line that names the place in the script it comes from.
func (c *Console) WriteFrom(level, file, function string, line int, text string) {
	c.Write(level, fmt.Sprintf("%s:%d %s: %s", logbound.Cut(file), line, logbound.Cut(function), logbound.Cut(text)))
}

// severity reads a level, a name or a number, as switch_log_str2level does; an
// unknown name is DEBUG, and a number above 7 is finer.
func severity(level string) slog.Level {
	if strings.Trim(level, "0123456789.-+") == "" { // switch_utils.c:switch_is_number
		digits, _, _ := strings.Cut(level, ".")
		n, _ := strconv.Atoi(digits)
		level = strconv.Itoa(max(n, 0))
		if n > 7 {
			return slog.LevelDebug - 1
		}
	}
	names := [...]string{"CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO"}
	severities := [...]slog.Level{slog.LevelInfo, slog.LevelError, slog.LevelError, slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelInfo}
	for i, name := range names {
		if strings.EqualFold(level, name) || level == strconv.Itoa(i) {
			return severities[i]
		}
	}
	return slog.LevelDebug
}
