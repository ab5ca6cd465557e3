package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/disk"
)

// Drains drains nodes for an admin, and remembers which over a restart of the host.
type Drains struct {
	nodes   Nodes
	dir     string // "": nothing is remembered
	clk     clock.Clock
	changes chan struct{} // holds the turn of whoever changes something
}

// NewDrains returns a Drains that drains the nodes again which the directory for what
// outlives a restart names; "" if there is no such directory.
func NewDrains(nodes Nodes, dir string, log *slog.Logger, clk clock.Clock) *Drains {
	d := &Drains{nodes: nodes, dir: dir, clk: clk, changes: make(chan struct{}, 1)}
	if dir == "" {
		return d
	}
	data, err := os.ReadFile(d.file())
	saved := map[string]*Draining{}
	if err == nil {
		err = json.Unmarshal(data, &saved)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("it is not known which nodes were drained; eslua node drain drains one again", "error", err)
	}
	for _, l := range nodes {
		if draining := saved[l.Name()]; draining != nil {
			l.drain(draining)
		}
	}
	return d
}

func (d *Drains) file() string { return filepath.Join(d.dir, "nodes.json") }

// Drain has a node get no new calls from this host, and, if pause is set, has FreeSWITCH
// itself refuse calls from outside.
func (d *Drains) Drain(ctx context.Context, name string, pause bool) error {
	return d.change(ctx, name, func(l *Link, now *Draining) (*Draining, error) {
		next := &Draining{Since: d.clk.Now(), Paused: pause || now != nil && now.Paused}
		if now != nil {
			next.Since = now.Since
		}
		if pause {
			return next, l.command(ctx, pauseInbound)
		}
		return next, nil
	})
}

// Resume has a node get new calls again.
func (d *Drains) Resume(ctx context.Context, name string) error {
	return d.change(ctx, name, func(l *Link, now *Draining) (*Draining, error) {
		var down *DownError
		if now == nil || !now.Paused {
			return nil, nil
		}
		if err := l.command(ctx, resumeInbound); err != nil && !errors.As(err, &down) {
			return now, err
		} else if err != nil {
			return now, fmt.Errorf("%w; it was told to refuse calls, and can be told to take them only when it is connected", err)
		}
		return nil, nil
	})
}

func (d *Drains) change(ctx context.Context, name string, decide func(l *Link, now *Draining) (*Draining, error)) error {
	l, err := d.nodes.Named(name)
	if err != nil {
		return err
	}
	select {
	case d.changes <- struct{}{}:
		defer func() { <-d.changes }()
	case <-ctx.Done():
		return ctx.Err()
	}
	next, err := decide(l, l.Status().Draining)
	if err != nil {
		return err
	}
	l.drain(next)
	return d.save()
}

func (d *Drains) save() error {
	if d.dir == "" {
		return nil
	}
	all := map[string]*Draining{}
	for _, l := range d.nodes {
		if draining := l.Status().Draining; draining != nil {
			all[l.Name()] = draining
		}
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = disk.WriteFiles(d.dir, map[string]string{filepath.Base(d.file()): string(data) + "\n"})
	}
	if err != nil {
		return fmt.Errorf("it is done, but will be forgotten when eslua is restarted: %w", err)
	}
	return nil
}
