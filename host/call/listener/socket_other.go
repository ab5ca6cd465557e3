//go:build !linux

package listener

import (
	"context"
	"errors"
	"net"
)

func allowTakeover(*net.TCPListener) error { return nil }

func listenBeside(string) (*net.TCPListener, error) {
	return nil, errors.New("--takeover works on Linux only")
}

func refuseNew(*net.TCPListener) {}

func queued(*net.TCPListener) int { return 0 }

func isListening(*net.TCPListener) bool { return true }

// Probe does nothing: systemd, whose watchdog needs it, runs on Linux only.
func (l *Listener) Probe(context.Context) error { return nil }

func (l *Listener) isProbe(net.Conn) bool { return false }
