package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/outbox"
	"github.com/spf13/cobra"
)

const outboxUsage = "eslua outbox [--config F] [--admin SOCKET] [--json] [--endpoint NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all"

func outboxCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "outbox",
		Short: "show the pushes that wait or were given up, and try or drop them",
		Long: `Show the pushes that the running eslua keeps: those that wait for their endpoint and those that were
given up (dead); try or drop them.`,
		Example: examples(
			"which pushes wait or were given up", "eslua outbox",
			"try all again that were given up for the endpoint crm", "eslua outbox retry --endpoint crm --state dead --all",
		),
	}
	o := &outboxCmd{program: p, host: p.host(c, c.PersistentFlags())}
	f := c.PersistentFlags()
	f.StringVar(&o.query.Endpoint, "endpoint", "", "only pushes of the endpoint of this `NAME`")
	f.StringVar(&o.query.State, "state", "", "only those that are in this `STATE`: waiting or dead")
	f.DurationVar(&o.query.Older, "older", 0, "only those older than this `TIME`, for example 1h30m")
	f.IntVar(&o.query.Most, "most", 20, "list at most `N` of each state")
	f.BoolVar(&o.all, "all", false, "retry or drop all of a state")
	f.BoolVar(&o.json, "json", false, "print JSON")
	complete(c, "state", cobra.FixedCompletions([]cobra.Completion{outbox.Waiting, outbox.Dead}, cobra.ShellCompDirectiveNoFileComp))
	complete(c, "endpoint", o.host.completes(fromStatus(endpointNames)))
	ids := o.host.completes(pushIDs)
	c.PersistentPreRunE = func(*cobra.Command, []string) error { return o.begin() }
	list := &cobra.Command{Use: "list", Short: "show the pushes that wait, and those that were given up", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.list(c.Context()) }}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{"usage: " + outboxUsage}
		}
		return o.list(c.Context())
	}
	c.AddCommand(
		list,
		&cobra.Command{Use: "show ID", ValidArgsFunction: ids, Short: "show one of them", Args: exactly(1, outboxUsage),
			RunE: func(c *cobra.Command, ids []string) error { return o.show(c.Context(), ids[0]) }},
		&cobra.Command{Use: "retry ID...", ValidArgsFunction: ids, Short: "try them now",
			RunE: func(c *cobra.Command, ids []string) error {
				return o.decide(c.Context(), ids, "will be tried now", o.client.RetryPushes)
			}},
		&cobra.Command{Use: "drop ID...", ValidArgsFunction: ids, Short: "drop them",
			RunE: func(c *cobra.Command, ids []string) error {
				return o.decide(c.Context(), ids, "dropped", o.client.DropPushes)
			}},
	)
	return c
}

// An outboxCmd is one run of eslua outbox.
type outboxCmd struct {
	*program
	host   *hostFlag
	client *admin.Client
	query  outbox.Query
	json   bool
	all    bool
}

func (c *outboxCmd) begin() error {
	if s := c.query.State; s != "" && s != outbox.Waiting && s != outbox.Dead {
		return &usageError{fmt.Sprintf("eslua outbox: --state is waiting or dead, not %q", s)}
	}
	c.client = c.host.client()
	return nil
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
