package main

import (
	"cmp"
	"os/user"

	"github.com/spf13/cobra"
)

func pageCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "page",
		Short: "print a link to the page on which the running eslua is watched and controlled",
		Long: `Print a link to the page on which calls, failures, nodes and generations of the running eslua are seen
live, and on which flows are rolled back and pinned and eslua is drained. The page is at the address of the
setting metrics. The link has a token in it, which is valid until eslua ends: whoever has it may do what
this user may do. What is changed on the page is logged with the name.`,
		Example: examples(
			"open the page on this machine", `xdg-open "$(eslua page)"`,
			"look at a host from afar: forward its port first, ssh -L 8085:127.0.0.1:8085 HOST", "ssh HOST eslua page",
		),
		Args: noArguments,
	}
	host := p.host(c, c.Flags())
	who := c.Flags().String("as", "", "the `NAME` that the log has for what is changed; empty: the user's")
	c.RunE = func(c *cobra.Command, _ []string) error {
		link, err := host.client().PageLink(c.Context(), cmp.Or(*who, p.getenv("SUDO_USER"), userName()))
		if err == nil {
			printLine(p.stdout, "%s", link)
		}
		return err
	}
	return c
}

// userName returns the name of the user that runs the command.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
