package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/trace"
	"github.com/spf13/cobra"
)

func traceCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "trace [UUID]",
		Short: "show what happened in a call, line by line, also while it runs",
		Long: `Show what happened in a call: each function that its script called, with arguments, result and line, and
what FreeSWITCH and the caller did. The running eslua keeps this of the calls that run and of the last ones
in bounded memory (trace: of the configuration). The call is that of the UUID, of which the beginning is enough;
without one, the newest that the flags select.
Digits that callers press are masked unless trace: digits: shown, as are the values of names such as pin or password.`,
		Example: examples(
			"the last call", "eslua trace --last",
			"the last call that failed", "eslua trace --failed",
			"the next calls of the flow menu, as they go on", "eslua trace --flow menu --follow",
			"a test that makes the last call that failed again", "eslua trace --failed --to-test >scripts/failed_test.lua",
		),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{"usage: eslua trace [UUID] [--last] [--failed] [--flow FLOW] [--follow] [--json]"}
			}
			return nil
		},
	}
	host := p.host(c, c.Flags())
	c.ValidArgsFunction = host.completes(first(callUUIDs))
	q := trace.Query{}
	queryFlags(c, host, &q)
	c.Flags().Bool("last", false, "the newest call, which is meant without a UUID too")
	follow := c.Flags().Bool("follow", false, "print what happens as it does: until the call of the UUID ends; without a UUID, of one call after the other")
	toTest := c.Flags().Bool("to-test", false, "print a test for eslua test instead, which makes the same call")
	asJSON := c.Flags().Bool("json", false, "print JSON; with --follow, what is new on each line")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			q.UUID = args[0]
		}
		if *follow {
			return p.follow(c.Context(), host.client(), q, *asJSON)
		}
		return p.trace(c.Context(), host.client(), q, *asJSON, *toTest)
	}
	return c
}

func (p *program) trace(ctx context.Context, client *admin.Client, q trace.Query, asJSON, toTest bool) error {
	l, err := client.Ladder(ctx, q)
	if err != nil {
		return err
	}
	if toTest {
		writeTest(p.stdout, l)
		return nil
	}
	if asJSON {
		return printJSON(p.stdout, l)
	}
	p.printHead(l.Summary)
	printLadder(p.stdout, l.Steps, l.Since, scriptOf(l.Flow))
	p.printEnd(l.Summary)
	return nil
}

// follow prints a call as it goes on, until it ends or a signal comes.
func (p *program) follow(ctx context.Context, client *admin.Client, q trace.Query, asJSON bool) error {
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	if q.UUID == "" && !q.Failed {
		q.Running = true
	}
	var last trace.Summary
	n := 0
	err := client.Follow(ctx, q, func(l trace.Ladder) error {
		if asJSON {
			return json.NewEncoder(p.stdout).Encode(l)
		}
		if l.ID != last.ID {
			p.printHead(l.Summary)
			n = 0
		}
		if len(l.Steps) > 0 && l.Steps[0].N > n {
			printLine(p.stdout, "           ...     %s omitted", count(l.Steps[0].N-n, "line"))
		}
		printLadder(p.stdout, l.Steps, l.Since, scriptOf(l.Flow))
		last, n = l.Summary, l.Rungs
		if !l.Until.IsZero() {
			p.printEnd(l.Summary)
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil // a signal ended it
	}
	return err
}

func (p *program) printHead(c trace.Summary) {
	what := fmt.Sprintf("%s, flow %s (generation %s), %s", c.UUID, c.Flow, c.Generation, since(c.Since, p.clock.Now()))
	if c.Caller != "" || c.Destination != "" {
		what += fmt.Sprintf(": %s called %s", c.Caller, c.Destination)
	}
	printLine(p.stdout, "%s", what)
}

func (p *program) printEnd(c trace.Summary) {
	for _, w := range c.Waits {
		printLine(p.stdout, "  waits    %s:%d: %s, for %s", w.File, w.Line, w.What, age(p.clock.Now().Sub(w.At)))
	}
	how := stateOf(c)
	if c.Failed {
		how += "; the script failed"
	}
	verb := "state"
	if !c.Until.IsZero() {
		verb = "ended"
	}
	printLine(p.stdout, "  %s: %s, after %s; the script used %s of processor time and held %d KiB", verb, how, ageOf(c, p.clock.Now()), cpuOf(c), c.Memory>>10)
}
