package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

const campaignUsage = "eslua campaign [--config F] [--admin SOCKET] [--json] list | show NAME [--watch] | results NAME [--format csv|json] | pause NAME | resume NAME | stop NAME | priority NAME N | remove NAME"

func campaignCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "campaign",
		Short: "show the lists that are dialled, and pause, resume or stop them",
		Long: `Show the campaigns, which are lists of numbers that a script has dialled (campaign{...}), and decide
about them. Every host that shares the store can be asked and told.`,
		Example: examples(
			"which campaigns there are, and how far they have come", "eslua campaign",
			"watch one until it has ended", "eslua campaign show reminder --watch",
			"place no more calls for a while", "eslua campaign pause reminder",
			"what came of each number", "eslua campaign results reminder > reminder.csv",
		),
	}
	q := &campaignCmd{program: p, host: p.host(c, c.PersistentFlags())}
	c.PersistentFlags().BoolVar(&q.json, "json", false, "print JSON")
	c.PersistentPreRunE = func(*cobra.Command, []string) error { q.client = q.host.client(); return nil }
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{"usage: " + campaignUsage}
		}
		return q.list(c.Context())
	}
	names := q.host.completes(campaignNames)
	show := &cobra.Command{Use: "show NAME", ValidArgsFunction: names, Short: "show how far one campaign has come", Args: exactly(1, campaignUsage),
		RunE: func(c *cobra.Command, args []string) error { return q.show(c.Context(), args[0]) }}
	show.Flags().BoolVar(&q.watch, "watch", false, "go on until it has ended, with a line for each change")
	results := &cobra.Command{Use: "results NAME", ValidArgsFunction: names, Short: "print what came of each number", Args: exactly(1, campaignUsage),
		RunE: func(c *cobra.Command, args []string) error { return q.results(c.Context(), args[0]) }}
	results.Flags().StringVar(&q.format, "format", "csv", "csv, or json: a line for each number (`FORMAT`)")
	complete(results, "format", cobra.FixedCompletions([]cobra.Completion{"csv", "json"}, cobra.ShellCompDirectiveNoFileComp))
	order := func(do, short, done string) *cobra.Command {
		return &cobra.Command{Use: do + " NAME", ValidArgsFunction: names, Short: short, Args: exactly(1, campaignUsage),
			RunE: func(c *cobra.Command, args []string) error {
				return q.decide(c.Context(), campaign.Order{Name: args[0], Do: do}, done)
			}}
	}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "list the campaigns", Args: noArguments,
			RunE: func(c *cobra.Command, _ []string) error { return q.list(c.Context()) }},
		show, results,
		order(campaign.Pause, "place no more calls; those under way go on", "is paused"),
		order(campaign.Resume, "place calls again, after a pause", "goes on"),
		order(campaign.Stop, "place no more calls, for good; those under way go on", "is stopped"),
		&cobra.Command{Use: "priority NAME N", ValidArgsFunction: names, Short: "say how it ranks with other campaigns: from 0 to 9, and the greater goes first", Args: exactly(2, campaignUsage),
			RunE: func(c *cobra.Command, args []string) error {
				var n int
				if _, err := fmt.Sscanf(args[1]+"\n", "%d\n", &n); err != nil {
					return &usageError{fmt.Sprintf("eslua campaign: a priority is 0 to 9, not %q", args[1])}
				}
				return q.decide(c.Context(), campaign.Order{Name: args[0], Priority: &n}, fmt.Sprintf("has the priority %d", n))
			}},
		order(campaign.Remove, "forget a campaign that has ended, with its results", "was removed"),
	)
	return c
}

// A campaignCmd is one run of eslua campaign.
type campaignCmd struct {
	*program
	host   *hostFlag
	client *admin.Client
	json   bool
	watch  bool
	format string
}

func (c *campaignCmd) list(ctx context.Context) error {
	list, err := c.client.Campaigns(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(list)
	}
	if len(list) == 0 {
		printLine(c.stdout, "there is no campaign")
		return nil
	}
	var t table
	t.row("CAMPAIGN", "STATE", "DONE", "OF", "CALLS", "PRIORITY", "FLOW", "")
	for _, s := range list {
		p := s.Progress
		t.row(s.Name, s.State, p.Done(), p.Total, p.Dialled+p.Talking, s.Priority, orDash(s.Flow), note(s))
	}
	t.print(c.stdout)
	return nil
}

