package main

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

func runCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "run [flags] SCRIPT [ARGS]",
		Short: "have the running eslua run a script of its directory without a call",
		Long: `Have the running eslua run a script of its directory without a call, with its databases,
nodes and the generation that it serves, and print the script's output. A signal ends the script.`,
		Example: examples(
			"run jobs/report.lua of the script directory, with an argument", "eslua run jobs/report yesterday",
			"do not wait for its end", "eslua run --detach jobs/report",
		),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{"eslua run needs a script: eslua run [--node NAME] [--detach] SCRIPT [ARGS]"}
			}
			return nil
		},
	}
	flagsFirst(c)
	host := p.host(c, c.Flags())
	var o job.Order
	c.Flags().StringVar(&o.Node, "node", "", "the `NAME` of the FreeSWITCH that the script uses; default: one of nodes, chosen by weight")
	complete(c, "node", host.completes(fromStatus(nodeNames)))
	c.ValidArgsFunction = host.completes(first(scriptNames))
	detach := c.Flags().Bool("detach", false, "do not wait for the script's end; its output goes to the log")
	c.RunE = func(c *cobra.Command, args []string) error {
		o.Script, o.Args = args[0], args[1:]
		return p.run(c.Context(), host.client(), o, *detach)
	}
	return c
}

// run has the running eslua run a script. The script's output goes to stdout, what it
// writes to the log also to stderr.
func (p *program) run(ctx context.Context, client *admin.Client, o job.Order, detach bool) error {
	o.Print = func(line string) { fmt.Fprintln(p.stdout, line) }
	o.Said = func(level, line string) { fmt.Fprintf(p.stderr, "%s %s\n", level, line) }
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	return client.Run(ctx, o, detach)
}
