package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
)

const scriptsUsage = "eslua scripts [--config F] list [--calls] | history [FLOW] | diff [FLOW] [GEN [GEN]] | rollback [FLOW] [GEN] | pin [FLOW] GEN | unpin [FLOW]"

// ask is one run of eslua scripts.
type ask struct {
	*program
	client *admin.Client
	list   admin.List // what the host serves now
}

// scripts looks at what the running eslua serves, and sets what it serves.
func scriptsCommand(p *program, ctx context.Context, args []string) error {
	var calls bool
	client, args, err := p.client("scripts", args, func(f *flag.FlagSet) { f.BoolVar(&calls, "calls", false, "") })
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return &usageError{"usage: " + scriptsUsage}
	}
	word, args := args[0], args[1:]
	does := map[string]struct {
		run         func(*ask, context.Context, choice) error
		generations int // how many may be named
	}{
		"list":     {(*ask).showList, 0},
		"history":  {(*ask).showHistory, 0},
		"diff":     {(*ask).showDiff, 2},
		"rollback": {(*ask).rollback, 1},
		"pin":      {(*ask).pin, 1},
		"unpin":    {(*ask).unpin, 0},
	}
	do, ok := does[word]
	if !ok {
		return &usageError{fmt.Sprintf("eslua scripts: there is no %q; usage: %s", word, scriptsUsage)}
	}
	if word == "list" && len(args) > 0 {
		return &usageError{fmt.Sprintf("eslua scripts list takes no argument %q", args[0])}
	}
	a := &ask{program: p, client: client}
	if a.list, err = client.List(ctx, calls); err != nil {
		return err
	}
	c, err := choose(args, a.list.Flows, do.generations)
	if err != nil {
		return &usageError{fmt.Sprintf("eslua scripts %s: %v", word, err)}
	}
	return do.run(a, ctx, c)
}

// choice is what the arguments name.
type choice struct {
	flow        string // "" is all
	generations []string
}

// aGeneration is how a generation is written: enough of the digits of its name.
var aGeneration = regexp.MustCompile(`^[0-9a-f]{4,12}$`)

// choose tells a flow from generations. NAME.lua is always a flow.
func choose(args []string, flows []admin.Flow, generations int) (c choice, err error) {
	isFlow := func(name string) bool {
		return slices.ContainsFunc(flows, func(f admin.Flow) bool { return f.Name == name })
	}
	for i, arg := range args {
		name, sure := strings.CutSuffix(arg, ".lua")
		digits := aGeneration.MatchString(arg)
		switch {
		case i == 0 && digits && isFlow(name) && generations > 0 && len(args) <= generations:
			return c, fmt.Errorf("%q is a flow, and may be a generation: write %s.lua for the flow, or more digits for the generation", arg, arg)
		case i == 0 && (sure || isFlow(name) || !digits):
			c.flow = name
		case !digits:
			return c, fmt.Errorf("%q is no generation: write 4 to 12 of its hexadecimal digits, as eslua scripts history shows them", arg)
		case len(c.generations) == generations:
			return c, fmt.Errorf("one argument too many: %q", arg)
		default:
			c.generations = append(c.generations, arg)
		}
	}
	return c, nil
}

// generation is the nth that was named, or "".
func (c choice) generation(n int) string {
	if n < len(c.generations) {
		return c.generations[n]
	}
	return ""
}

func (a *ask) showList(context.Context, choice) error {
	st := admin.Status{Now: a.list.Now, Scripts: a.list.Scripts}
	if sc := a.list.Scripts; sc.Held != nil {
		fmt.Fprintf(a.stdout, "all flows are %s\n\n", holdLine(sc.Held, st))
	}
	var t table
	t.row("FLOW", "VERSION", "GENERATION", "RUNNING", "")
	for _, f := range a.list.Flows {
		note := flowNote(f, st)
		if f.Module {
			note = strings.TrimSuffix("other scripts require it; "+note, "; ")
		}
		t.row(f.Name, orNone(f.Version), orNone(f.Generation), running(f), note)
	}
	t.print(a.stdout)
	if len(a.list.Running) > 0 {
		fmt.Fprintln(a.stdout)
		printCalls(a.stdout, a.list.Running, st)
	}
	if len(a.list.Scripts.Problems) > 0 {
		fmt.Fprintln(a.stderr, "the script directory has problems that are not listed here: eslua status")
	}
	return nil
}

func (a *ask) showHistory(ctx context.Context, c choice) error {
	changes, err := a.client.History(ctx, c.flow)
	if err != nil {
		return err
	}
	var t table
	if c.flow == "" {
		t.row("GENERATION", "SERVED", "SCRIPTS", "CHANGED", "")
	} else {
		t.row("GENERATION", "SERVED", "VERSION", "CHANGED", "")
	}
	for i, change := range changes {
		third := fmt.Sprint(change.Scripts)
		if c.flow != "" {
			third = orNone(change.Version)
		}
		what := changed(change)
		if what == "" && i == len(changes)-1 {
			what = "the first that is kept"
		}
		t.row(change.Generation, since(change.Served, a.list.Now), third, what, a.roles(change))
	}
	t.print(a.stdout)
	return nil
}

// roles is what a generation is now.
func (a *ask) roles(c admin.Change) string {
	var roles []string
	if c.Current {
		roles = append(roles, "the directory")
	}
	role := func(what string, h *admin.Hold) {
		if h != nil && h.Generation == c.Generation {
			word := "rolled back to for "
			if h.Pinned {
				word = "pinned for "
			}
			roles = append(roles, word+what)
		}
	}
	role("all flows", a.list.Scripts.Held)
	for _, f := range a.list.Flows {
		role(f.Name, f.Held)
		for _, u := range f.Running {
			if u.Generation == c.Generation && !c.Current {
				roles = append(roles, fmt.Sprintf("%s of %s", some(u.Calls, "call"), f.Name))
			}
		}
	}
	return strings.Join(roles, "; ")
}

// changed is "menu.lua, +new.lua, -old.lua", or counts where there are many.
func changed(c admin.Change) string {
	const most = 3
	if n := len(c.Added) + len(c.Edited) + len(c.Removed); n > most {
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

func (a *ask) showDiff(ctx context.Context, c choice) error {
	diff, err := a.client.Diff(ctx, c.flow, c.generation(0), c.generation(1))
	if err != nil {
		return err
	}
	fmt.Fprint(a.stdout, diff)
	return nil
}

func (a *ask) rollback(ctx context.Context, c choice) error {
	return a.say(a.client.Rollback(ctx, c.flow, c.generation(0)))
}

func (a *ask) pin(ctx context.Context, c choice) error {
	if len(c.generations) == 0 {
		return &usageError{"eslua scripts pin: name the generation: eslua scripts pin [FLOW] GEN; eslua scripts history shows them"}
	}
	return a.say(a.client.Pin(ctx, c.flow, c.generation(0)))
}

func (a *ask) unpin(ctx context.Context, c choice) error {
	return a.say(a.client.Unpin(ctx, c.flow))
}

func (a *ask) say(message string, err error) error {
	if err != nil {
		return errors.New("nothing was done: " + err.Error())
	}
	fmt.Fprintln(a.stdout, message)
	return nil
}
