// Command eslua runs telephone calls as Lua scripts. Each subcommand has a file of
// its own name, and root.go lists them; wire.go builds the services of eslua serve, starts and stops them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/spf13/cobra"
)

// The exit codes that scripts and systemd rely on.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// program shows a command the process that it runs in.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	signals        <-chan os.Signal
	clock          clock.Clock // nil: the machine's
	seams          seams
}

func main() { os.Exit(machineProgram().main(context.Background(), os.Args[1:])) }

// machineProgram returns the program of this process.
func machineProgram() *program {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	return &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, signals: signals}
}

// main runs one command line and returns its exit code.
func (p *program) main(ctx context.Context, args []string) int {
	p.stdout, p.stderr = terminal{p.stdout, p.colours(p.stdout)}, terminal{p.stderr, p.colours(p.stderr)}
	if p.clock == nil {
		p.clock = clock.System()
	}
	root := rootCommand(p)
	root.SetArgs(twoDashes(root, args))
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		plainUsage(root)
	}
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.As(err, new(*reportedError)) {
		fmt.Fprintln(p.stderr, err)
	}
	return exitCode(err)
}

// untilSignal returns a context that the first signal ends which is not ignored;
// stop ends it too.
func (p *program) untilSignal(ctx context.Context, ignored ...os.Signal) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := ctx.Done() // made by the first who asks, which a flow test's own time must not be
	var watch sync.WaitGroup
	watch.Go(func() {
		for ctx.Err() == nil {
			select {
			case signal := <-p.signals:
				if !slices.Contains(ignored, signal) {
					cancel()
				}
			case <-done:
			}
		}
	})
	return ctx, func() { cancel(); watch.Wait() }
}

// A usageError describes a mistake in a command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// reportedError ends a command with an exit code when the command has printed what is
// wrong.
type reportedError struct{ code int }

func (*reportedError) Error() string { return "the command has printed the problems" }

func exitCode(err error) int {
	var usage *usageError
	var reported *reportedError
	var setting *config.Error
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &reported):
		return reported.code
	case errors.As(err, &setting):
		return exitConfig
	}
	return exitFailed
}
