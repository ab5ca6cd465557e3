package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/queue"
)

const queueFlags = "[--config F] [--admin SOCKET] [--json] [--queue NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all"

// queueCmd is one run of eslua queue.
type queueCmd struct {
	*program
	client *admin.Client
	query  queue.Query
	json   bool
	all    bool
}

// queueCommand shows the messages that the running eslua keeps, and decides about them.
func queueCommand(p *program, ctx context.Context, args []string) error {
	c := &queueCmd{program: p}
	var err error
	c.client, args, err = p.client("queue", args, func(f *flag.FlagSet) {
		f.StringVar(&c.query.Queue, "queue", "", "")
		f.StringVar(&c.query.State, "state", "", "")
		f.DurationVar(&c.query.Older, "older", 0, "")
		f.IntVar(&c.query.Most, "most", 20, "")
		f.BoolVar(&c.json, "json", false, "")
		f.BoolVar(&c.all, "all", false, "")
	})
	if err != nil {
		return err
	}
	if s := c.query.State; s != "" && s != queue.Waiting && s != queue.Dead {
		return &usageError{fmt.Sprintf("eslua queue: --state is waiting or dead, not %q", s)}
	}
	verb := "list"
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch {
	case verb == "list" && len(args) == 0:
		return c.list(ctx)
	case verb == "show" && len(args) == 1:
		return c.show(ctx, args[0])
	case verb == "retry":
		return c.decide(ctx, args, "will be tried now", c.client.RetryMessages)
	case verb == "drop":
		return c.decide(ctx, args, "dropped", c.client.DropMessages)
	}
	return &usageError{"usage: eslua queue " + queueFlags}
}

func (c *queueCmd) list(ctx context.Context) error {
	states := []string{queue.Waiting, queue.Dead}
	if c.query.State != "" {
		states = []string{c.query.State}
	}
	all := map[string]admin.Messages{}
	for _, state := range states {
		q := c.query
		q.State = state
		kept, err := c.client.Messages(ctx, q)
		if err != nil {
			return err
		}
		all[state] = kept
	}
	if c.json {
		return c.printJSON(all)
	}
	now := c.clock.Now()
	for _, state := range states {
		kept := all[state]
		if kept.Total == 0 {
			printLine(c.stdout, "no message is %s", state)
			continue
		}
		var t table
		t.row(strings.ToUpper(state), "QUEUE", "BYTES", "PUBLISHED", "")
		for _, l := range kept.Messages {
			t.row(l.ID, l.Queue, l.Bytes, since(l.Published, now), l.Error)
		}
		t.print(c.stdout)
		if more := kept.Total - uint64(len(kept.Messages)); more > 0 {
			printLine(c.stdout, "and %d more", more)
		}
	}
	return nil
}

func (c *queueCmd) show(ctx context.Context, id string) error {
	l, err := c.client.Message(ctx, id)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(l)
	}
	printLine(c.stdout, "%s in %s, %s, published %s", l.ID, l.Queue, l.State, since(l.Published, c.clock.Now()))
	if l.Error != "" {
		printLine(c.stdout, "given up: %s", l.Error)
	}
	printLine(c.stdout, "%s", l.Text)
	return nil
}

// decide does something with messages, by their ids or, with --all, of a state.
func (c *queueCmd) decide(ctx context.Context, ids []string, done string, do func(context.Context, queue.Query) (int, error)) error {
	q := c.query
	q.IDs = ids
	if c.all == (len(ids) > 0) || c.all && q.State == "" {
		return &usageError{"name the messages by their ids, or all of a state: --state waiting|dead --all; usage: eslua queue " + queueFlags}
	}
	n, err := do(ctx, q)
	if n > 0 || err == nil {
		printLine(c.stdout, "%s %s", count(n, "message"), done)
	}
	return err
}
