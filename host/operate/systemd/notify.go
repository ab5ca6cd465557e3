// Package systemd speaks with the service manager that started this process:
// what state it is in (sd_notify(3)), that it makes progress
// (sd_watchdog_enabled(3)), and the sockets it was given (sd_listen_fds(3)).
// Without a service manager all of it does nothing.
//
// What progress is, and what is done with a socket, is left to others.
package systemd

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// Environment is where systemd says how it can be spoken with. What is read is
// unset, so that no process started by this one takes it for its own.
type Environment struct {
	Get   func(name string) string
	Unset func(name string) error
	PID   int // of this process
}

func (e Environment) take(name string) string {
	value := e.Get(name)
	if value != "" {
		_ = e.Unset(name) // its name is right: it was there
	}
	return value
}

// Notifier tells systemd of this process.
type Notifier struct {
	socket   *net.UnixAddr // nil: nobody to tell
	watchdog time.Duration // 0: it wants no beats
	log      *slog.Logger
}

// NewNotifier reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
func NewNotifier(env Environment, log *slog.Logger) *Notifier {
	n := &Notifier{log: log}
	socket, usec, pid := env.take("NOTIFY_SOCKET"), env.take("WATCHDOG_USEC"), env.take("WATCHDOG_PID")
	if socket == "" {
		return n
	}
	if socket[0] != '/' && socket[0] != '@' {
		log.Warn("systemd cannot be told of eslua: NOTIFY_SOCKET is neither a path nor an abstract name", "socket", socket)
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

// Ready says that calls are taken, at start and after Reloading.
func (n *Notifier) Ready(status string) { n.send("READY=1", "STATUS="+status) }

// Reloading says that the configuration is read anew; Ready ends it.
func (n *Notifier) Reloading() {
	n.send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()), "STATUS=reading configuration and scripts")
}

// Stopping says that no more calls are taken.
func (n *Notifier) Stopping(status string) { n.send("STOPPING=1", "STATUS="+status) }

// Status is one line for systemctl status.
func (n *Notifier) Status(status string) { n.send("STATUS=" + status) }

// patience is how long a service manager may take to find room for a message.
const patience = time.Second

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
		_ = conn.SetWriteDeadline(time.Now().Add(patience))
		_, err = conn.Write([]byte(strings.Join(lines, "\n")))
		_ = conn.Close()
	}
	if err != nil {
		n.log.Warn("systemd could not be told of eslua", "message", lines[0], "error", err)
	}
}
