package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

const nodeUsage = "eslua node [--config F] [--admin SOCKET] [--json] list | drain NAME [--pause] | resume NAME"

func nodeCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "node",
		Short: "show the FreeSWITCH nodes, and keep new calls away from one",
		Long: `Show the FreeSWITCH nodes of the running eslua, and keep new calls away from one (drain) until it
is resumed. While a node is drained, eslua chooses it for no job, originate or campaign, and
refuses an originate that names it. Its calls go on, those that FreeSWITCH hands over are served,
and so are hooks and pushes. With --pause FreeSWITCH itself refuses calls from outside with 503
(fsctl pause inbound), so that a proxy in front of it sends them elsewhere. Drained nodes are
remembered over a restart if there is a state directory. Each eslua host is told by itself.`,
		Example: examples(
			"how the nodes are doing", "eslua node",
			"before the maintenance of fs1", "eslua node drain fs1 --pause",
			"after it", "eslua node resume fs1",
		),
	}
	host := p.host(c, c.PersistentFlags())
	json := c.PersistentFlags().Bool("json", false, "print JSON")
	list := func(ctx context.Context) error {
		st, err := host.client().Status(ctx, false)
		switch {
		case err != nil:
			return err
		case *json:
			return p.printJSON(st.Nodes)
		case len(st.Nodes) == 0:
			printLine(p.stdout, "the configuration has no nodes")
			return nil
		}
		t := nodeTable(st)
		t.print(p.stdout)
		return nil
	}
	order := func(ctx context.Context, o admin.NodeOrder, done string) error {
		if err := host.client().OrderNode(ctx, o); err != nil {
			return err
		}
		printLine(p.stdout, "node %s %s", o.Node, done)
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{"usage: " + nodeUsage}
		}
		return list(c.Context())
	}
	names := host.completes(first(fromStatus(nodeNames)))
	drain := &cobra.Command{Use: "drain NAME", ValidArgsFunction: names, Short: "keep new calls away from a node", Args: exactly(1, nodeUsage)}
	pause := drain.Flags().Bool("pause", false, "have FreeSWITCH itself refuse calls from outside")
	drain.RunE = func(c *cobra.Command, args []string) error {
		return order(c.Context(), admin.NodeOrder{Node: args[0], Drain: true, Pause: *pause}, "gets no new calls until: eslua node resume "+args[0])
	}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "show how the nodes are doing", Args: noArguments,
			RunE: func(c *cobra.Command, _ []string) error { return list(c.Context()) }},
		drain,
		&cobra.Command{Use: "resume NAME", ValidArgsFunction: names, Short: "let a node have new calls again", Args: exactly(1, nodeUsage),
			RunE: func(c *cobra.Command, args []string) error {
				return order(c.Context(), admin.NodeOrder{Node: args[0]}, "gets new calls again")
			}},
	)
	return c
}

func nodeTable(st admin.Status) (t table) {
	title := []any{"NODE", "ADDRESS", "STATE", "SINCE", "SESSIONS", "IDLE CPU", "ANSWERS IN", "EVENTS LOST", ""}
	several := len(st.Nodes) > 1
	if several {
		title = slices.Insert(title, 2, any("WEIGHT, TAGS"))
	}
	t.row(title...)
	for _, n := range st.Nodes {
		var notes []string
		if !n.Up {
			notes = append(notes, n.LastError)
		}
		if n.Restarts > 0 {
			notes = append(notes, "FreeSWITCH was restarted "+count(n.Restarts, "time"))
		}
		if c := n.Commands; c != nil && (c.Waiting > 0 || c.Limit < c.Most) {
			notes = append(notes, fmt.Sprintf("it answers slowly: %d of %s run at a time, %d wait", c.Limit, count(c.Most, "API command"), c.Waiting))
		}
		from := n.Since
		if n.Up && n.Draining != nil {
			from = n.Draining.Since
		}
		sessions, idle, answers := nodeHealth(n, st.Now)
		row := []any{n.Node, n.Address, nodeState(n), since(from, st.Now), sessions, idle, answers, n.EventsLost, strings.Join(notes, "; ")}
		if several {
			row = slices.Insert(row, 2, any(nodeWeight(n)))
		}
		t.row(row...)
	}
	return t
}

// nodeState says in a word or two whether a node gets new calls.
func nodeState(n node.Status) string {
	switch {
	case !n.Up:
		return "DOWN"
	case n.Draining != nil && n.Draining.Paused:
		return "DRAINED, paused"
	case n.Draining != nil:
		return "DRAINED"
	case n.MaxSessions > 0 && n.Sessions >= n.MaxSessions:
		return "FULL"
	}
	return "up"
}

// nodeHealth tells what FreeSWITCH has told of itself; "-" before it has.
func nodeHealth(n node.Status, now time.Time) (sessions, idle, answers string) {
	sessions, idle, answers = "-", "-", "-"
	if n.MaxSessions > 0 {
		sessions, idle = fmt.Sprintf("%d of %d", n.Sessions, n.MaxSessions), fmt.Sprintf("%.0f %%", n.IdleCPU)
	}
	if n.RoundTrip > 0 {
		answers = brief(n.RoundTrip).String()
	}
	if silence := now.Sub(n.Heard); n.Up && !n.Heard.IsZero() && silence > time.Minute {
		answers = "silent for " + age(silence)
	}
	return sessions, idle, answers
}

// nodeWeight tells the weight and the tags.
func nodeWeight(n node.Status) string {
	return strings.TrimSpace(fmt.Sprint(n.Weight, " ", strings.Join(n.Tags, " ")))
}
