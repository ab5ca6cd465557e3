package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/spell"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagsFirst has a command's flags end at its first argument: what follows belongs to a
// script.
func flagsFirst(c *cobra.Command) {
	c.Flags().SetInterspersed(false)
	c.Annotations = map[string]string{flagsComeFirst: "yes"}
}

const flagsComeFirst = "eslua_flags_first"

// twoDashes returns the arguments of a command line with two dashes before the name of
// each flag, which may also be written with one: -config FILE.
func twoDashes(c *cobra.Command, args []string) []string {
	written := append([]string{}, args...)
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		flag, isFlag := strings.CutPrefix(args[i], "-")
		if !isFlag || flag == "" {
			if sub := subcommand(c, args[i]); sub != nil {
				c = sub
			} else if c.Annotations[flagsComeFirst] != "" || !c.HasParent() {
				break
			}
			continue
		}
		name, _, valued := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		if len(name) > 1 && flag[0] != '-' {
			written[i] = "-" + args[i]
		}
		if f := c.Flag(name); f != nil && f.NoOptDefVal == "" && !valued {
			i++ // to its value
		}
	}
	return written
}

func subcommand(c *cobra.Command, name string) *cobra.Command {
	for _, sub := range c.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// explainFlag says what is wrong with a flag, and what to write.
func explainFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return &usageError{fmt.Sprintf("%s: %v; %[1]s -h lists the flags", c.CommandPath(), err)}
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := unknown.GetSpecifiedName()
	if near := spell.Nearest(name, names); near != "" {
		return &usageError{fmt.Sprintf("%s: there is no flag --%s; did you mean --%s?", c.CommandPath(), name, near)}
	}
	return &usageError{fmt.Sprintf("%s: there is no flag --%s; %[1]s -h lists the flags", c.CommandPath(), name)}
}

// fromEnvironment declares a flag whose default is in an environment variable. Help does
// not show the value, which may be a password.
func (p *program) fromEnvironment(f *pflag.FlagSet, to *string, name, variable, usage string) {
	f.StringVar(to, name, p.getenv(variable), usage+" ("+variable+")")
	f.Lookup(name).DefValue = ""
}
