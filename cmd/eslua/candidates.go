package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/bindings/reference"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/trace"
	"github.com/spf13/cobra"
)

// completionWait limits how long a shell waits for the running eslua.
const completionWait = 5 * time.Second

// maxCandidates limits how many names a shell is offered at a time.
const maxCandidates = 500

// A lister returns the names that may stand behind the arguments of a command, as the
// running eslua knows them.
type lister func(ctx context.Context, host *admin.Client, args []string) []string

// completes has the shell complete an argument or a flag's value with what the running
// eslua answers. Nothing is offered when none runs.
func (h *hostFlag) completes(list lister) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, stop := context.WithTimeout(c.Context(), completionWait)
		defer stop()
		return candidates(list(ctx, h.client(), args), typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// inShell matches names that mean nothing but themselves in a command line, whatever the
// shell does with them. Others, which a script, a file or a caller may have chosen, are
// not offered.
var inShell = regexp.MustCompile(`^[\pL\pN_./][\pL\pN_./:@+,-]*$`)

// candidates returns the names that begin with what is typed.
func candidates(names []string, typed string) []cobra.Completion {
	names = slices.DeleteFunc(names, func(n string) bool {
		return !strings.HasPrefix(n, typed) || !inShell.MatchString(n)
	})
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxCandidates)]
}

// fromStatus lists names that are in the status.
func fromStatus(names func(admin.Status) []string) lister {
	return func(ctx context.Context, host *admin.Client, _ []string) []string {
		st, err := host.Status(ctx, false)
		if err != nil {
			return nil
		}
		return names(st)
	}
}

// first lists names for the first argument only.
func first(list lister) lister {
	return func(ctx context.Context, host *admin.Client, args []string) []string {
		if len(args) > 0 {
			return nil
		}
		return list(ctx, host, args)
	}
}

// scriptNames lists the scripts that can be run: those that no other requires.
var scriptNames = fromStatus(func(st admin.Status) []string { return flowsIn(st) })

func flowsIn(st admin.Status) (names []string) {
	for _, f := range st.Flows {
		if !f.Module {
			names = append(names, f.Flow)
		}
	}
	return names
}

// targets lists what eslua scripts takes: a flow, and up to so many generations.
func targets(maxGenerations int) lister {
	return func(ctx context.Context, host *admin.Client, args []string) (names []string) {
		st, err := host.Status(ctx, false)
		if err != nil {
			return nil
		}
		t, err := parseTarget(args, st.Flows, maxGenerations)
		if err != nil {
			return nil
		}
		if len(args) == 0 {
			names = flowsIn(st)
		}
		if len(t.generations) == maxGenerations {
			return names
		}
		changes, err := host.History(ctx, t.flow)
		if err != nil {
			return names
		}
		for _, c := range changes {
			names = append(names, c.Generation)
		}
		return names
	}
}

// callUUIDs lists the calls that run, and the last ones.
func callUUIDs(ctx context.Context, host *admin.Client, _ []string) (uuids []string) {
	calls, err := host.Calls(ctx, trace.Query{Most: maxCandidates})
	if err != nil {
		return nil
	}
	for _, c := range calls {
		uuids = append(uuids, c.UUID)
	}
	return uuids
}

func nodeNames(st admin.Status) (names []string) {
	for _, n := range st.Nodes {
		names = append(names, n.Node)
	}
	return names
}

func endpointNames(st admin.Status) (names []string) {
	for _, e := range st.Outbox {
		names = append(names, e.Name)
	}
	return names
}

func queueNames(st admin.Status) (names []string) {
	for _, q := range st.Queues {
		names = append(names, q.Name)
	}
	return names
}

// campaignNames lists the campaigns.
func campaignNames(ctx context.Context, host *admin.Client, args []string) (names []string) {
	if len(args) > 0 {
		return nil
	}
	list, _ := host.Campaigns(ctx) // none are offered if it fails
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

// documented returns the names that eslua doc describes.
func documented(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := append(reference.New(bindings.New(bindings.Deps{}).Modules()).Names(), "config", "mod_lua", "test")
	for _, s := range config.Settings() {
		names = append(names, s.Name)
	}
	return candidates(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// limitNames returns the limits that eslua exec can set, without a value.
func limitNames(*cobra.Command, []string, string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, s := range config.Settings() {
		if name, ok := strings.CutPrefix(s.Name, "limits."); ok && !strings.Contains(name, ".") {
			names = append(names, name+"=")
		}
	}
	return names, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// files has the shell complete arguments with files of a kind, and with directories.
func files(extensions ...cobra.Completion) cobra.CompletionFunc {
	return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
}

// fileThenAny has the shell complete a file of a kind, and behind it any files.
func fileThenAny(extension string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return []cobra.Completion{extension}, cobra.ShellCompDirectiveFilterFileExt
	}
}

// directories has the shell complete arguments with directories.
var directories = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)

// complete has the shell complete a flag's value. The flag is there, and has no other
// completion: nothing else makes an error.
func complete(c *cobra.Command, flag string, with cobra.CompletionFunc) {
	_ = c.RegisterFlagCompletionFunc(flag, with)
}