// note returns why a campaign does not go on.
func note(s campaign.Summary) string {
	switch {
	case s.State == campaign.Loading:
		return "its list was not read to its end: its script has to run (again)"
	case s.State == campaign.Running && s.Leader == "":
		return "no host leads it at the moment"
	}
	return s.Progress.Note
}

func (c *campaignCmd) show(ctx context.Context, name string) error {
	if c.watch {
		return c.follow(ctx, name)
	}
	s, err := c.client.Campaign(ctx, name)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(s)
	}
	now, p := c.clock.Now(), s.Progress
	printLine(c.stdout, "%s: %s since %s; made by %s", s.Name, s.State, since(s.Changed, now), orDash(s.Flow))
	if n := note(s); n != "" {
		printLine(c.stdout, "%s", n)
	}
	printLine(c.stdout, "%s, %d done, %d waiting, %d dialling, %d talking", count(p.Total, "number"), p.Done(), p.Waiting, p.Dialled, p.Talking)
	var t table
	t.row("OUTCOME", "NUMBERS", "")
	for _, outcome := range slices.Sorted(maps.Keys(p.Outcomes)) {
		t.row(outcome, p.Outcomes[outcome], fmt.Sprintf("%.0f %%", 100*float64(p.Outcomes[outcome])/float64(max(1, p.Done()))))
	}
	if len(t) > 1 {
		t.print(c.stdout)
	}
	if p.Refused > 0 {
		printLine(c.stdout, "%s not taken by FreeSWITCH, which were no attempts", count(p.Refused, "call"))
	}
	printLine(c.stdout, "rate %g/s, at most %d at a time, window %s (%s), priority %d", s.Rate, s.AtOnce, s.Window, cmp.Or(s.Timezone, "this machine's time"), s.Priority)
	return nil
}

// watchEvery is the pause between two looks.
const watchEvery = time.Second

// follow shows a campaign until it has ended: on a terminal in one line that changes, else
// with a line for each change.
func (c *campaignCmd) follow(ctx context.Context, name string) error {
	screen, before := screenOf(c.stdout), ""
	for {
		s, err := c.client.Campaign(ctx, name)
		if err != nil {
			return err
		}
		line := oneLine(progressLine(s))
		switch {
		case c.json && line != before:
			if err := c.printJSON(s); err != nil {
				return err
			}
		case c.json || line == before:
		case screen != nil:
			fmt.Fprintf(screen, "\r\x1b[K%s", visible([]byte(line)))
		default:
			printLine(c.stdout, "%s", line)
		}
		before = line
		if s.State == campaign.Ended || s.State == campaign.Stopped && s.Leader == "" || clock.Sleep(ctx, c.clock, watchEvery) != nil {
			if screen != nil && !c.json {
				fmt.Fprintln(screen)
			}
			return nil
		}
	}
}

// progressLine says how far a campaign has come.
func progressLine(s campaign.Summary) string {
	p := s.Progress
	const width = 20
	filled := width * p.Done() / max(1, p.Total)
	line := fmt.Sprintf("%s %s [%s%s] %d of %d, %d dialling, %d talking", s.Name, s.State, strings.Repeat("#", filled), strings.Repeat(".", width-filled), p.Done(), p.Total, p.Dialled, p.Talking)
	for _, outcome := range slices.Sorted(maps.Keys(p.Outcomes)) {
		line += fmt.Sprintf(", %d %s", p.Outcomes[outcome], outcome)
	}
	if n := note(s); n != "" {
		line += " (" + n + ")"
	}
	return line
}

// screenOf returns what a terminal is written to, nil if out is none.
func screenOf(out io.Writer) io.Writer {
	t, ok := out.(terminal)
	if !ok {
		return nil
	}
	f, ok := t.to.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return f
}

func (c *campaignCmd) results(ctx context.Context, name string) error {
	if c.json {
		c.format = "json"
	}
	write, err := campaign.Writer(c.format, c.stdout)
	if err != nil {
		return &usageError{"eslua campaign: " + err.Error()}
	}
	if err := c.client.CampaignResults(ctx, name, write.Write); err != nil {
		return err
	}
	return write.Flush()
}

func (c *campaignCmd) decide(ctx context.Context, o campaign.Order, done string) error {
	if err := c.client.DecideCampaign(ctx, o); err != nil {
		return err
	}
	printLine(c.stdout, "the campaign %s %s", o.Name, done)
	return nil
}
