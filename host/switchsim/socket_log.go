package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// logLevels are FreeSWITCH's, by number.
var logLevels = []string{"CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"}

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

// log sends log lines up to a level to this connection.
func (l *listener) log(word string) string {
	if !l.logAllowed && !l.outbound {
		return "-ERR permission denied"
	}
	word, _, _ = strings.Cut(word, " ")
	n, ok := logLevel(word)
	if !ok {
		return "-ERR invalid log level"
	}
	l.mu.Lock()
	l.logLevel = n + 1
	l.mu.Unlock()
	return "+OK log level " + word + " [" + strconv.Itoa(n) + "]"
}

func (l *listener) noLog() string {
	l.mu.Lock()
	was := l.logLevel
	l.logLevel, l.logs = 0, nil
	l.mu.Unlock()
	if was == 0 {
		return "-ERR not loging" // sic
	}
	return "+OK no longer logging"
}

// logLine goes to the switch's logger and to every connection that asked.
func (s *Switch) logLine(level int, uuid, text string) {
	s.log.Info(text, "level", logLevels[level], "uuid", uuid)
	packet := []byte(nil)
	for _, l := range s.allListeners() {
		l.mu.Lock()
		wants := l.logLevel > level && len(l.logs) < maxEvents
		if wants {
			if packet == nil {
				packet = wire.LogLine(level, "mod_dptools.c", "log_function", 1866, uuid, text+"\n")
			}
			l.logs = append(l.logs, packet)
		}
		l.mu.Unlock()
		if wants {
			l.signal()
		}
	}
}
