package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/spf13/cobra"
)

func scriptsCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "scripts",
		Short: "show and set which scripts the running eslua serves",
		Long: `Show and set which scripts the running eslua serves. A generation is what the script directory
held at one time; it is named by 4 or more of the digits that history shows.`,
		Example: examples(
			"which version of each flow is served", "eslua scripts list",
			"what has changed, and when", "eslua scripts history",
			"serve the flow menu as it was before its last change", "eslua scripts rollback menu",
		),
		RunE: func(c *cobra.Command, args []string) error {
			usage := "usage: eslua scripts [--config F] list [--calls] | history [FLOW] | diff [FLOW] [GEN [GEN]] | rollback [FLOW] [GEN] | pin [FLOW] GEN | unpin [FLOW]"
			if len(args) > 0 {
				usage = fmt.Sprintf("eslua scripts: unknown command %q; %s", args[0], usage)
			}
			return &usageError{usage}
		},
	}
	s := &scriptsCmd{program: p, host: p.host(c, c.PersistentFlags())}
	c.PersistentFlags().BoolVar(&s.calls, "calls", false, "print each running call as well")
	_ = c.PersistentFlags().MarkHidden("calls") // list shows it
	list := s.verb("list", "show the flows with the version that each call gets", 0, s.list)
	list.Args, list.ValidArgsFunction = noArguments, cobra.NoFileCompletions
	list.Flags().BoolVar(&s.calls, "calls", false, "print each running call as well")
	c.AddCommand(
		list,
		s.verb("history [FLOW]", "show the generations that are kept, and what has changed", 0, s.history),
		s.verb("diff [FLOW] [GEN [GEN]]", "show what differs between two generations, or from the one served", 2, s.diff),
		s.verb("rollback [FLOW] [GEN]", "serve an earlier generation until the next change of the scripts", 1, s.rollback),
		s.verb("pin [FLOW] GEN", "serve one generation, whatever changes", 1, s.pin),
		s.verb("unpin [FLOW]", "end a pin or a rollback", 0, s.unpin),
	)
	return c
}

// A scriptsCmd is one run of eslua scripts.
type scriptsCmd struct {
	*program
	host   *hostFlag
	calls  bool
	client *admin.Client
	status admin.Status
}

// verb returns a command of eslua scripts whose arguments name a flow and generations.
func (s *scriptsCmd) verb(use, about string, maxGenerations int, run func(context.Context, target) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: about, ValidArgsFunction: s.host.completes(targets(maxGenerations)), RunE: func(c *cobra.Command, args []string) (err error) {
		s.client = s.host.client()
		if s.status, err = s.client.Status(c.Context(), s.calls); err != nil {
			return err
		}
		t, err := parseTarget(args, s.status.Flows, maxGenerations)
		if err != nil {
			return &usageError{fmt.Sprintf("%s: %v", c.CommandPath(), err)}
		}
		return run(c.Context(), t)
	}}
}

// A target is a flow and generations, as the arguments name them.
type target struct {
	flow        string // "" means all flows
	generations []string
}

// generationPrefix matches what can be the beginning of a generation's name.
var generationPrefix = regexp.MustCompile(`^[0-9a-f]{4,12}$`)

// parseTarget distinguishes a flow from generations. NAME.lua is always a flow.
func parseTarget(args []string, flows []admin.Flow, maxGenerations int) (t target, err error) {
	isFlow := func(name string) bool {
		return slices.ContainsFunc(flows, func(f admin.Flow) bool { return f.Flow == name })
	}
	for i, arg := range args {
		name := config.FlowName(arg)
		mayBeGeneration := generationPrefix.MatchString(arg)
		switch {
		case i == 0 && mayBeGeneration && isFlow(name) && len(args) <= maxGenerations:
			return t, fmt.Errorf("%q is a flow and could also be a generation: write %s.lua for the flow, or more digits for the generation", arg, arg)
		case i == 0 && (isFlow(name) || !mayBeGeneration):
			t.flow = name
		case !mayBeGeneration:
			return t, fmt.Errorf("%q is not a generation: write 4 to 12 of its hexadecimal digits, as eslua scripts history shows them", arg)
		case len(t.generations) == maxGenerations:
			return t, fmt.Errorf("too many arguments: %q", arg)
		default:
			t.generations = append(t.generations, arg)
		}
	}
	return t, nil
}

