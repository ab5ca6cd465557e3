package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainUsage takes the marks of values out of what flags say of themselves, for shells: help
// shows them otherwise.
func plainUsage(c *cobra.Command) {
	plain := func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") }
	c.Flags().VisitAll(plain)
	c.PersistentFlags().VisitAll(plain)
	for _, sub := range c.Commands() {
		plainUsage(sub)
	}
}

func completionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "print a script that has the shell complete eslua's commands",
		Long: `Print a script that has the shell complete eslua's commands, flags and files, and the names that the
running eslua knows: flows, generations, calls, campaigns, endpoints, queues, nodes. bash needs the package bash-completion.`,
		Example: examples(
			"in this bash", "source <(eslua completion bash)",
			"in every bash", "eslua completion bash >/usr/share/bash-completion/completions/eslua",
			"in every zsh", "eslua completion zsh >/usr/local/share/zsh/site-functions/_eslua",
			"in every fish", "eslua completion fish >/usr/share/fish/vendor_completions.d/eslua.fish",
		),
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish"},
		RunE: func(c *cobra.Command, args []string) error {
			shell := ""
			if len(args) == 1 {
				shell = args[0]
			}
			switch shell {
			case "bash":
				return c.Root().GenBashCompletionV2(p.stdout, true)
			case "zsh":
				return c.Root().GenZshCompletion(p.stdout)
			case "fish":
				return c.Root().GenFishCompletion(p.stdout, true)
			}
			return &usageError{fmt.Sprintf("eslua completion needs the name of a shell: bash, zsh or fish, not %q", strings.Join(args, " "))}
		},
	}
}
