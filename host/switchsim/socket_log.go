package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// logLevels lists FreeSWITCH's log levels by number.
var logLevels = []string{"CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"}

// logLevel returns the number of a level given by number or by name; an empty
// word is DEBUG.
func logLevel(word string) (int, bool) {
	if word == "" {
		return 7, true
	}
	if n, err := strconv.Atoi(word); err == nil && n >= 0 && n < len(logLevels) {
		return n, true
	}
	for n, name := range logLevels {
		if strings.EqualFold(word, name) {
			return n, true
		}
	}
	return 0, false
}

// log has log lines up to a level sent to this connection.
func (l *connection) log(word string) string {
	if !l.logAllowed && !l.outbound {
		return "-ERR permission denied"
	}
	word, _, _ = strings.Cut(word, " ")
	n, ok := logLevel(word)
	if !ok {
		return "-ERR invalid log level"
	}
	swap(&l.mu, &l.logLevel, n+1)
	return "+OK log level " + word + " [" + strconv.Itoa(n) + "]"
}

func (l *connection) noLog() string {
	level := swap(&l.mu, &l.logLevel, 0)
	swap(&l.mu, &l.logs, nil)
	if level == 0 {
		return "-ERR not loging" // sic
	}
	return "+OK no longer logging"
}

// pushLog queues a log line if the connection asked for its level.
func (l *connection) pushLog(level int, line []byte) {
	l.mu.Lock()
	wanted := l.logLevel > level && len(l.logs) < maxLogs
	if wanted {
		l.logs = append(l.logs, line)
	}
	l.mu.Unlock()
	if wanted {
		signal(l.wake)
	}
}

// logLine writes "LEVEL text" to the switch's logger and to every connection that
// asked for the level; without a level it is DEBUG.
func (s *Switch) logLine(uuid, line string) {
	word, message, _ := strings.Cut(line, " ")
	level, ok := logLevel(word)
	if !ok || word == "" {
		level, message = 7, line
	}
	s.log.Info(message, "level", logLevels[level], "uuid", uuid)
	packet := wire.LogLine(level, "mod_dptools.c", "log_function", 1866, uuid, message+"\n")
	for _, l := range s.allConnections() {
		l.pushLog(level, packet)
	}
}
