package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
)

// status prints what an admin needs to know about the running eslua. The exit code
// says only whether it runs; alarms are for the metrics.
func status(p *program, ctx context.Context, args []string) error {
	var asJSON, calls bool
	client, rest, err := p.client("status", args, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "")
		f.BoolVar(&calls, "calls", false, "")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return &usageError{fmt.Sprintf("eslua status takes no argument %q", rest[0])}
	}
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

// client returns a client for the eslua that a command talks to, and the remaining
// arguments. Flags may come anywhere among them, except those of eslua run.
func (p *program) client(name string, args []string, more func(*flag.FlagSet)) (*admin.Client, []string, error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.String("config", p.getenv("ESLUA_CONFIG"), "")
	socket := flags.String("admin", "", "")
	more(flags)
	rest, err := parseFlags(flags, args, name != "run") // what follows a script is the script's
	if err != nil {
		return nil, nil, err
	}
	if *socket == "" && *file != "" {
		c, err := config.Load(*file)
		if *socket = c.Admin; err != nil { // the eslua that runs has not read it like this
			fmt.Fprintln(p.stderr, err)
			*socket = config.AdminOf(*file)
		}
	}
	return p.seams.adminClient(admin.SocketPath(*socket, p.getenv)), rest, nil
}

func printJSON(w io.Writer, what any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(what)
}
