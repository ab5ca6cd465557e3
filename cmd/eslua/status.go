package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

func statusCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "report how the running eslua is doing",
		Long:  "Report how the running eslua is doing. The exit code is 0 whenever it answers.",
		Example: examples(
			"what needs attention", "eslua status",
			"for a program, with each running call", "eslua status --json --calls",
		),
		Args: noArguments,
	}
	host := p.host(c, c.Flags())
	asJSON := c.Flags().Bool("json", false, "print JSON")
	calls := c.Flags().Bool("calls", false, "print each running call as well")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.status(c.Context(), host.client(), *asJSON, *calls) }
	return c
}

// status prints what an admin needs to know about the running eslua. The exit code
// says only whether it runs; alarms are for the metrics.
func (p *program) status(ctx context.Context, client *admin.Client, asJSON, calls bool) error {
	st, err := client.Status(ctx, calls)
	switch {
	case err == nil && asJSON:
		return printJSON(p.stdout, st)
	case err == nil:
		printStatus(p.stdout, st)
	}
	for _, previous := range client.Departing(ctx) {
		fmt.Fprintf(p.stdout, "\nThe previous eslua, process %d, takes no new calls: %s\n", previous.PID, callsLine(previous.Calls))
	}
	return err
}

func printJSON(w io.Writer, what any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(what)
}
