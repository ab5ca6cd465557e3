package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/queue"
	"github.com/spf13/cobra"
)

const queueUsage = "eslua queue [--config F] [--admin SOCKET] [--json] [--queue NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all"

func queueCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "queue",
		Short: "show the messages of queues that wait or were given up, and try or drop them",
		Long: `Show the messages of queues that the running eslua keeps: those that wait for their script and those
that were given up (dead); try or drop them.`,
		Example: examples(
			"which messages wait or were given up", "eslua queue",
			"drop those of the queue recordings that were given up a week ago", "eslua queue drop --queue recordings --state dead --older 168h --all",
		),
	}
	q := &queueCmd{program: p, host: p.host(c, c.PersistentFlags())}
	f := c.PersistentFlags()
	f.StringVar(&q.query.Queue, "queue", "", "only messages of the queue of this `NAME`")
	f.StringVar(&q.query.State, "state", "", "only those that are in this `STATE`: waiting or dead")
	f.DurationVar(&q.query.Older, "older", 0, "only those older than this `TIME`, for example 1h30m")
	f.IntVar(&q.query.Most, "most", 20, "list at most `N` of each state")
	f.BoolVar(&q.all, "all", false, "retry or drop all of a state")
	f.BoolVar(&q.json, "json", false, "print JSON")
	complete(c, "state", cobra.FixedCompletions([]cobra.Completion{queue.Waiting, queue.Dead}, cobra.ShellCompDirectiveNoFileComp))
	complete(c, "queue", q.host.completes(fromStatus(queueNames)))
	ids := q.host.completes(messageIDs)
	c.PersistentPreRunE = func(*cobra.Command, []string) error { return q.begin() }
	list := &cobra.Command{Use: "list", Short: "show the messages that wait, and those that were given up", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return q.list(c.Context()) }}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{"usage: " + queueUsage}
		}
		return q.list(c.Context())
	}
	c.AddCommand(
		list,
		&cobra.Command{Use: "show ID", ValidArgsFunction: ids, Short: "show one of them", Args: exactly(1, queueUsage),
			RunE: func(c *cobra.Command, ids []string) error { return q.show(c.Context(), ids[0]) }},
		&cobra.Command{Use: "retry ID...", ValidArgsFunction: ids, Short: "try them now",
			RunE: func(c *cobra.Command, ids []string) error {
				return q.decide(c.Context(), ids, "will be tried now", q.client.RetryMessages)
			}},
		&cobra.Command{Use: "drop ID...", ValidArgsFunction: ids, Short: "drop them",
			RunE: func(c *cobra.Command, ids []string) error {
				return q.decide(c.Context(), ids, "dropped", q.client.DropMessages)
			}},
	)
	return c
}

// A queueCmd is one run of eslua queue.
type queueCmd struct {
	*program
	host   *hostFlag
	client *admin.Client
	query  queue.Query
	json   bool
	all    bool
}

func (c *queueCmd) begin() error {
	if s := c.query.State; s != "" && s != queue.Waiting && s != queue.Dead {
		return &usageError{fmt.Sprintf("eslua queue: --state is waiting or dead, not %q", s)}
	}
	c.client = c.host.client()
	return nil
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
		return &usageError{"name the messages by their ids, or all of a state: --state waiting|dead --all; usage: " + queueUsage}
	}
	n, err := do(ctx, q)
	if n > 0 || err == nil {
		printLine(c.stdout, "%s %s", count(n, "message"), done)
	}
	return err
}
