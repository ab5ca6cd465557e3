package main

import (
	"context"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/trace"
	"github.com/spf13/cobra"
)

func callsCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "calls",
		Short: "list the calls that run and the last ones: what each does, and where its script waits",
		Long: `List the calls that the running eslua serves and the last ones that it has served, the newest first:
flow, caller, state, the line at which the script waits, age, processor time and memory of the script.
eslua trace UUID shows what happened in one of them.`,
		Example: examples(
			"what goes on", "eslua calls",
			"which calls of the flow menu failed", "eslua calls --failed --flow menu",
		),
		Args: noArguments,
	}
	host := p.host(c, c.Flags())
	q := trace.Query{}
	queryFlags(c, host, &q)
	c.Flags().BoolVar(&q.Running, "running", false, "only calls that run")
	c.Flags().IntVar(&q.Most, "most", 50, "list at most `N`")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.calls(c.Context(), host.client(), q, *asJSON) }
	return c
}

// queryFlags declares the flags that select calls.
func queryFlags(c *cobra.Command, host *hostFlag, q *trace.Query) {
	c.Flags().StringVar(&q.Flow, "flow", "", "only calls of this `FLOW`")
	complete(c, "flow", host.completes(scriptNames))
	c.Flags().BoolVar(&q.Failed, "failed", false, "only calls whose script failed")
}

func (p *program) calls(ctx context.Context, client *admin.Client, q trace.Query, asJSON bool) error {
	list, err := client.Calls(ctx, q)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(p.stdout, list)
	}
	if len(list) == 0 {
		printLine(p.stdout, "there is no %s", q)
		return nil
	}
	now := p.clock.Now()
	var t table
	t.row("UUID", "FLOW", "CALLER", "CALLED", "STATE", "AGE", "CPU", "MEMORY", "")
	for _, c := range list {
		t.row(c.UUID, c.Flow, c.Caller, c.Destination, stateOf(c), ageOf(c, now), cpuOf(c), fmt.Sprintf("%d KiB", c.Memory>>10), doing(c, now))
	}
	t.print(p.stdout)
	return nil
}

func stateOf(c trace.Summary) string {
	switch {
	case c.Cause != "":
		return c.Cause
	case c.State == "":
		return "running"
	}
	return c.State
}

func ageOf(c trace.Summary, now time.Time) string {
	if c.Until.IsZero() {
		return age(now.Sub(c.Since))
	}
	return age(c.Until.Sub(c.Since)) + ", " + age(now.Sub(c.Until)) + " ago"
}

// doing says what a call waits for, or why it failed.
func doing(c trace.Summary, now time.Time) string {
	if c.Failed {
		return c.Error
	}
	if len(c.Waits) == 0 {
		return ""
	}
	w := c.Waits[len(c.Waits)-1]
	return fmt.Sprintf("%s:%d: %s, %s", w.File, w.Line, w.What, age(now.Sub(w.At)))
}

// cpuOf returns the processor time of the script.
func cpuOf(c trace.Summary) string {
	took := time.Duration(c.CPU * float64(time.Millisecond))
	if took < 10*time.Microsecond {
		return took.Round(10 * time.Nanosecond).String()
	}
	return took.Round(time.Microsecond).String()
}
