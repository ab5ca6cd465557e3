package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/dialplan"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
	"github.com/spf13/cobra"
)

func dialplanCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "dialplan [flags] [FLOW [ARGS] | --check URL|FILE...]",
		Short: "print FreeSWITCH's dialplan for flows, or check one in use",
		Long: `Print the dialplan by which FreeSWITCH hands its calls to the flows, to one flow, or to one with
arguments. With --check, report what is wrong with dialplans that are in use: files, directories,
and addresses of mod_xml_curl, with #NUMBER for the number to ask for.`,
		Example: examples(
			"print the dialplan of all flows", "eslua dialplan --config /etc/eslua/eslua.yaml",
			"print the one of a flow with an argument", "eslua dialplan inviteToConf 7001",
			"look for mistakes in the one in use", "eslua dialplan --check /etc/freeswitch/dialplan",
		),
	}
	flagsFirst(c)
	o := p.overrides(c, "config", "scripts")
	checking := c.Flags().Bool("check", false, "check dialplans that are in use")
	c.ValidArgsFunction = func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if *checking || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		ctx, stop := context.WithTimeout(c.Context(), completionWait)
		defer stop()
		cfg, _ := o.load()
		flows, _ := flowsOf(ctx, cfg.Scripts)
		return candidates(flows.own, typed), cobra.ShellCompDirectiveNoFileComp
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if i := slices.Index(args, "--check"); i >= 0 { // it may also follow what to check
			args, *checking = slices.Delete(args, i, i+1), true
		}
		return p.dialplan(c.Context(), o, *checking, args)
	}
	return c
}

// dialplan prints the dialplan of the flows, or the mistakes in one that is in use.
func (p *program) dialplan(ctx context.Context, o *overrides, checking bool, rest []string) error {
	cfg, err := o.load()
	if err != nil {
		return err
	}
	if err := checkScripts(cfg.Scripts); err != nil {
		return &config.Error{File: "scripts", Message: err.Error()}
	}
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	flows, err := flowsOf(ctx, cfg.Scripts)
	if err != nil {
		return err
	}
	hosts := cfg.Hosts
	if len(hosts) == 0 {
		hosts = []config.Address{cfg.Listen}
	}
	if checking {
		known := dialplan.Known{Hosts: hosts, Flows: slices.DeleteFunc(flows.all, store.IsHook), PathOnly: cfg.DefaultFlow == "" && len(cfg.Routes) == 0, Answers: answers}
		return checkDialplan(p, ctx, known, flows.own, rest)
	}
	var arguments []string
	flows.own = slices.DeleteFunc(flows.own, cfg.IsJob)
	if len(rest) > 0 {
		name := config.FlowName(rest[0])
		if !slices.Contains(flows.all, name) || store.IsHook(name) {
			return fmt.Errorf("there is no flow %q in %s; %s", name, cmp.Or(cfg.Scripts, "the program"), config.DescribeFlows(name, flows.own))
		}
		flows.own, arguments = []string{name}, rest[1:]
	}
	return dialplan.Write(p.stdout, dialplan.Extensions(cfg, flows.own, arguments), hosts, dialplan.Variables{State: checkpoint.Variable, Cause: call.CauseVariable})
}

// flowNames lists the scripts of a tree.
type flowNames struct {
	all []string
	own []string // scripts that calls may run and no other script requires
}

func flowsOf(ctx context.Context, dir string) (flowNames, error) {
	s, err := openScripts(ctx, dir, store.Config{}, slog.New(slog.DiscardHandler), clock.System())
	if err != nil {
		return flowNames{}, err
	}
	return namesOf(s.Current()), nil
}

func namesOf(g *store.Generation) (n flowNames) {
	for _, f := range g.Flows() {
		n.all = append(n.all, f.Name)
	}
	n.own = g.FlowNames()
	return n
}

// checkDialplan prints the mistakes in the dialplans that targets name: files,
// directories, and http(s) addresses, with #NUMBER for the number to request.
func checkDialplan(p *program, ctx context.Context, known dialplan.Known, flows, targets []string) error {
	if len(targets) == 0 {
		return &usageError{"eslua dialplan --check needs a file, a directory or an address, for example /etc/freeswitch/dialplan"}
	}
	var sources []dialplan.Source
	for _, target := range targets {
		address, number, _ := strings.Cut(target, "#")
		if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
			sources = append(sources, dialplan.File(target))
			continue
		}
		if number == "" && len(flows) > 0 {
			number = strings.ReplaceAll(flows[0], "/", "-")
		}
		s, err := dialplan.Fetch(ctx, address, number)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	wrong := false
	for _, f := range dialplan.Check(sources, known) {
		wrong = wrong || !f.Remark
		printLine(p.stdout, "%s", f)
	}
	if wrong {
		return &reportedError{exitFailed}
	}
	return nil
}

// answers reports whether something listens at an address.
func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}
