package main

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/spell"
	"github.com/spf13/cobra"
)

// rootCommand returns eslua with its commands: each is declared in the file of its name.
func rootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "eslua",
		Short: "run telephone calls of FreeSWITCH as Lua scripts",
		Long: `eslua runs telephone calls of FreeSWITCH as Lua scripts.

Logs go to stderr. The exit code is 0 for success, 1 for a failure at work, 2 for a wrong command
line and 78 for a wrong configuration. A flag wins over the environment, which wins over the
configuration file.`,
		Example: examples(
			"see two simulated calls, without a FreeSWITCH", "eslua demo",
			"serve the calls that FreeSWITCH hands over", "eslua serve --config /etc/eslua/eslua.yaml",
			"look at the eslua that runs", "eslua status",
		),
		Version:       programVersion(),
		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			fmt.Fprint(p.stderr, c.UsageString())
			return &reportedError{exitUsage}
		},
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetVersionTemplate("eslua {{.Version}}\n")
	root.SetFlagErrorFunc(explainFlag)
	root.Flags().SetInterspersed(false)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(helpCommand())
	group(root, "Serve calls:", serveCommand(p), statusCommand(p), nodeCommand(p), pageCommand(p), callsCommand(p), traceCommand(p), scriptsCommand(p), runCommand(p), consoleCommand(p), outboxCommand(p), queueCommand(p), campaignCommand(p))
	group(root, "Write scripts:", checkCommand(p), testCommand(p), replayCommand(p), execCommand(p), docCommand(p), stubsCommand(p), demoCommand(p))
	group(root, "Configure FreeSWITCH:", dialplanCommand(p), configCommand(p))
	root.AddCommand(versionCommand(p), completionCommand(p), manCommand())
	addExamples(root)
	return root
}

// group adds commands that help lists under a title.
func group(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, c := range commands {
		c.GroupID = title
		root.AddCommand(c)
	}
}

func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	if near := spell.Nearest(name, names); near != "" {
		return &usageError{fmt.Sprintf("eslua: there is no command %q; did you mean eslua %s?", name, near)}
	}
	return &usageError{fmt.Sprintf("eslua: there is no command %q; eslua has %s; eslua help describes them", name, strings.Join(names, ", "))}
}

// noArguments refuses arguments.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Sprintf("%s takes no argument %q", c.CommandPath(), args[0])}
	}
	return nil
}

// exactly refuses another number of arguments.
func exactly(n int, usage string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{"usage: " + usage}
		}
		return nil
	}
}

// examples formats examples for help: of each, what it is for and what to write.
func examples(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, "  # %s\n  %s\n", pairs[i], pairs[i+1])
	}
	return strings.TrimSuffix(b.String(), "\n")
}
