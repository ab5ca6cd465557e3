package main

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
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

// A ground is where a test places calls and opens hosts.
type ground struct {
	ctx    context.Context // ends when the test hangs
	sw     *switchEvents
	open   func() net.Listener
	nobody string // an address where nobody listens
}

// groundInBubble returns a network of the test's bubble, with a simulated switch.
func groundInBubble(t *testing.T, cfg switchsim.Config) ground {
	t.Helper()
	n, ctx := memnet.New(), testproc.BubbleContext(t)
	nc, err := n.Dial(ctx, simulatedOn(t, n, cfg).Addr())
	if err != nil {
		t.Fatal(err)
	}
	return ground{ctx: ctx, sw: logIn(ctx, t, nc, "ClueCon"), open: n.Listen, nobody: "127.0.0.1:9"}
}

// liveGround returns this machine's network and a FreeSWITCH on it.
func liveGround(t *testing.T, address, password string) ground {
	t.Helper()
	return ground{
		ctx: testproc.Context(t), sw: dialSwitch(t, address, password),
		open: func() net.Listener { return listening(t) }, nobody: freeAddress(t),
	}
}
