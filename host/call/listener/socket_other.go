//go:build !linux

package listener

import (
	"context"
	"errors"
	"net"
)

func mayBeTakenOver(*net.TCPListener) error { return nil }

func takeover(string) (*net.TCPListener, error) {
	return nil, errors.New("a port can be taken over on Linux only")
}

func refuse(*net.TCPListener) {}

func waiting(*net.TCPListener) int { return 0 }

func listens(*net.TCPListener) bool { return true }

// Probe tells nothing where there is no systemd to be told.
func (p *Port) Probe(context.Context) error { return nil }

func (p *Port) isProbe(net.Conn) bool { return false }
