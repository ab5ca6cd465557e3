package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

// A letterKind has what eslua outbox and eslua queue differ in.
type letterKind[L, Shown any] struct {
	noun, nouns string                      // push
	box         string                      // in which they are: endpoint
	boxes       func(admin.Status) []string // the names of all
	letters     func(*admin.Client) admin.Letters[L, Shown]
	id          func(L) string
	heading     []any // of a list, behind the id
	row         func(l L, now time.Time) []any
	more        string // tells of those that are not listed
	print       func(p *program, id string, s Shown)
}

// letters runs eslua outbox or eslua queue once.
type letters[L, Shown any] struct {
	*program
	letterKind[L, Shown]
	usage string
	host  *hostFlag
	query durable.Query
	json  bool
	all   bool
}

// command adds to c, which has the texts, its flags and the commands below it.
func (k letterKind[L, Shown]) command(p *program, c *cobra.Command) *cobra.Command {
	usage := fmt.Sprintf("eslua %s [--config F] [--admin SOCKET] [--json] [--%s NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all", c.Name(), k.box)
	l := &letters[L, Shown]{program: p, letterKind: k, usage: usage, host: p.host(c, c.PersistentFlags())}
	f := c.PersistentFlags()
	f.StringVar(&l.query.Of, k.box, "", fmt.Sprintf("only %s of the %s of this `NAME`", k.nouns, k.box))
	f.StringVar(&l.query.State, "state", "", "only those that are in this `STATE`: waiting or dead")
	f.DurationVar(&l.query.Older, "older", 0, "only those older than this `TIME`, for example 1h30m")
	f.IntVar(&l.query.Most, "most", 20, "list at most `N` of each state")
	f.BoolVar(&l.all, "all", false, "retry or drop all of a state")
	f.BoolVar(&l.json, "json", false, "print JSON")
	complete(c, "state", cobra.FixedCompletions([]cobra.Completion{durable.Waiting, durable.Dead}, cobra.ShellCompDirectiveNoFileComp))
	complete(c, k.box, l.host.completes(fromStatus(k.boxes)))
	ids := l.host.completes(k.ids)
	c.PersistentPreRunE = func(*cobra.Command, []string) error {
		if l.query.State == "" || l.query.CheckState(k.noun) == nil {
			return nil
		}
		return &usageError{fmt.Sprintf("eslua %s: --state is waiting or dead, not %q", c.Name(), l.query.State)}
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{"usage: " + usage}
		}
		return l.list(c.Context())
	}
	decide := func(use, short, done string, do func(admin.Letters[L, Shown], context.Context, durable.Query) (int, error)) *cobra.Command {
		return &cobra.Command{Use: use, ValidArgsFunction: ids, Short: short,
			RunE: func(c *cobra.Command, ids []string) error { return l.decide(c.Context(), ids, done, do) }}
	}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "show the " + k.nouns + " that wait, and those that were given up", Args: noArguments, RunE: c.RunE},
		&cobra.Command{Use: "show ID", ValidArgsFunction: ids, Short: "show one " + k.noun + ", and what has come of it", Args: exactly(1, usage),
			RunE: func(c *cobra.Command, ids []string) error { return l.show(c.Context(), ids[0]) }},
		decide("retry ID... | --all", "try "+k.nouns+" now, whether they wait or were given up", "will be tried now", admin.Letters[L, Shown].Retry),
		decide("drop ID... | --all", "drop "+k.nouns+": they are tried no more", "dropped", admin.Letters[L, Shown].Drop),
	)
	return c
}

// ids lists those that wait or were given up.
func (k letterKind[L, Shown]) ids(ctx context.Context, host *admin.Client, _ []string) (ids []string) {
	for _, state := range []string{durable.Waiting, durable.Dead} {
		list, _, _ := k.letters(host).List(ctx, durable.Query{State: state, Most: maxCandidates}) // none are offered if it fails
		for _, l := range list {
			ids = append(ids, k.id(l))
		}
	}
	return ids
}

// list prints those of the state that is asked for, or of both.
func (l *letters[L, Shown]) list(ctx context.Context) error {
	states := []string{durable.Waiting, durable.Dead}
	if l.query.State != "" {
		states = []string{l.query.State}
	}
	asJSON, text, now := map[string]any{}, l.stdout, l.clock.Now()
	if l.json {
		text = io.Discard
	}
	for _, state := range states {
		q := l.query
		q.State = state
		list, total, err := l.letters(l.host.client()).List(ctx, q)
		if err != nil {
			return err
		}
		asJSON[state] = map[string]any{l.nouns: list, "total": total}
		if total == 0 {
			printLine(text, "no %s is %s", l.noun, state)
			continue
		}
		var t table
		t.row(append([]any{strings.ToUpper(state)}, l.heading...)...)
		for _, one := range list {
			t.row(append([]any{l.id(one)}, l.row(one, now)...)...)
		}
		t.print(text)
		if more := total - uint64(len(list)); more > 0 {
			printLine(text, l.more, more)
		}
	}
	if l.json {
		return l.printJSON(asJSON)
	}
	return nil
}

func (l *letters[L, Shown]) show(ctx context.Context, id string) error {
	shown, err := l.letters(l.host.client()).Show(ctx, id)
	if err != nil {
		return err
	}
	if l.json {
		return l.printJSON(shown)
	}
	l.print(l.program, id, shown)
	return nil
}

// decide does something with letters, by their ids or, with --all, of a state.
func (l *letters[L, Shown]) decide(ctx context.Context, ids []string, done string, do func(admin.Letters[L, Shown], context.Context, durable.Query) (int, error)) error {
	q := l.query
	q.IDs = ids
	if l.all == (len(ids) > 0) || l.all && q.State == "" {
		return &usageError{fmt.Sprintf("name the %s by their ids, or all of a state: --state waiting|dead --all; usage: %s", l.nouns, l.usage)}
	}
	n, err := do(l.letters(l.host.client()), ctx, q)
	if n > 0 || err == nil {
		printLine(l.stdout, "%s %s", count(n, l.noun), done)
	}
	return err
}
