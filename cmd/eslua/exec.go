package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// execute runs one script without a call, in the tree of its directory; the
// first node, if there is one, is its FreeSWITCH. What it prints goes to stdout;
// how it failed goes to stderr as file:line: message.
func execute(p *program, ctx context.Context, args []string) error {
	cfg, rest, err := p.settings("exec", args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return &usageError{"eslua exec needs a script: eslua exec [--esl HOST:PORT] [--limit NAME=VALUE]... FILE [ARGS]"}
	}
	file := rest[0]
	source, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, errors.Unwrap(err))
	}
	script, err := vm.Compile(file, source)
	if err != nil {
		return err
	}
	log, clk := p.logger(cfg.Log), clock.System()
	siblings := store.NewDir(filepath.Dir(file), vm.Compile)
	set, machine, err := newMachine(nil, clk)
	if err != nil {
		return err
	}
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	st := machine.NewState(vm.StateOptions{
		Limits:   run.Limits(cfg.Limits),
		Require:  siblings.Require,
		ReadFile: siblings.ReadFile,
		Print:    func(line string) { fmt.Fprintln(p.stdout, line) },
		Clock:    clk,
		Seed:     run.RandomSeed(),
	})
	defer st.Close()
	var node run.Switch = run.NoSwitch{}
	if len(cfg.Nodes) > 0 {
		first, end := newScriptNode(ctx, cfg.Nodes[0], clk)
		defer end()
		defer stop()
		node = first
	}
	unbind := set.Bind(run.Env{State: st, Switch: node, Grants: &cfg.Grants, Log: log, Clock: clk})
	defer unbind(context.WithoutCancel(ctx))
	return st.Run(ctx, script, rest)
}
