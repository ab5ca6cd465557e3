package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// execute runs one script without a call, in the tree of its directory. The first
// node, if there is one, is its FreeSWITCH. The script's output goes to stdout, its
// error to stderr as file:line: message.
func execute(p *program, ctx context.Context, args []string) error {
	overrides, rest, err := p.overrides("exec", args)
	if err != nil {
		return err
	}
	cfg, err := overrides.load()
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return &usageError{"eslua exec needs a script: eslua exec [--esl HOST:PORT] [--limit NAME=VALUE]... FILE [ARGS]"}
	}
	if err := overrides.checkPasswords(cfg.Nodes); err != nil {
		return err
	}
	file := rest[0]
	runner, err := newRunner(nil, p.clock)
	if err != nil {
		return err
	}
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	env := run.Env{Log: p.logger(cfg.Log)}
	if len(cfg.Nodes) > 0 {
		first, end := newScriptNode(ctx, cfg.Nodes[0], p.clock)
		defer end()
		defer stop()
		env.Switch = first
	}
	return runner.Run(ctx, &run.Run{
		Flow:    file,
		Args:    rest[1:],
		Scripts: looseScript{store.NewDir(filepath.Dir(file), vm.Compile)},
		Config:  run.GeneralConfig(&cfg),
		Env:     env,
		Print:   func(line string) { fmt.Fprintln(p.stdout, line) },
	})
}

// looseScript is a script that belongs to no generation, with the files beside it.
type looseScript struct{ store.Dir }

func (looseScript) Script(file string) (*vm.Script, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, errors.Unwrap(err))
	}
	return vm.Compile(file, source)
}
