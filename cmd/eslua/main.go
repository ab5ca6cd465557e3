// Command eslua runs telephone calls as Lua scripts. Each subcommand has a file of
// its own name; wire.go builds the services of eslua serve, starts and stops them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// The exit codes that scripts and systemd rely on.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// program is the process as a command sees it.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	signals        <-chan os.Signal
	clock          clock.Clock // nil: the machine's
}

// command is a subcommand of eslua.
type command struct {
	name, usage, about string
	run                func(p *program, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "[--config F] [--listen ADDR] [--scripts DIR] [--esl HOST:PORT]... [--password P] [--takeover]", "serve calls from FreeSWITCH", serve},
		{"exec", "[--config F] [--esl HOST:PORT] [--password P] [--limit NAME=VALUE]... FILE [ARGS]", "run a script without a call, under the same limits", execute},
		{"check", "[PATH...]", "report what is wrong with scripts: syntax, missing modules", check},
		{"status", "[--config F] [--admin SOCKET] [--json] [--calls]", "report how the running eslua is doing; exit code 0 whenever it answers", status},
		{"scripts", "[--config F] list [--calls] | history [FLOW] | diff [FLOW] [GEN [GEN]] | rollback [FLOW] [GEN] | pin [FLOW] GEN | unpin [FLOW]", "show and set which scripts the running eslua serves", scriptsCommand},
		{"dialplan", "[--config F] [--scripts DIR] [FLOW [ARGS]] | --check URL|FILE...", "print FreeSWITCH's dialplan for flows, or report what is wrong with one in use", printDialplan},
		{"doc", "[NAME]", "print the Lua reference: all names, or what one of them does", printDoc},
		{"demo", "", "run two simulated calls, then an edit while eslua runs", demo},
		{"version", "", "print the version", version},
	}
}

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	p := &program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, signals: signals}
	os.Exit(p.main(context.Background(), os.Args[1:]))
}

// main runs one command line and returns its exit code.
func (p *program) main(ctx context.Context, args []string) int {
	if p.clock == nil {
		p.clock = clock.System()
	}
	if len(args) == 0 {
		printUsage(p.stderr, commands()...)
		return exitUsage
	}
	if args[0] == "help" || isHelpFlag(args[0]) {
		printUsage(p.stdout, commands()...)
		return exitFine
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		if len(args) > 1 && isHelpFlag(args[1]) {
			printUsage(p.stdout, c)
			return exitFine
		}
		err := c.run(p, ctx, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			printUsage(p.stdout, c)
			return exitFine
		}
		if err != nil && !errors.As(err, new(*reportedError)) {
			fmt.Fprintln(p.stderr, err)
		}
		return exitCode(err)
	}
	fmt.Fprintf(p.stderr, "eslua: there is no command %q\n", args[0])
	printUsage(p.stderr, commands()...)
	return exitUsage
}

func isHelpFlag(arg string) bool { return arg == "-h" || arg == "--help" }

// untilSignal returns a context that the first signal ends; stop ends it too.
func (p *program) untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-p.signals:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { cancel(); watch.Wait() }
}

func printUsage(w io.Writer, commands ...command) {
	fmt.Fprintln(w, "usage:")
	for _, c := range commands {
		fmt.Fprintf(w, "  %s\n        %s\n", strings.TrimSpace("eslua "+c.name+" "+c.usage), c.about)
	}
}

// A usageError describes a mistake in a command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// reportedError ends a command with exitFailed when the command has printed what
// is wrong.
type reportedError struct{}

func (*reportedError) Error() string { return "the command has printed the problems" }

func exitCode(err error) int {
	var usage *usageError
	var setting *config.Error
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &setting):
		return exitConfig
	}
	return exitFailed
}

func version(p *program, _ context.Context, args []string) error {
	if len(args) > 0 {
		return &usageError{"eslua version takes no arguments"}
	}
	fmt.Fprintln(p.stdout, "eslua", programVersion())
	return nil
}

func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
