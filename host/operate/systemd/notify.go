// Package systemd talks to the service manager that started this process: it
// reports the state (sd_notify(3)) and progress (sd_watchdog_enabled(3)), and takes
// the sockets that were passed (sd_listen_fds(3)). Without a service manager it does
// nothing.
//
// What counts as progress, and what to do with a socket, is left to the caller.
package systemd

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// Environment gives access to the variables that systemd sets. They are unset when
// they are read, so that no child process mistakes them for its own.
type Environment struct {
	Get   func(name string) string
	Unset func(name string) error
	PID   int // of this process
}

func (e Environment) consume(name string) string {
	value := e.Get(name)
	if value != "" {
		_ = e.Unset(name)
	}
	return value
}

// A Notifier reports the state of this process to systemd.
type Notifier struct {
	socket   *net.UnixAddr // nil without a service manager
	watchdog time.Duration // 0: no watchdog
	log      *slog.Logger
}

// NewNotifier reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
func NewNotifier(env Environment, log *slog.Logger) *Notifier {
	n := &Notifier{log: log}
	socket, usec, pid := env.consume("NOTIFY_SOCKET"), env.consume("WATCHDOG_USEC"), env.consume("WATCHDOG_PID")
	if socket == "" {
		return n
	}
	if socket[0] != '/' && socket[0] != '@' {
		log.Warn("the state of eslua cannot be reported to systemd: NOTIFY_SOCKET is neither a path nor an abstract name", "socket", socket)
		return n
	}
	n.socket = &net.UnixAddr{Name: socket, Net: "unixgram"} // net writes a leading @ as the NUL of an abstract name
	if pid != "" && pid != strconv.Itoa(env.PID) {
		return n
	}
	if v, err := strconv.ParseInt(usec, 10, 64); err == nil && v > 0 {
		n.watchdog = time.Duration(v) * time.Microsecond
	}
	return n
}

// Ready reports that eslua takes calls, at the start and after Reloading.
func (n *Notifier) Ready(status string) { n.send("READY=1", "STATUS="+status) }

// Reloading reports that the configuration is being reloaded, until Ready.
func (n *Notifier) Reloading() {
	n.send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()), "STATUS=reading configuration and scripts")
}

// Stopping reports that eslua takes no new calls.
func (n *Notifier) Stopping(status string) { n.send("STOPPING=1", "STATUS="+status) }

// Status sets the line that systemctl status shows.
func (n *Notifier) Status(status string) { n.send("STATUS=" + status) }

// sendTimeout limits how long a message may wait in a full socket.
const sendTimeout = time.Second

func (n *Notifier) send(lines ...string) {
	if n.socket == nil {
		return
	}
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(l, "\n", " ")
	}
	conn, err := net.DialUnix("unixgram", nil, n.socket)
	if err == nil {
		// A service manager that reads nothing must not keep eslua from ending.
		_ = conn.SetWriteDeadline(time.Now().Add(sendTimeout))
		_, err = conn.Write([]byte(strings.Join(lines, "\n")))
		_ = conn.Close()
	}
	if err != nil {
		n.log.Warn("the state of eslua could not be reported to systemd", "message", lines[0], "error", err)
	}
}
