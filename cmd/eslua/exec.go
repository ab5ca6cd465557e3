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
	"github.com/spf13/cobra"
)

func execCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "exec [flags] FILE [ARGS]",
		Short: "run a script without a call, under the same limits",
		Long: `Run a script without a call, under the limits that calls have, in the tree of its directory.
The first node, if there is one, is its FreeSWITCH. What the script prints goes to stdout, its
error to stderr as file:line: message.`,
		Example: examples(
			"try a script", "eslua exec hello.lua world",
			"with a FreeSWITCH for freeswitch.API", "ESLUA_PASSWORD=ClueCon eslua exec --esl 127.0.0.1:8021 report.lua",
			"with less memory than calls have", "eslua exec --limit memory=4MiB hello.lua",
		),
	}
	flagsFirst(c)
	c.ValidArgsFunction = fileThenAny("lua")
	o := p.overrides(c, "config", "esl", "password")
	c.Flags().StringArrayVar(&o.limits, "limit", nil, "one limit of this run, as `NAME=VALUE`: memory=8MiB, cpu=10s, stack=200 ...; may be repeated")
	complete(c, "limit", limitNames)
	c.RunE = func(c *cobra.Command, args []string) error { return p.exec(c.Context(), o, args) }
	return c
}

func (p *program) exec(ctx context.Context, overrides *overrides, args []string) error {
	cfg, err := overrides.load()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return &usageError{"eslua exec needs a script: eslua exec [--esl HOST:PORT] [--limit NAME=VALUE]... FILE [ARGS]"}
	}
	if wrong, err := overrides.passwordErrors(cfg.Nodes); err != nil || len(wrong) > 0 {
		return cmp.Or(err, wrong.Err())
	}
	file := args[0]
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
	runner, err := newRunner(bindings.Deps{Databases: databases, HTTP: client, Dialer: network.NewDialer(p.clock), Mailer: mailer}, nil, p.clock, seams{})
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
		Args:    args[1:],
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
