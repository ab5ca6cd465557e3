package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/fsnotify/fsnotify"
)

// seamsOn returns the seams of a program in a bubble of testing/synctest, on a network
// of that bubble. It finds changed scripts by its scans.
func seamsOn(n *memnet.Network) seams {
	return seams{
		guest: true,
		port: func(address string) (port, error) {
			l, err := n.ListenOn("tcp", address)
			return memPort{l}, err
		},
		listen: n.ListenOn,
		dial:   n.Dial,
		notify: func() (*fsnotify.Watcher, error) { return nil, errNoNotifications },
	}
}

var errNoNotifications = errors.New("nobody can wait for them in a bubble")

// A memPort is a port on a memnet.Network, where nothing is on its way to a port.
type memPort struct{ net.Listener }

func (p memPort) Refuse()                   { _ = p.Close() }
func (p memPort) Drain(context.Context)     { p.Refuse() }
func (memPort) Probe(context.Context) error { return nil }

// An unhurried clock is the machine's, but what takes a second or longer takes a
// thousand times as long. On it a test that cannot run in a bubble, because its scripts
// compute or because it has a real port, meets no limit on a busy machine.
type unhurried struct{ clock.Clock }

func (u unhurried) NewTimer(d time.Duration) *clock.Timer { return u.Clock.NewTimer(unhurry(d)) }

func (u unhurried) NewTimerAt(at time.Time) *clock.Timer { return u.NewTimer(time.Until(at)) }

func (u unhurried) AfterFunc(d time.Duration, fn func()) *clock.Timer {
	return u.Clock.AfterFunc(unhurry(d), fn)
}

func unhurry(d time.Duration) time.Duration {
	if d < time.Second {
		return d
	}
	return 1000 * d
}
