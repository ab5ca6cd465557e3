package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/eslua/eslua/bindings"
	flowtests "github.com/eslua/eslua/bindings/flowtest"
	"github.com/eslua/eslua/bindings/reference"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/spf13/cobra"
)

func docCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "doc [NAME]",
		Short: "print the Lua reference, and the settings",
		Long: `Print the Lua reference: all names that scripts can use, or what one of them does. The name
config stands for the settings of the configuration, mod_lua for how mod_lua's names are in eslua,
and test for what the tests of flows can use (eslua test).`,
		Example: examples(
			"list all names", "eslua doc",
			"describe one", "eslua doc session:read",
			"describe how tests of flows are written", "eslua doc test",
			"describe all settings", "eslua doc config",
			"describe the settings of limits", "eslua doc limits",
		),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{"eslua doc takes one name: eslua doc session:read"}
			}
			return nil
		},
		ValidArgsFunction: documented,
		RunE:              func(_ *cobra.Command, args []string) error { return p.doc(args) },
	}
}

func (p *program) doc(args []string) error {
	ref := reference.New(bindings.New(bindings.Deps{}).Modules())
	if len(args) == 0 {
		ref.Overview(p.stdout)
		return nil
	}
	switch args[0] {
	case "mod_lua":
		ref.ModLua(p.stdout)
		return nil
	case "config":
		p.printSettings(config.Settings())
		return nil
	case "test":
		printEntries(p.stdout, testReference().All())
		return nil
	}
	entries, settings := ref.Find(args[0]), settingsNamed(args[0])
	if len(entries) == 0 && len(settings) > 0 {
		p.printSettings(settings)
		return nil
	}
	if len(entries) == 0 {
		message := fmt.Sprintf("scripts have nothing named %q", args[0])
		if meant := ref.Nearest(args[0]); meant != "" {
			message += fmt.Sprintf("; did you mean %s?", meant)
		} else {
			message += "; eslua doc lists all names, eslua doc config the settings"
		}
		return &usageError{message}
	}
	printEntries(p.stdout, entries)
	if len(settings) > 0 && !strings.Contains(args[0], ".") {
		fmt.Fprintf(p.stdout, "\nThe configuration has %s too:\n\n", args[0])
		p.printSettings(settings)
	}
	return nil
}

func printEntries(w io.Writer, entries []*reference.Entry) {
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(w)
		}
		e.Text(w)
	}
}

// testReference returns the reference of what tests of flows can use besides.
func testReference() *reference.Reference {
	return reference.New([]*vm.Module{flowtests.Module{}.Declare()})
}

// settingsNamed returns the settings of a name, which may leave out what they are below.
func settingsNamed(name string) (list []config.Setting) {
	for _, s := range config.Settings() {
		if s.Name == name || strings.HasSuffix(s.Name, "."+name) || strings.HasPrefix(s.Name, name+".") {
			list = append(list, s)
		}
	}
	return list
}

func (p *program) printSettings(list []config.Setting) {
	for i, s := range list {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		about := "a change needs a restart"
		if s.Reload {
			about = "a change needs a reload"
		}
		if s.Default != "" {
			about = "default " + s.Default + ", " + about
		}
		fmt.Fprintf(p.stdout, "%s (%s)\n", s.Name, about)
		reference.Wrap(p.stdout, "  ", s.Doc)
	}
}
