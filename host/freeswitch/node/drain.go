package node

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Draining describes a node that gets no new calls from this host. Its calls go on, and so
// do hooks, pushes and commands for it.
type Draining struct {
	Since time.Time `json:"since"`
	// Paused says that FreeSWITCH too was told to refuse calls from outside: it answers
	// INVITE with 503 then (sofia.c:sofia_process_dispatch_event), and OPTIONS if the profile
	// has options-respond-503-on-busy, by which a proxy in front of it notices.
	Paused bool `json:"paused,omitempty"`
}

const (
	pauseInbound  = "fsctl pause inbound"
	resumeInbound = "fsctl resume inbound"
)

// drain begins to drain the node; d is nil to end it. Watchers are told if that is a change.
func (l *Link) drain(d *Draining) {
	l.mu.Lock()
	before := l.status.Draining
	l.status.Draining = d
	core := l.status.CoreUUID
	l.mu.Unlock()
	switch {
	case d != nil && before == nil:
		l.log.Info("the node is drained: it gets no new calls from here", "paused", d.Paused)
		l.tell(Change{Kind: Drained, CoreUUID: core})
	case d == nil && before != nil:
		l.log.Info("the node is no longer drained")
		l.tell(Change{Kind: Resumed, CoreUUID: core})
	}
}

// command has FreeSWITCH refuse new calls, or take them again.
func (l *Link) command(ctx context.Context, line string) error {
	out, err := l.API(ctx, line)
	if err == nil && !strings.HasPrefix(out, "+OK") {
		err = fmt.Errorf("node %s answers %s with %.200q", l.node.Name, line, strings.TrimSpace(out))
	}
	return err
}

// pauseAgain has a FreeSWITCH that was restarted while it is drained refuse calls again.
func (c *connection) pauseAgain() error {
	c.link.mu.Lock()
	d := c.link.status.Draining
	c.link.mu.Unlock()
	if d == nil || !d.Paused {
		return nil
	}
	cmd, err := esl.API(pauseInbound)
	if err != nil {
		return err
	}
	return c.send(cmd, func(r esl.Reply) {
		if out := r.Text(); !strings.HasPrefix(out, "+OK") {
			c.link.log.Warn("FreeSWITCH does not refuse calls while it is drained", "command", pauseInbound, "answer", out)
		}
	})
}
