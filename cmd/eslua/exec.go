package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/network"
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
	if wrong, err := overrides.passwordErrors(cfg.Nodes); err != nil || len(wrong) > 0 {
		return cmp.Or(err, wrong.Err())
	}
	file := rest[0]
	databases, err := database.New(cfg.Databases, p.clock)
	if err != nil {
		return err
	}
	defer databases.Close()
	client, err := network.NewClient(cfg.HTTP, p.clock)
	if err != nil {
		return err
	}
	defer client.Close()
	mailer, err := network.NewMailer(cfg.Mail, p.clock)
	if err != nil {
		return err
	}
	runner, err := newRunner(bindings.Deps{Databases: databases, HTTP: client, Dialer: network.NewDialer(p.clock), Mailer: mailer}, p.clock)
	if err != nil {
		return err
	}
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	log := p.logHandler(slog.Level(cfg.Log.Level), cfg.Log)
	defer log.Close()
	env := run.Env{Log: slog.New(log)}
	if len(cfg.Nodes) > 0 {
		first, end := newScriptNode(ctx, cfg.Nodes[0], node.Options{Dial: p.seams.dial}, p.clock)
		defer end()
		defer stop()
		env.Switch = first
	}
	general := run.GeneralConfig(&cfg)
	if general.Root, err = filepath.Abs(filepath.Dir(file)); err != nil {
		return err
	}
	return runner.Run(ctx, &run.Run{
		Flow:    file,
		Name:    file,
		Args:    rest[1:],
		Scripts: looseScript{store.NewDir(filepath.Dir(file), vm.Compile), ctx},
		Config:  general,
		Env:     env,
		Print:   func(line string) { fmt.Fprintln(p.stdout, line) },
	})
}

// A looseScript is a script that belongs to no generation, with the files beside it.
type looseScript struct {
	store.Dir
	ctx context.Context // ends the reading, which a pipe makes long
}

// Names returns the names of the files beside the script, and below.
func (l looseScript) Names() []string { return l.List(l.ctx) }

// maxScript limits the size of a script. A larger file is taken for something else.
const maxScript = 4 << 20

func (l looseScript) Script(file string) (*vm.Script, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that nobody writes to is empty
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, errors.Unwrap(err))
	}
	defer f.Close()
	defer context.AfterFunc(l.ctx, func() { _ = f.Close() })()
	source, err := io.ReadAll(io.LimitReader(f, maxScript+1))
	switch {
	case l.ctx.Err() != nil:
		return nil, l.ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, errors.Unwrap(err))
	case len(source) > maxScript:
		return nil, fmt.Errorf("%s is larger than %d bytes, too large for a script", file, maxScript)
	}
	return vm.Compile(file, source)
}
