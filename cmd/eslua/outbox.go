package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/outbox"
)

const outboxUsage = "eslua outbox [--config F] [--admin SOCKET] [--json] [--endpoint NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all"

// An outboxCmd is one run of eslua outbox.
type outboxCmd struct {
	*program
	client *admin.Client
	query  outbox.Query
	json   bool
	all    bool
}

// outboxCommand shows the pushes that the running eslua keeps, and decides about them.
func outboxCommand(p *program, ctx context.Context, args []string) error {
	c := &outboxCmd{program: p}
	var err error
	c.client, args, err = p.client("outbox", args, func(f *flag.FlagSet) {
		f.StringVar(&c.query.Endpoint, "endpoint", "", "")
		f.StringVar(&c.query.State, "state", "", "")
		f.DurationVar(&c.query.Older, "older", 0, "")
		f.IntVar(&c.query.Most, "most", 20, "")
		f.BoolVar(&c.json, "json", false, "")
		f.BoolVar(&c.all, "all", false, "")
	})
	if err != nil {
		return err
	}
	if s := c.query.State; s != "" && s != outbox.Waiting && s != outbox.Dead {
		return &usageError{fmt.Sprintf("eslua outbox: --state is waiting or dead, not %q", s)}
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
		return c.decide(ctx, args, "will be tried now", c.client.RetryPushes)
	case verb == "drop":
		return c.decide(ctx, args, "dropped", c.client.DropPushes)
	}
	return &usageError{"usage: " + outboxUsage}
}

func (c *outboxCmd) list(ctx context.Context) error {
	states := []string{outbox.Waiting, outbox.Dead}
	if c.query.State != "" {
		states = []string{c.query.State}
	}
	all := map[string]admin.Kept{}
	for _, state := range states {
		q := c.query
		q.State = state
		kept, err := c.client.Outbox(ctx, q)
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
			printLine(c.stdout, "no push is %s", state)
			continue
		}
		var t table
		t.row(strings.ToUpper(state), "ENDPOINT", "TYPE", "BYTES", "ACCEPTED", "")
		for _, l := range kept.Pushes {
			t.row(l.ID, l.Endpoint, orDash(l.Type), l.Bytes, since(l.Accepted, now), l.Error)
		}
		t.print(c.stdout)
		if more := kept.Total - uint64(len(kept.Pushes)); more > 0 {
			printLine(c.stdout, "and up to %d more", more)
		}
	}
	return nil
}

func (c *outboxCmd) show(ctx context.Context, id string) error {
	d, err := c.client.Push(ctx, id)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(d)
	}
	now := c.clock.Now()
	switch {
	case d.ID == "":
		printLine(c.stdout, "%s has been delivered, or was dropped", id)
	default:
		printLine(c.stdout, "%s to %s, %s, accepted %s", d.ID, d.Endpoint, d.State, since(d.Accepted, now))
		printLine(c.stdout, "%s %s", d.Method, strings.TrimSpace(d.Type+" "+d.Query))
		printLine(c.stdout, "%s", d.Text)
	}
	var t table
	t.row("ATTEMPT", "BEGAN", "TOOK", "STATUS", "")
	for _, a := range d.Attempts {
		note := a.Error
		if a.Answer != "" {
			note += ": " + a.Answer
		}
		if !a.Next.IsZero() {
			note += "; again " + moment(a.Next, now)
		}
		t.row(a.Number, since(a.Start, now), time.Duration(a.Millis)*time.Millisecond, a.Status, strings.TrimPrefix(note, ": "))
	}
	if len(d.Attempts) > 0 {
		t.print(c.stdout)
	}
	return nil
}

// decide does something with pushes, by their ids or, with --all, of a state.
func (c *outboxCmd) decide(ctx context.Context, ids []string, done string, do func(context.Context, outbox.Query) (int, error)) error {
	q := c.query
	q.IDs = ids
	if c.all == (len(ids) > 0) || c.all && q.State == "" {
		return &usageError{"name the pushes by their ids, or all of a state: --state waiting|dead --all; usage: " + outboxUsage}
	}
	n, err := do(ctx, q)
	if n > 0 || err == nil {
		printLine(c.stdout, "%s %s", count(n, "push"), done)
	}
	return err
}
