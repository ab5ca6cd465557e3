package main

import (
	"context"
	"io/fs"
	"net"
	"strconv"

	"github.com/fsnotify/fsnotify"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
)

// seams let tests look in and replace parts. The zero value changes nothing.
type seams struct {
	traced  func(c *outbound.Call, t vm.Trace) // in the call's goroutine, after each bound function that the script called
	began   func(c *outbound.Call)             // there, before the script
	ended   func(c *outbound.Call)             // there, after the script
	covered func(file string, line int)        // hears of each line that a script runs
	pace    vm.Tracer                          // has scripts take their time
	outside func(c *outbound.Call) vm.Outside  // answers in the place of what scripts ask besides their call's connection
	seed    func() uint64                      // instead of the system's, for math.random
	scripts fs.FS                              // instead of the configured directory
	guest   bool                               // the process is not only for this app, which leaves its memory alone
	keeps   func()                             // is called before anything is kept that must not be lost
	written func(dir string) (string, error)   // the directory that scripts have instead of one in which they may write
	alone   bool                               // scripts reach HTTP servers through dial, without TLS, and nothing else

	// Instead of the machine's network and of notifications of changed files, on which
	// nobody can wait in a bubble of testing/synctest:
	port   func(address string) (port, error)
	listen func(network, address string) (net.Listener, error)         // everywhere but at the port for calls
	dial   func(ctx context.Context, address string) (net.Conn, error) // nodes, HTTP servers, and an admin socket
	notify func() (*fsnotify.Watcher, error)
}

// A port is where calls arrive, a *listener.Listener.
type port interface {
	net.Listener
	Refuse()
	Drain(ctx context.Context)
	Probe(ctx context.Context) error
}

// open opens a TCP port.
func (s seams) open(address string) (net.Listener, error) {
	if s.listen != nil {
		return s.listen("tcp", address)
	}
	return net.Listen("tcp", address)
}

// client returns a client for HTTP servers.
func (s seams) client(c config.HTTP, clk clock.Clock) (*network.Client, error) {
	if s.dial == nil {
		return network.NewClient(c, clk)
	}
	client, err := network.NewClientOver(c, clk, func(ctx context.Context, _ network.Permits, host string, port uint16) (net.Conn, error) {
		return s.dial(ctx, net.JoinHostPort(host, strconv.Itoa(int(port))))
	})
	if err == nil && s.alone {
		client.WithoutTLS()
	}
	return client, err
}

// adminClient returns a client for the socket at path.
func (s seams) adminClient(path string) *admin.Client {
	if s.dial != nil {
		return admin.NewClientOver(path, s.dial)
	}
	return admin.NewClient(path)
}
