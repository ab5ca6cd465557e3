package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/eslua/eslua/host/job"
)

// runCommand has the running eslua run a script, with its databases, nodes and the
// generation that it serves. The script's output goes to stdout, what it writes to the
// log also to stderr. A signal ends the script.
func runCommand(p *program, ctx context.Context, args []string) error {
	var o job.Order
	var detach bool
	client, rest, err := p.client("run", args, func(f *flag.FlagSet) {
		f.StringVar(&o.Node, "node", "", "")
		f.BoolVar(&detach, "detach", false, "")
	})
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return &usageError{"eslua run needs a script: eslua run [--node NAME] [--detach] SCRIPT [ARGS]"}
	}
	o.Script, o.Args = rest[0], rest[1:]
	o.Print = func(line string) { fmt.Fprintln(p.stdout, line) }
	o.Said = func(level, line string) { fmt.Fprintf(p.stderr, "%s %s\n", level, line) }
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	return client.Run(ctx, o, detach)
}
