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

// scriptNode is the FreeSWITCH of a script without a call. It is connected when
// the script first needs it: most scripts that are only tried out never do.
type scriptNode struct {
	link    *node.Link
	address config.Address
	connect func() // starts link, once
}

// newScriptNode makes the node a script can use until ctx ends; end waits for
// the connection's end after that.
func newScriptNode(ctx context.Context, n config.Node, clk clock.Clock) (node *scriptNode, end func()) {
	link := newLinks([]config.Node{n}, slog.New(slog.DiscardHandler), clk)[0] // the errors tell it all
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
		return err // these say what to do
	}
	return fmt.Errorf("%w; see that FreeSWITCH runs and that its event_socket.conf.xml has mod_event_socket listen at %s", err, n.address)
}