// generation returns the nth generation, or "".
func (t target) generation(n int) string {
	if n < len(t.generations) {
		return t.generations[n]
	}
	return ""
}

func (c *scriptsCmd) list(context.Context, target) error {
	st := c.status
	if o := st.Override(""); o != nil {
		printLine(c.stdout, "all flows are %s", overrideLine(o, st))
		fmt.Fprintln(c.stdout)
	}
	var t table
	t.row("FLOW", "VERSION", "GENERATION", "RUNNING", "")
	for _, f := range st.Flows {
		note := flowNote(f, st)
		if f.Module {
			note = strings.TrimSuffix("other scripts require it; "+note, "; ")
		}
		t.row(f.Flow, orDash(f.Version), orDash(f.Generation), running(f.Tally), note)
	}
	t.print(c.stdout)
	if len(st.Running) > 0 {
		fmt.Fprintln(c.stdout)
		printCalls(c.stdout, st)
	}
	if len(st.Scripts.Problems) > 0 {
		fmt.Fprintln(c.stderr, "the script directory has problems; to see them: eslua status")
	}
	return nil
}

func (c *scriptsCmd) history(ctx context.Context, of target) error {
	changes, err := c.client.History(ctx, of.flow)
	if err != nil {
		return err
	}
	var t table
	third := "SCRIPTS"
	if of.flow != "" {
		third = "VERSION"
	}
	t.row("GENERATION", "SERVED", third, "CHANGED", "")
	for i, change := range changes {
		third := fmt.Sprint(change.Scripts)
		if of.flow != "" {
			third = orDash(change.Version)
		}
		what := changed(change)
		if what == "" && i == len(changes)-1 {
			what = "the oldest kept"
		}
		t.row(change.Generation, since(change.Served, c.status.Now), third, what, c.roles(change))
	}
	t.print(c.stdout)
	return nil
}

// roles describes what a generation is used for now.
func (c *scriptsCmd) roles(change admin.Change) string {
	var roles []string
	if change.Current {
		roles = append(roles, "the directory")
	}
	for _, o := range c.status.Rollout.Overrides {
		if o.Generation != change.Generation {
			continue
		}
		role := "rolled back to for "
		if o.Pinned() {
			role = "pinned for "
		}
		roles = append(roles, role+cmp.Or(o.Flow, "all flows"))
	}
	for _, f := range c.status.Flows {
		for _, v := range f.Versions {
			if n := running(v.Tally); n > 0 && v.Generation == change.Generation && !change.Current {
				roles = append(roles, fmt.Sprintf("%s of %s", count(n, "call"), f.Flow))
			}
		}
	}
	return strings.Join(roles, "; ")
}

// changed returns "menu.lua, +new.lua, -old.lua", or only the numbers of many files.
func changed(c admin.Change) string {
	const shown = 3
	if len(c.Added)+len(c.Edited)+len(c.Removed) > shown {
		var parts []string
		for _, d := range []struct {
			n    int
			what string
		}{{len(c.Edited), "edited"}, {len(c.Added), "added"}, {len(c.Removed), "removed"}} {
			if d.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", d.n, d.what))
			}
		}
		return strings.Join(parts, ", ")
	}
	names := slices.Clone(c.Edited)
	for _, n := range c.Added {
		names = append(names, "+"+n)
	}
	for _, n := range c.Removed {
		names = append(names, "-"+n)
	}
	return strings.Join(names, ", ")
}

func (c *scriptsCmd) diff(ctx context.Context, t target) error {
	diff, err := c.client.Diff(ctx, t.flow, t.generation(0), t.generation(1))
	if err != nil {
		return err
	}
	fmt.Fprint(c.stdout, diff)
	return nil
}

func (c *scriptsCmd) rollback(ctx context.Context, t target) error {
	return c.report(c.client.Rollback(ctx, t.flow, t.generation(0)))
}

func (c *scriptsCmd) pin(ctx context.Context, t target) error {
	if len(t.generations) == 0 {
		return &usageError{"eslua scripts pin: name the generation: eslua scripts pin [FLOW] GEN; eslua scripts history shows them"}
	}
	return c.report(c.client.Pin(ctx, t.flow, t.generation(0)))
}

func (c *scriptsCmd) unpin(ctx context.Context, t target) error {
	return c.report(c.client.Unpin(ctx, t.flow))
}

func (c *scriptsCmd) report(message string, err error) error {
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	fmt.Fprintln(c.stdout, message)
	return nil
}
