package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
)

// A scriptNode is the FreeSWITCH of a script without a call. It connects when the
// script first needs it, which most scripts that are only tried out never do.
type scriptNode struct {
	link    *node.Link
	address config.Address
	connect func() // starts link, once
}

// newScriptNode returns a node that a script can use until ctx ends; after that, end
// waits for the connection to close.
func newScriptNode(ctx context.Context, n config.Node, options node.Options, clk clock.Clock) (_ *scriptNode, end func()) {
	link := newNodes([]config.Node{n}, options, slog.New(slog.DiscardHandler), clk)[0] // its errors say the same
	var running sync.WaitGroup
	connect := sync.OnceFunc(func() { running.Go(func() { _ = link.Run(ctx) }) })
	return &scriptNode{link: link, address: n.Address, connect: connect}, running.Wait
}

func (n *scriptNode) API(ctx context.Context, line string) (string, error) {
	if err := n.await(ctx); err != nil {
		return "", err
	}
	return n.link.API(ctx, line)
}

func (n *scriptNode) BgAPI(ctx context.Context, line string) (string, error) {
	if err := n.await(ctx); err != nil {
		return "", err
	}
	return n.link.BgAPI(ctx, line)
}

func (n *scriptNode) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	if err := n.await(ctx); err != nil {
		return err
	}
	return n.link.SendEvent(ctx, name, headers, body)
}

func (n *scriptNode) await(ctx context.Context) error {
	n.connect()
	err := n.link.Await(ctx)
	if err == nil || ctx.Err() != nil || errors.As(err, new(*node.PasswordError)) || errors.As(err, new(*node.RejectedError)) {
		return err // they say what to do
	}
	return fmt.Errorf("%w; check that FreeSWITCH runs and that mod_event_socket listens at %s (event_socket.conf.xml)", err, n.address)
}
